//! `CONNECT`: RFC 9110, section 9.3.6.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Login;
use super::handshake::Understood;
use crate::destination::Destination;

pub(super) fn request(to: &Destination, login: Option<&Login>) -> Vec<u8> {
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    if let Some(login) = login {
        let login = STANDARD.encode([&login.name[..], &login.password[..]].join(&b':'));
        request += &format!("Proxy-Authorization: Basic {login}\r\n");
    }
    (request + "\r\n").into_bytes()
}

/// What status 407 means, which no server has a use for.
pub(super) const LOGIN: &str =
    "it wants a name and a password, or others than those in its address (407)";

pub(super) fn answer(bytes: &[u8]) -> Result<Option<Understood>, String> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut answer = httparse::Response::new(&mut headers);
    let parsed = answer.parse(bytes).map_err(|error| format!("its answer is no HTTP: {error}"))?;
    let httparse::Status::Complete(len) = parsed else { return Ok(None) };
    match answer.code.unwrap_or_default() {
        200..300 => Ok(Some(Understood { len, reply: None })),
        407 => Err(LOGIN.into()),
        code => {
            let reason: String = answer.reason.unwrap_or_default().chars().take(200).collect();
            Err(format!("it refuses: {code} {reason}").trim_end().to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::destination::Destination;
    use crate::proxy::{Handshake, Proxy};

    fn begun(proxy: &str, url: &str) -> (Handshake, String) {
        let to = Destination::parse(url).unwrap();
        let mut handshake = Handshake::new(&Proxy::parse(proxy).unwrap(), &to).unwrap();
        let request = String::from_utf8(handshake.to_send()).unwrap();
        (handshake, request)
    }

    #[test]
    fn requests() {
        let table = [
            (
                "p",
                "ws://a.example/x?y",
                "CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n",
            ),
            ("p", "wss://[::1]", "CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n\r\n"),
            (
                "https://Aladdin:open%20sesame@p",
                "wss://a.example:8443",
                "CONNECT a.example:8443 HTTP/1.1\r\nHost: a.example:8443\r\n\
                 Proxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n",
            ),
        ];
        for (proxy, url, request) in table {
            assert_eq!(begun(proxy, url).1, request);
        }
    }

    /// `open`, `more`, or what is wrong.
    #[test]
    fn answers() {
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(20 << 10));
        let table = [
            ("HTTP/1.1 200 OK\r\n\r\n", "open"),
            ("HTTP/1.0 200 Connection established\r\nProxy-Agent: x\r\n\r\n", "open"),
            ("HTTP/1.1 204\r\n\r\n", "open"),
            ("HTTP/1.1 200 OK\r\nVia: 1", "more"),
            ("HTTP/1.1 407 Login\r\n\r\n", "a name and a password"),
            (
                "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad",
                "it refuses: 502 Bad Gateway",
            ),
            ("HTTP/1.1 301\r\nLocation: http://b\r\n\r\n", "it refuses: 301"),
            ("HTTP/1.1 200 OK\r\n\r\n\x16", "more than that"),
            ("SSH-2.0-OpenSSH\r\n", "no HTTP"),
            ("", "hung up"),
            (&endless, "longer than"),
        ];
        for (answer, expected) in table {
            let mut whole = begun("p", "ws://a.example").0;
            let told = match whole.receive(answer.as_bytes()) {
                Ok(()) if whole.is_open() => "open".to_owned(),
                Ok(()) => "more".to_owned(),
                Err(error) => error.to_string(),
            };
            assert!(told.contains(expected), "{answer:?}: {told}");
            // The same byte by byte, except for what comes after the end.
            let mut pieces = begun("p", "ws://a.example").0;
            let result = answer
                .as_bytes()
                .chunks(1)
                .try_for_each(|byte| if pieces.is_open() { Ok(()) } else { pieces.receive(byte) });
            match expected {
                "open" | "more than that" => assert!(pieces.is_open(), "{answer:?}"),
                "more" | "hung up" => assert!(result.is_ok() && !pieces.is_open(), "{answer:?}"),
                _ => assert!(result.unwrap_err().to_string().contains(expected), "{answer:?}"),
            }
        }
    }
}
