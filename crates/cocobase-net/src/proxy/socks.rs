//! SOCKS, version 5: RFC 1928, with name and password by RFC 1929. The proxy looks names up.

use std::net::IpAddr;

use super::Login;
use super::handshake::Understood;
use crate::destination::Destination;

/// What the next answer is about.
pub(super) enum Socks {
    /// Which way to log in the proxy chose.
    Method { login: Option<Vec<u8>>, request: Vec<u8> },
    /// Whether name and password are right.
    Login { request: Vec<u8> },
    /// Whether the tunnel is open.
    Request,
}

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const CONNECT: u8 = 1;
const IPV4: u8 = 1;
const DOMAIN: u8 = 3;
const IPV6: u8 = 4;

impl Socks {
    /// The machine, and the greeting.
    pub(super) fn new(to: &Destination, login: Option<&Login>) -> Result<(Self, Vec<u8>), String> {
        let mut request = vec![VERSION, CONNECT, 0];
        match to.host().parse() {
            Ok(IpAddr::V4(address)) => {
                request.push(IPV4);
                request.extend(address.octets());
            }
            Ok(IpAddr::V6(address)) => {
                request.push(IPV6);
                request.extend(address.octets());
            }
            Err(_) => {
                request.push(DOMAIN);
                extend(&mut request, to.host().as_bytes(), "the server's name")?;
            }
        }
        request.extend(to.port().to_be_bytes());
        let Some(login) = login else {
            return Ok((Self::Method { login: None, request }, vec![VERSION, 1, NO_LOGIN]));
        };
        let mut words = vec![1];
        extend(&mut words, &login.name, "the name for the proxy")?;
        extend(&mut words, &login.password, "the password for the proxy")?;
        let greeting = vec![VERSION, 2, NO_LOGIN, PASSWORD];
        Ok((Self::Method { login: Some(words), request }, greeting))
    }

    pub(super) fn answer(&mut self, bytes: &[u8]) -> Result<Option<Understood>, String> {
        let (&[version, code, ref rest @ ..], len) = (bytes, 2) else { return Ok(None) };
        let is_ours = version == if matches!(self, Self::Login { .. }) { 1 } else { VERSION };
        if !is_ours {
            return Err("its answer is not of SOCKS, version 5".into());
        }
        let reply = match self {
            Self::Method { login, request } => match (code, login.take()) {
                (NO_LOGIN, _) => {
                    let request = std::mem::take(request);
                    *self = Self::Request;
                    request
                }
                (PASSWORD, Some(login)) => {
                    *self = Self::Login { request: std::mem::take(request) };
                    login
                }
                (_, None) => return Err("it wants a name and a password in its address".into()),
                (_, Some(_)) => return Err("it takes no login by name and password".into()),
            },
            Self::Login { request } if code == 0 => {
                let request = std::mem::take(request);
                *self = Self::Request;
                request
            }
            Self::Login { .. } => return Err("it refuses this name and password".into()),
            Self::Request if code == 0 => {
                // Where it connects from follows, in one of three lengths, and is of no interest.
                let address = match rest {
                    [_, IPV4, ..] => 4,
                    [_, IPV6, ..] => 16,
                    [_, DOMAIN, len, ..] => 1 + usize::from(*len),
                    [] | [_] | [_, DOMAIN] => return Ok(None),
                    _ => return Err("its answer has an address of no known kind".into()),
                };
                let len = len + 2 + address + 2;
                return Ok((bytes.len() >= len).then_some(Understood { len, reply: None }));
            }
            Self::Request => return Err(format!("it refuses: {}", reason(code))),
        };
        Ok(Some(Understood { len, reply: Some(reply) }))
    }
}

fn extend(message: &mut Vec<u8>, text: &[u8], what: &str) -> Result<(), String> {
    let Ok(len) = u8::try_from(text.len()) else {
        return Err(format!("{what} is longer than the 255 bytes that SOCKS can say"));
    };
    message.push(len);
    message.extend_from_slice(text);
    Ok(())
}

const fn reason(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "its rules do not allow this connection",
        3 => "the network is out of reach",
        4 => "the server is out of reach, or its name is unknown",
        5 => "the server refused the connection",
        6 => "the server took too long",
        7 => "it cannot connect to servers",
        8 => "it does not know addresses of this kind",
        _ => "no known reason",
    }
}

#[cfg(test)]
mod tests {
    use crate::destination::Destination;
    use crate::proxy::{Handshake, Proxy};

    fn handshake(proxy: &str, url: &str) -> Result<Handshake, String> {
        Handshake::new(&Proxy::parse(proxy).unwrap(), &Destination::parse(url).unwrap())
    }

