//! Where a server is, and the addresses of its surfaces.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::net::{Ipv4Addr, Ipv6Addr};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// The address of the vendor's cloud, used when no other is given.
pub const DEFAULT_BASE_URL: &str = "https://api.cocobase.buzz";

/// The base address of a server, from which the address of every surface follows.
///
/// `http`, `https`, `ws` and `wss` are all understood: which of the two protocols is used depends on
/// the surface, and the user's scheme says only whether it is encrypted.
///
/// ```
/// use cocobase_proto::BaseUrl;
///
/// let base = BaseUrl::parse("https://example.org/cocobase/").unwrap();
/// assert_eq!(
///     base.websocket(&BaseUrl::collection_watch_path("a/b ?")),
///     "wss://example.org/cocobase/realtime/collections/a%2Fb%20%3F",
/// );
/// assert_eq!(base.http("/collections"), "https://example.org/cocobase/collections");
/// assert!(base.is_secure() && !base.is_loopback());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    is_secure: bool,
    /// Host and port.
    authority: String,
    /// Empty, or `/…` without a slash at the end.
    prefix: String,
}

/// Why a base address cannot be used. The address itself is left out: it may hold a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// No scheme, or one that is not understood.
    #[error("the server's address must start with http://, https://, ws:// or wss://")]
    Scheme,
    /// No host.
    #[error("the server's address names no host")]
    NoHost,
    /// A user name or password before the host.
    #[error("the server's address must not carry a user name or password; give the key separately")]
    UserInfo,
    /// A query string or fragment.
    #[error("the server's address must end before any `?` or `#`")]
    Query,
    /// A port that is not a number from 1 to 65535.
    #[error("the port in the server's address must be a number from 1 to 65535")]
    Port,
    /// A character that no address holds.
    #[error("the server's address holds a space, a control character or a backslash")]
    Character,
}

/// What stays as it is in one segment of a path: RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

impl BaseUrl {
    /// Reads an address such as `http://127.0.0.1:4200` or `wss://example.org/prefix`.
    ///
    /// # Errors
    ///
    /// When it has another scheme, no host, a user name, a query string or a fragment.
    pub fn parse(url: &str) -> Result<Self, BaseUrlError> {
        let url = url.trim();
        if url.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(BaseUrlError::Character);
        }
        let (scheme, rest) = url.split_once("://").ok_or(BaseUrlError::Scheme)?;
        let is_secure = match scheme.to_ascii_lowercase().as_str() {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(BaseUrlError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let (authority, prefix) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        let (host, port) = split_port(authority);
        if host.is_empty() {
            return Err(BaseUrlError::NoHost);
        }
        if port.is_some_and(|port| !matches!(port.parse::<u16>(), Ok(1..))) {
            return Err(BaseUrlError::Port);
        }
        let prefix = prefix.trim_end_matches('/').to_owned();
        Ok(Self { is_secure, authority: authority.to_owned(), prefix })
    }

    /// Whether the connection is encrypted.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// Whether the host is this machine: `localhost`, `127.0.0.0/8` or `::1`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let (host, _) = split_port(&self.authority);
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
            || host
                .strip_prefix('[')
                .and_then(|host| host.strip_suffix(']'))
                .and_then(|host| host.parse::<Ipv6Addr>().ok())
                .is_some_and(|ip| ip.is_loopback())
    }

    /// The WebSocket address of a path that starts with `/`.
    #[must_use]
    pub fn websocket(&self, path: &str) -> String {
        self.url(if self.is_secure { "wss" } else { "ws" }, path)
    }

    /// The HTTP address of a path that starts with `/`.
    #[must_use]
    pub fn http(&self, path: &str) -> String {
        self.url(if self.is_secure { "https" } else { "http" }, path)
    }

    /// The path of surface C for the collection `name`, percent-encoded.
    #[must_use]
    pub fn collection_watch_path(name: &str) -> String {
        format!("/realtime/collections/{}", path_segment(name))
    }

    fn url(&self, scheme: &str, path: &str) -> String {
        format!("{scheme}://{}{}{path}", self.authority, self.prefix)
    }
}

impl core::fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.http(""))
    }
}

/// `name` as one segment of a path.
pub(crate) fn path_segment(name: &str) -> String {
    // A segment of dots alone would be a step in the tree, not a name.
    match name {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(name, SEGMENT).collect(),
    }
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_serves_both_protocols() {
        for (url, websocket, http) in [
            ("http://h:1", "ws://h:1/x", "http://h:1/x"),
            ("ws://h:1/", "ws://h:1/x", "http://h:1/x"),
            ("HTTPS://h", "wss://h/x", "https://h/x"),
            ("wss://[::1]:7/a/b//", "wss://[::1]:7/a/b/x", "https://[::1]:7/a/b/x"),
        ] {
            let base = BaseUrl::parse(url).unwrap();
            assert_eq!(base.websocket("/x"), websocket);
            assert_eq!(base.http("/x"), http);
        }
    }

    #[test]
    fn odd_addresses_are_refused() {
        for (url, error) in [
            ("", BaseUrlError::Scheme),
            ("example.org", BaseUrlError::Scheme),
            ("ftp://example.org", BaseUrlError::Scheme),
            ("http://", BaseUrlError::NoHost),
            ("http:///path", BaseUrlError::NoHost),
            ("http://:4200", BaseUrlError::NoHost),
            ("http://user:pass@h", BaseUrlError::UserInfo),
            ("http://h?key=1", BaseUrlError::Query),
            ("http://h/#x", BaseUrlError::Query),
            ("http://h:port", BaseUrlError::Port),
            ("http://h:0", BaseUrlError::Port),
            ("http://h:70000", BaseUrlError::Port),
            ("http://h h", BaseUrlError::Character),
            ("http://h\\@evil", BaseUrlError::Character),
        ] {
            assert_eq!(BaseUrl::parse(url), Err(error), "{url}");
        }
    }

    #[test]
    fn loopback_is_this_machine_only() {
        for (url, loopback) in [
            ("http://localhost:1", true),
            ("http://app.localhost", true),
            ("http://127.8.9.1", true),
            ("http://[::1]:80", true),
            ("http://128.0.0.1", false),
            ("http://localhost.example.org", false),
            ("http://[::2]", false),
        ] {
            assert_eq!(BaseUrl::parse(url).unwrap().is_loopback(), loopback, "{url}");
        }
    }
}
