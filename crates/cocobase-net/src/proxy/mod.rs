//! Proxies: which one leads to a server ([`Proxies`]), and how it is asked to ([`Handshake`]).
//!
//! HTTP proxies are asked by `CONNECT` (RFC 9110, section 9.3.6), over TLS too where the proxy's address
//! says `https`; SOCKS proxies by version 5 (RFC 1928), with name and password (RFC 1929).

mod choice;
mod handshake;
mod http;
mod socks;

use std::fmt;

use percent_encoding::percent_decode_str;
use tungstenite::http::Uri;

pub use choice::{Proxies, Rules};
pub use handshake::{Handshake, ProxyError};

use crate::destination::{authority, bare, port};

/// A proxy, and the right to use it.
///
/// ```
/// use cocobase_net::proxy::Proxy;
/// let proxy = Proxy::parse("socks5://me:secret@127.0.0.1")?;
/// assert_eq!((proxy.host(), proxy.port()), ("127.0.0.1", 1080));
/// assert_eq!(format!("{proxy:?}"), "Proxy(127.0.0.1:1080)");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    host: String,
    port: u16,
    login: Option<Login>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Http,
    Https,
    Socks,
}

#[derive(Clone, PartialEq, Eq)]
struct Login {
    /// As it stands in the address.
    encoded: String,
    name: Vec<u8>,
    password: Vec<u8>,
}

impl Proxy {
    /// Reads `SCHEME://NAME:PASSWORD@HOST:PORT`. The scheme is `http` (also where none is given), `https`,
    /// `socks5` or `socks5h`; with both of the last ones it is the proxy that looks the server's name
    /// up. Name, password and port may be missing; characters with a meaning of their own are
    /// percent-encoded in the first two.
    ///
    /// # Errors
    ///
    /// When that is not what `text` is; in words for the user, without the password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let (kind, usual_port) = match scheme.to_ascii_lowercase().as_str() {
            "http" => (Kind::Http, 80),
            "https" => (Kind::Https, 443),
            "socks5" | "socks5h" => (Kind::Socks, 1080),
            _ => return Err("a proxy's address begins with http, https, socks5 or socks5h".into()),
        };
        // All of them have the same form, and `http` is one that every reader of addresses knows.
        let uri = format!("http://{rest}").parse::<Uri>();
        let uri = uri.map_err(|error| format!("the proxy's address: {error}"))?;
        let host = bare(uri.host().unwrap_or_default());
        if host.is_empty() {
            return Err("the proxy's address names no host".into());
        }
        let login = uri.authority().and_then(|authority| authority.as_str().rsplit_once('@'));
        let login = login.map(|(encoded, _)| {
            let (name, password) = encoded.split_once(':').unwrap_or((encoded, ""));
            let decoded = |text| percent_decode_str(text).collect();
            Login { encoded: encoded.into(), name: decoded(name), password: decoded(password) }
        });
        let given_port = port(&uri).map_err(|error| format!("the proxy's address: {error}"))?;
        let port = given_port.unwrap_or(usual_port);
        Ok(Self { kind, host: host.into(), port, login })
    }

    /// Its name or IP address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether TLS is spoken with the proxy itself.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        matches!(self.kind, Kind::Https)
    }

    /// Its address, name and password included.
    pub(crate) fn url(&self) -> String {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Https => "https",
            Kind::Socks => "socks5h",
        };
        match &self.login {
            Some(login) => format!("{scheme}://{}@{self}", login.encoded),
            None => format!("{scheme}://{self}"),
        }
    }
}

/// `host:port`.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authority(&self.host, self.port, f)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let table = [
            ("p.example", "http://p.example:80"),
            ("p.example:3128", "http://p.example:3128"),
            ("HTTP://p.example/", "http://p.example:80"),
            ("https://p.example", "https://p.example:443"),
            ("socks5://10.0.0.1", "socks5h://10.0.0.1:1080"),
            ("socks5h://[::1]:9050", "socks5h://[::1]:9050"),
            ("http://me:pa%40ss@p.example", "http://me:pa%40ss@p.example:80"),
        ];
        for (text, url) in table {
            assert_eq!(Proxy::parse(text).unwrap().url(), url);
        }
        let proxy = Proxy::parse("http://me:pa%40ss@p.example").unwrap();
        let login = proxy.login.as_ref().unwrap();
        assert_eq!((&login.name[..], &login.password[..]), (&b"me"[..], &b"pa@ss"[..]));
        assert!(!format!("{proxy:?} {proxy}").contains("pa"), "{proxy:?}");
    }

    #[test]
    fn what_is_no_address_is_told_without_the_password() {
        for text in [
            "",
            "socks4://p",
            "ftp://me:secret@p",
            "http://",
            "http://me:secret@",
            "me:secret@p:99999",
            "a b",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(error.contains("proxy") && !error.contains("secret"), "{text}: {error}");
        }
    }
}
