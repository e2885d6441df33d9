//! What a user may say about how connections are made.

use std::fmt;

use cocobase_driver::Headers;

use crate::Network;

/// How a client makes its connections; [`ClientBuilder::connections`](crate::ClientBuilder::connections)
/// takes it.
///
/// ```
/// use cocobase_sse::{Client, Connections, Network, Tls};
///
/// let connections = Connections::new()
///     .network(Network::new().tls(Tls::web()))
///     .header("x-tenant", "7");
/// let client = Client::builder("https://db.example")
///     .api_key("your-key")
///     .connections(connections)
///     .build()?;
/// # Ok::<(), cocobase_sse::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Connections {
    network: Network,
    headers: Headers,
}

impl Connections {
    /// The default: the web's root certificates, proxies as the environment says, no header of your own.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// TLS, proxies and sockets.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Sends a header with every request, for event streams and for documents: what a gateway before
    /// the server asks for. Where a request has one of that name by itself, such as
    /// `authorization`, yours stays away.
    ///
    /// A name or value that no header can have is an error of
    /// [`ClientBuilder::build`](crate::ClientBuilder::build).
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn into_parts(self) -> (Network, Headers) {
        (self.network, self.headers)
    }
}

/// Values may be secrets.
impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Connections")
            .field("network", &self.network)
            .field("headers", &names)
            .finish()
    }
}