    const TO_A: &[u8] = b"\x05\x01\x00\x03\x09a.example\x01\xbb";
    const BOUND: &[u8] = b"\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38";

    /// What the proxy says, and what is said to it thereupon.
    type Exchange = [(&'static [u8], &'static [u8])];

    #[test]
    fn conversations() {
        let plain = "socks5://p";
        let login = "socks5h://me:pa%3ass@p";
        let a = "wss://a.example";
        let table: [(&str, &str, &Exchange); 7] = [
            (plain, a, &[(b"", b"\x05\x01\x00"), (b"\x05\x00", TO_A), (BOUND, b"")]),
            (
                plain,
                "ws://127.0.0.1:4200",
                &[
                    (b"", b"\x05\x01\x00"),
                    (b"\x05\x00", b"\x05\x01\x00\x01\x7f\x00\x00\x01\x10\x68"),
                    (BOUND, b""),
                ],
            ),
            (
                plain,
                "ws://[::1]",
                &[
                    (b"", b"\x05\x01\x00"),
                    (b"\x05\x00", b"\x05\x01\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50"),
                    (BOUND, b""),
                ],
            ),
            // A proxy that could ask for the password, and does not.
            (login, a, &[(b"", b"\x05\x02\x00\x02"), (b"\x05\x00", TO_A), (BOUND, b"")]),
            (
                login,
                a,
                &[
                    (b"", b"\x05\x02\x00\x02"),
                    (b"\x05\x02", b"\x01\x02me\x05pa:ss"),
                    (b"\x01\x00", TO_A),
                    (BOUND, b""),
                ],
            ),
            // Where it connects from, as a name and as IPv6.
            (
                plain,
                a,
                &[
                    (b"", b"\x05\x01\x00"),
                    (b"\x05\x00", TO_A),
                    (b"\x05\x00\x00\x03\x01x\x00\x00", b""),
                ],
            ),
            (
                plain,
                a,
                &[
                    (b"", b"\x05\x01\x00"),
                    (b"\x05\x00", TO_A),
                    (b"\x05\x00\x00\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x00\x50", b""),
                ],
            ),
        ];
        for (proxy, url, exchange) in table {
            for piece in [1, 3, 100] {
                let mut handshake = handshake(proxy, url).unwrap();
                for (says, hears) in exchange {
                    assert!(!handshake.is_open());
                    says.chunks(piece).for_each(|piece| handshake.receive(piece).unwrap());
                    assert_eq!(handshake.to_send(), *hears);
                }
                assert!(handshake.is_open());
            }
        }
    }

    #[test]
    fn refusals_and_nonsense() {
        let login = "socks5://me:secret@p";
        let table: [(&str, &[&[u8]], &str); 12] = [
            ("socks5://p", &[b"\x05\xff"], "wants a name and a password"),
            ("socks5://p", &[b"\x05\x02"], "wants a name and a password"),
            (login, &[b"\x05\xff"], "takes no login"),
            (login, &[b"\x05\x02", b"\x01\x01"], "refuses this name"),
            (login, &[b"\x05\x02", b"\x05\x00"], "not of SOCKS"),
            ("socks5://p", &[b"\x04\x5a"], "not of SOCKS"),
            ("socks5://p", &[b"HTTP/1.1 400 Bad"], "not of SOCKS"),
            ("socks5://p", &[b"\x05\x00", b"\x05\x05\x00"], "the server refused"),
            ("socks5://p", &[b"\x05\x00", b"\x05\x63"], "no known reason"),
            ("socks5://p", &[b"\x05\x00", b"\x05\x00\x00\x09"], "no known kind"),
            ("socks5://p", &[b"\x05\x00", b"\x05\x00", b""], "hung up"),
            ("socks5://p", &[b"\x05\x00", BOUND, b"!"], ""),
        ];
        for (proxy, says, words) in table {
            let mut handshake = handshake(proxy, "wss://a.example").unwrap();
            let error = says.iter().find_map(|bytes| handshake.receive(bytes).err());
            let error = error.unwrap().to_string();
            assert!(error.contains(words) && error.starts_with("the proxy p:1080: "), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn names_that_are_too_long_are_told() {
        let long = "x".repeat(256);
        for (proxy, url) in [
            ("socks5://p".to_owned(), format!("ws://{long}")),
            (format!("socks5://{long}:x@p"), "ws://a.example".to_owned()),
            (format!("socks5://x:{long}@p"), "ws://a.example".to_owned()),
        ] {
            let error = handshake(&proxy, &url).unwrap_err();
            assert!(error.contains("255 bytes"), "{error}");
        }
    }
}
