//! Which way a connection goes: what a user says about it, and what an adapter does about it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};

use crate::destination::{Destination, authority};
use crate::proxy::{Handshake, Proxies, Proxy, ProxyError, Rules};
use crate::tls::Tls;

/// How a client makes its connections. `C` is the adapter's type of a connector, for byte streams
/// that are no TCP.
///
/// ```
/// use std::time::Duration;
/// use cocobase_net::{Connections, Proxies, Tls};
///
/// let connections: Connections = Connections::new()
///     .tls(Tls::system())
///     .proxies(Proxies::none())
///     .keep_alive(Some(Duration::from_secs(30)));
/// ```
#[derive(Clone)]
pub struct Connections<C = ()> {
    tls: Tls,
    proxies: Proxies,
    keep_alive: Option<Duration>,
    connector: Option<C>,
}

/// How long a TCP connection is silent before the system probes it. Our decision.
const KEEP_ALIVE: Duration = Duration::from_secs(60);

impl<C> Connections<C> {
    /// The default: the web's root certificates, proxies as the [environment](Proxies::environment)
    /// says, TCP without Nagle's delay, probed after a minute of silence.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            tls: Tls::web(),
            proxies: Proxies::environment(),
            keep_alive: Some(KEEP_ALIVE),
            connector: None,
        }
    }

    /// Whom to believe, and what certificate to show.
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Which proxies to go through.
    #[must_use]
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// How long a TCP connection may be silent before the system probes it, in whole seconds, or
    /// `None` for never. The probes keep the tables of routers fresh; whether the server is there, the
    /// session finds out by itself.
    #[must_use]
    pub const fn keep_alive(mut self, silence: Option<Duration>) -> Self {
        self.keep_alive = silence;
        self
    }

    /// Takes byte streams from `connector` in the place of TCP: a Unix socket, memory, a tunnel of your
    /// own. No proxy is asked then. TLS is spoken over them where the address says `wss` or `https`.
    #[must_use]
    pub fn connector(mut self, connector: C) -> Self {
        self.connector = Some(connector);
        self
    }

    /// Reads what this says: certificates, the environment.
    ///
    /// # Errors
    ///
    /// When a certificate, a key or the address of a proxy cannot be used; in words for the user.
    pub fn open(self) -> Result<Network<C>, String> {
        Ok(Network {
            tls: Arc::new(self.tls.config()?),
            rules: self.proxies.rules()?,
            keep_alive: self.keep_alive,
            connector: self.connector,
        })
    }
}

impl<C> Default for Connections<C> {
    fn default() -> Self {
        Self::new()
    }
}

impl<C> fmt::Debug for Connections<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connections")
            .field("tls", &self.tls)
            .field("proxies", &self.proxies)
            .field("keep_alive", &self.keep_alive)
            .field("has_connector", &self.connector.is_some())
            .finish()
    }
}

/// [`Connections`], ready to be made. For an example see the [crate](crate).
pub struct Network<C = ()> {
    tls: Arc<ClientConfig>,
    rules: Rules,
    keep_alive: Option<Duration>,
    connector: Option<C>,
}

/// The way to a server.
#[derive(Debug)]
pub struct Route {
    /// Where it leads.
    pub destination: Destination,
    /// Whom to connect to first: the server, or a proxy. A connector is given the destination.
    pub host: String,
    /// The port there.
    pub port: u16,
    /// What to do on that connection, in order, before it is the server's.
    pub steps: Vec<Step>,
}

impl Route {
    /// Why nobody answered at [`host`](Self::host): says so if that is a proxy, which the user may have
    /// forgotten about.
    ///
    /// ```
    /// use cocobase_net::{Connections, Proxies};
    ///
    /// let connections: Connections = Connections::new().proxies(Proxies::all("http://[::1]:3128"));
    /// let route = connections.open()?.route("https://db.example")?;
    /// let error = route.unreached(std::io::ErrorKind::ConnectionRefused.into());
    /// assert_eq!(error.to_string(), "the proxy [::1]:3128: connection refused");
    /// # Ok::<(), String>(())
    /// ```
    #[must_use]
    pub fn unreached(&self, error: io::Error) -> io::Error {
        let is_proxy = self.steps.iter().any(|step| matches!(step, Step::Tunnel(_)));
        if !is_proxy {
            return error;
        }
        let proxy = fmt::from_fn(|f| authority(&self.host, self.port, f));
        io::Error::new(error.kind(), format!("the proxy {proxy}: {error}"))
    }
}

/// A step on a [`Route`].
#[derive(Debug)]
pub enum Step {
    /// Speak TLS from here on, with whoever proves to have this name.
    Tls(ServerName<'static>),
    /// Have the proxy open a tunnel.
    Tunnel(Box<Handshake>),
}

impl<C> Network<C> {
    /// The way to the server of an address that begins with `ws`, `wss`, `http` or `https`.
    ///
    /// # Errors
    ///
    /// When the address has no usable host; in words for the user.
    pub fn route(&self, url: &str) -> Result<Route, String> {
        let to = Destination::parse(url)?;
        let mut route = Route {
            host: to.host().to_owned(),
            port: to.port(),
            steps: Vec::new(),
            destination: to.clone(),
        };
        let proxy = if self.connector.is_some() { None } else { self.rules.proxy(&to) };
        if let Some(proxy) = proxy {
            proxy.host().clone_into(&mut route.host);
            route.port = proxy.port();
            if proxy.is_secure() {
                route.steps.push(Step::Tls(server_name(proxy.host())?));
            }
            route.steps.push(Step::Tunnel(Box::new(Handshake::new(proxy, &to)?)));
        }
        if to.is_secure() {
            route.steps.push(Step::Tls(server_name(to.host())?));
        }
        Ok(route)
    }

