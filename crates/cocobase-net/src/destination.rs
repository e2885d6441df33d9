//! Where a connection is to lead.

use std::fmt;

use tungstenite::http::Uri;

/// The server that a connection is to lead to.
///
/// ```
/// use cocobase_net::Destination;
/// let to = Destination::parse("wss://[::1]:4200/feed")?;
/// assert_eq!((to.host(), to.port(), to.is_secure()), ("::1", 4200, true));
/// assert_eq!(to.to_string(), "[::1]:4200");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    host: String,
    port: u16,
    is_secure: bool,
}

impl Destination {
    /// The server in an address that begins with `ws`, `wss`, `http` or `https`.
    ///
    /// # Errors
    ///
    /// When it is no address, or names no host; in words for the user.
    pub fn parse(url: &str) -> Result<Self, String> {
        let uri = url.parse::<Uri>().map_err(|error| format!("the address: {error}"))?;
        let host = uri.host().ok_or("the address names no host")?;
        let is_secure = matches!(uri.scheme_str(), Some("wss" | "https"));
        Ok(Self {
            host: bare(host).to_owned(),
            port: port(&uri)?.unwrap_or(if is_secure { 443 } else { 80 }),
            is_secure,
        })
    }

    /// Its name or IP address, an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port, given or by the scheme.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether TLS is spoken with it.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }
}

/// `host:port`, as HTTP writes it.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        authority(&self.host, self.port, f)
    }
}

pub(crate) fn authority(host: &str, port: u16, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if host.contains(':') { write!(f, "[{host}]:{port}") } else { write!(f, "{host}:{port}") }
}

/// An IPv6 address stands in brackets in a URL, and nowhere else.
pub(crate) fn bare(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// The port of an address, if it has one. `Uri::port` says the same of no port and of a wrong one.
pub(crate) fn port(uri: &Uri) -> Result<Option<u16>, String> {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let (_, place) = authority.rsplit_once('@').unwrap_or(("", authority));
    let port = place.strip_prefix(uri.host().unwrap_or_default()).unwrap_or_default();
    match port.strip_prefix(':') {
        None | Some("") => Ok(None),
        Some(port) => port.parse().map(Some).map_err(|_| format!("{port} is no port of TCP")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let table = [
            ("ws://a.example/x", Ok("a.example:80")),
            ("https://a.example", Ok("a.example:443")),
            ("http://me@a.example:8080", Ok("a.example:8080")),
            ("wss://[fe80::1]/", Ok("[fe80::1]:443")),
            ("ws://a.example:", Ok("a.example:80")),
            ("ws://a.example:65536", Err("65536 is no port")),
            ("/feed", Err("no host")),
            ("ws://a b", Err("the address")),
        ];
        for (url, expected) in table {
            match (Destination::parse(url).map(|to| to.to_string()), expected) {
                (Ok(to), Ok(expected)) => assert_eq!(to, expected),
                (Err(error), Err(words)) => assert!(error.contains(words), "{url}: {error}"),
                (told, _) => panic!("{url}: {told:?}"),
            }
        }
    }
}
