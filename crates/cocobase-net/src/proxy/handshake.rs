//! Asking a proxy for a tunnel: bytes in, bytes out.

use std::fmt;

use super::socks::Socks;
use super::{Kind, Proxy, http};
use crate::destination::Destination;

/// Asks a proxy for a tunnel to a server, on a connection of the adapter's making.
///
/// ```
/// use cocobase_net::{Destination, proxy::{Handshake, Proxy}};
///
/// let proxy = Proxy::parse("http://proxy.example:3128")?;
/// let mut handshake = Handshake::new(&proxy, &Destination::parse("wss://db.example/feed")?)?;
/// // An adapter writes this to the connection, and hands in what it reads, until the tunnel is open.
/// assert!(handshake.to_send().starts_with(b"CONNECT db.example:443 HTTP/1.1\r\n"));
/// handshake.receive(b"HTTP/1.1 200 Fine\r\n")?;
/// assert!(handshake.to_send().is_empty() && !handshake.is_open());
/// handshake.receive(b"\r\n")?;
/// assert!(handshake.is_open());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Handshake {
    /// For errors.
    proxy: String,
    machine: Machine,
    to_send: Vec<u8>,
    /// What has been read and not yet understood.
    read: Vec<u8>,
    is_open: bool,
}

enum Machine {
    Http,
    Socks(Socks),
}

/// What has been understood of an answer.
pub(super) struct Understood {
    /// How many bytes of it.
    pub(super) len: usize,
    /// What to send next; without it, the tunnel is open.
    pub(super) reply: Option<Vec<u8>>,
}

/// The longest answer of a proxy that is read.
const MAX_ANSWER: usize = 16 << 10;

impl Handshake {
    /// Begins to ask `proxy` for a tunnel `to` a server.
    ///
    /// # Errors
    ///
    /// When name, password or the server's name are longer than SOCKS can say (255 bytes); in words
    /// for the user.
    pub fn new(proxy: &Proxy, to: &Destination) -> Result<Self, String> {
        let (machine, to_send) = match proxy.kind {
            Kind::Http | Kind::Https => (Machine::Http, http::request(to, proxy.login.as_ref())),
            Kind::Socks => {
                let (socks, greeting) = Socks::new(to, proxy.login.as_ref())?;
                (Machine::Socks(socks), greeting)
            }
        };
        let proxy = proxy.to_string();
        Ok(Self { proxy, machine, to_send, read: Vec::new(), is_open: false })
    }

    /// The bytes to write now, each once. They may hold a password: do not log them.
    #[must_use]
    pub fn to_send(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.to_send)
    }

    /// Whether the connection is the server's from here on.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_open
    }

    /// Hands in what was read, however it came in pieces. Nothing at all is the connection's end.
    ///
    /// # Errors
    ///
    /// When the proxy refuses, hangs up, or makes no sense. The connection is of no use then.
    pub fn receive(&mut self, bytes: &[u8]) -> Result<(), ProxyError> {
        if bytes.is_empty() && !self.is_open {
            return Err(self.error("it hung up before the tunnel was open".into()));
        }
        self.read.extend_from_slice(bytes);
        while !self.is_open {
            let understood = match &mut self.machine {
                Machine::Http => http::answer(&self.read),
                Machine::Socks(socks) => socks.answer(&self.read),
            };
            let Some(understood) = understood.map_err(|words| self.error(words))? else { break };
            self.read.drain(..understood.len.min(self.read.len()));
            match understood.reply {
                Some(reply) => self.to_send.extend(reply),
                None => self.is_open = true,
            }
        }
        // A server says nothing before it is spoken to, neither in TLS nor in HTTP.
        if self.is_open && !self.read.is_empty() {
            return Err(self.error("it said more than that the tunnel is open".into()));
        }
        if self.read.len() > MAX_ANSWER {
            return Err(self.error(format!("its answer is longer than {MAX_ANSWER} bytes")));
        }
        Ok(())
    }

    fn error(&self, words: String) -> ProxyError {
        ProxyError { proxy: self.proxy.clone(), words }
    }
}

impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handshake")
            .field("proxy", &self.proxy)
            .field("is_open", &self.is_open)
            .finish_non_exhaustive()
    }
}

/// Why a proxy opened no tunnel.
///
/// ```
/// use cocobase_net::{Destination, proxy::{Handshake, Proxy}};
///
/// let proxy = Proxy::parse("proxy.example")?;
/// let mut handshake = Handshake::new(&proxy, &Destination::parse("wss://db.example")?)?;
/// let error = handshake.receive(b"HTTP/1.1 403 Not from here\r\n\r\n").unwrap_err();
/// assert_eq!(error.to_string(), "the proxy proxy.example:80: it refuses: 403 Not from here");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyError {
    proxy: String,
    words: String,
}

impl ProxyError {
    /// What the proxy means that has answered a request with this status, if it was the proxy and not
    /// the server: where an HTTP library passes requests to it, without a tunnel.
    pub(crate) fn of_status(proxy: &Proxy, status: u16) -> Option<Self> {
        (status == 407).then(|| Self { proxy: proxy.to_string(), words: http::LOGIN.into() })
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy {}: {}", self.proxy, self.words)
    }
}

impl std::error::Error for ProxyError {}

impl From<ProxyError> for std::io::Error {
    fn from(error: ProxyError) -> Self {
        Self::other(error)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn whatever_a_proxy_says_the_handshake_is_bounded_and_ends(
            proxy in "(http|socks5)://(me:x@)?p",
            says in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 1..40),
                    Just(vec![5, 0]),
                    Just(vec![5, 2]),
                    Just(vec![1, 0]),
                    Just(vec![5, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
                    Just(b"HTTP/1.1 200 ".to_vec()),
                    Just(b"\r\n\r\n".to_vec()),
                    Just(vec![b'x'; 5000]),
                ],
                0..12,
            ),
        ) {
            let to = Destination::parse("wss://a.example").unwrap();
            let mut handshake = Handshake::new(&Proxy::parse(&proxy).unwrap(), &to).unwrap();
            let mut sent = 0;
            let end = says.iter().find_map(|bytes| {
                sent += handshake.to_send().len();
                let result = handshake.receive(bytes);
                assert!(handshake.read.len() <= MAX_ANSWER + bytes.len());
                result.err()
            });
            prop_assert!(sent < 200);
            if end.is_none() && !handshake.is_open() {
                prop_assert!(handshake.receive(&[]).is_err());
            }
        }
    }
}