    /// The address of the proxy to that server, the right to use it included, for an HTTP library that
    /// speaks with proxies itself. Do not log it.
    #[must_use]
    pub fn proxy_url(&self, url: &str) -> Option<String> {
        Some(self.proxy(url)?.url())
    }

    /// The proxy to that server. It is shown without the right to use it.
    #[must_use]
    pub fn proxy(&self, url: &str) -> Option<&Proxy> {
        self.rules.proxy(&Destination::parse(url).ok()?)
    }

    /// Whether it is the proxy to that server who answers with this status, and why: for an HTTP library
    /// that speaks with proxies itself.
    #[must_use]
    pub fn proxy_error(&self, url: &str, status: u16) -> Option<ProxyError> {
        ProxyError::of_status(self.proxy(url)?, status)
    }

    /// What to speak TLS with.
    #[must_use]
    pub const fn tls(&self) -> &Arc<ClientConfig> {
        &self.tls
    }

    /// Where byte streams come from, if not from TCP.
    #[must_use]
    pub const fn connector(&self) -> Option<&C> {
        self.connector.as_ref()
    }

    /// How long a TCP connection may be silent before it is probed.
    #[must_use]
    pub const fn keep_alive(&self) -> Option<Duration> {
        self.keep_alive
    }

    /// Sets up a connected TCP socket: no Nagle's delay, and probes when it is silent.
    ///
    /// # Errors
    ///
    /// When the system refuses.
    #[allow(clippy::needless_pass_by_value, reason = "a SockRef is a borrow")]
    pub fn set_up(&self, socket: SockRef<'_>) -> io::Result<()> {
        socket.set_tcp_nodelay(true)?;
        match self.keep_alive {
            Some(silence) => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(silence)),
            None => Ok(()),
        }
    }
}

impl<C> fmt::Debug for Network<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("rules", &self.rules).finish_non_exhaustive()
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(host.to_owned()).map_err(|error| format!("{host}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_route_has_its_steps_in_order() {
        let table = [
            (Proxies::none(), "ws://a.example/x", "a.example:80", ""),
            (Proxies::none(), "wss://[::1]:9/x", "::1:9", "tls ::1"),
            (Proxies::all("http://p.example"), "ws://a.example", "p.example:80", "tunnel"),
            (
                Proxies::all("http://p.example:3128"),
                "https://a.example",
                "p.example:3128",
                "tunnel, tls a.example",
            ),
            (
                Proxies::all("https://p.example"),
                "wss://a.example",
                "p.example:443",
                "tls p.example, tunnel, tls a.example",
            ),
            (Proxies::all("socks5://p.example"), "ws://a.example", "p.example:1080", "tunnel"),
        ];
        for (proxies, url, first, steps) in table {
            let network = Connections::<()>::new().proxies(proxies).open().unwrap();
            let route = network.route(url).unwrap();
            assert_eq!(format!("{}:{}", route.host, route.port), first);
            let told = route.steps.iter().map(|step| match step {
                Step::Tls(name) => format!("tls {}", name.to_str()),
                Step::Tunnel(_) => "tunnel".into(),
            });
            assert_eq!(told.collect::<Vec<_>>().join(", "), steps);
        }
    }

    #[test]
    fn a_connector_needs_no_proxy() {
        let connections = Connections::new().proxies(Proxies::all("http://p.example"));
        let network = connections.connector("a pipe").open().unwrap();
        let route = network.route("ws://a.example").unwrap();
        assert_eq!((route.host.as_str(), route.steps.len()), ("a.example", 0));
    }

    #[test]
    fn a_proxy_is_known_by_its_answer() {
        let proxies = Proxies::all("http://me:secret@p.example").except("b.example");
        let network = Connections::<()>::new().proxies(proxies).open().unwrap();
        let error = |url, status| network.proxy_error(url, status).map(|error| error.to_string());
        let words = error("http://a.example/x", 407).unwrap();
        assert!(words.starts_with("the proxy p.example:80: it wants a name"), "{words}");
        assert_eq!(error("http://a.example/x", 401), None);
        assert_eq!(error("http://b.example/x", 407), None);
    }

    #[test]
    fn a_socket_is_set_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        for silence in [None, Some(Duration::from_secs(17))] {
            let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let network = Connections::<()>::new().keep_alive(silence).open().unwrap();
            network.set_up(SockRef::from(&stream)).unwrap();
            let socket = SockRef::from(&stream);
            assert!(socket.tcp_nodelay().unwrap());
            assert_eq!(socket.keepalive().unwrap(), silence.is_some());
            if let Some(silence) = silence {
                assert_eq!(socket.tcp_keepalive_time().unwrap(), silence);
            }
        }
    }
}
