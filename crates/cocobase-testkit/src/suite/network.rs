//! Which way connections are to go.

use std::path::PathBuf;

/// Which way a connection is to go, beside its address: by itself, the shortest. See
/// [`Setup`](super::Setup).
///
/// ```
/// use cocobase_testkit::suite::Network;
/// let network = Network { proxy: Some("socks5://127.0.0.1:1080".into()), ..Network::default() };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Network {
    /// The authority that vouches for servers, as PEM. Without one it is those of the web; with one,
    /// nobody else.
    pub root: Option<String>,
    /// The certificate to show and its private key, as PEM.
    pub identity: Option<(String, String)>,
    /// The proxy to go through, as a URL.
    pub proxy: Option<String>,
    /// Who is reached without the proxy, as `NO_PROXY` has it.
    pub except: String,
    /// The Unix socket that takes the place of TCP.
    pub unix: Option<PathBuf>,
}

#[cfg(feature = "driver")]
impl Network {
    /// The same for an adapter that stands on `cocobase-net`, with the adapter's connector to a Unix
    /// socket.
    #[must_use]
    pub fn connections<C>(&self, unix: impl FnOnce(PathBuf) -> C) -> cocobase_net::Connections<C> {
        use cocobase_net::{Connections, Proxies, Tls};
        let tls = match &self.root {
            Some(root) => Tls::nobody().and_root(root.as_str()),
            None => Tls::web(),
        };
        let tls = match &self.identity {
            Some((certificate, key)) => tls.client_certificate(certificate.as_str(), key.as_str()),
            None => tls,
        };
        let proxies = match &self.proxy {
            Some(proxy) => Proxies::all(proxy).except(&self.except),
            None => Proxies::none(),
        };
        let connections = Connections::new().tls(tls).proxies(proxies);
        match &self.unix {
            Some(path) => connections.connector(unix(path.clone())),
            None => connections,
        }
    }
}
