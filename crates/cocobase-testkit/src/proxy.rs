//! A proxy that makes the faults of networks: at command, on real TCP connections.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Stands between clients and a server, and carries their bytes until it is told otherwise.
///
/// Nothing here happens by chance or by the clock: every fault is a command. Dropping the proxy ends
/// its connections and threads.
///
/// ```
/// use std::io::Read;
/// use std::net::TcpStream;
///
/// use cocobase_testkit::peer::{Peer, Scene};
/// use cocobase_testkit::proxy::{Proxy, Way};
///
/// let peer = Peer::start([Scene::new().raw("Hello!")])?;
/// let proxy = Proxy::start(peer.address())?;
/// proxy.cut_after(Way::Down, 4);
/// let mut client = TcpStream::connect(proxy.address())?;
/// let mut heard = String::new();
/// client.read_to_string(&mut heard)?;
/// assert_eq!(heard, "Hell");
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    server: Option<SocketAddr>,
    refuses: bool,
    refuses_upgrades: bool,
    is_over: bool,
    up: Flow,
    down: Flow,
    /// The client's and the server's stream of each connection.
    streams: Vec<(TcpStream, TcpStream)>,
    carriers: Vec<JoinHandle<()>>,
    connections: usize,
}

/// What becomes of the bytes that go one way, on all connections together.
#[derive(Debug, Default, Clone, Copy)]
struct Flow {
    swallows: bool,
    holds: bool,
    /// After so many bytes everything is cut.
    left: Option<usize>,
}

/// The answer to a request for an upgrade where there are to be none.
const NO_UPGRADE: &[u8] =
    b"HTTP/1.1 403 No upgrades here\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// How long reaching the server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

impl Proxy {
    /// Starts a proxy in front of a server.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        shared.lock().server = Some(server);
        let acceptor = Arc::clone(&shared);
        let acceptor = std::thread::spawn(move || acceptor.accept(&listener));
        Ok(Self { address, shared, acceptor: Some(acceptor) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// New connections lead to another server, or to the same one that has started anew elsewhere.
    pub fn lead_to(&self, server: SocketAddr) {
        self.shared.lock().server = Some(server);
    }

    /// Ends all connections, on both sides.
    pub fn cut(&self) {
        self.shared.lock().cut();
        self.shared.changed.notify_all();
    }

    /// Ends all connections once so many more bytes went this way.
    pub fn cut_after(&self, way: Way, bytes: usize) {
        self.shared.lock().flow(way).left = Some(bytes);
    }

    /// From now on bytes that go this way are lost, and nobody is told: a half-open connection.
    pub fn swallow(&self, way: Way) {
        self.shared.lock().flow(way).swallows = true;
    }

    /// From now on bytes that go this way wait for [`restore`](Self::restore).
    pub fn hold(&self, way: Way) {
        self.shared.lock().flow(way).holds = true;
    }

    /// From now on new connections are closed as soon as they are made.
    pub fn refuse(&self) {
        self.shared.lock().refuses = true;
    }

    /// From now on requests for an upgrade are answered with status 403 in the server's place, as
    /// proxies do that know no WebSockets. What is open stays open.
    pub fn refuse_upgrades(&self) {
        self.shared.lock().refuses_upgrades = true;
    }

    /// From now on everything passes again. What was swallowed stays lost, so connections that lost
    /// something are ended.
    pub fn restore(&self) {
        let mut state = self.shared.lock();
        if state.up.swallows || state.down.swallows {
            state.cut();
        }
        (state.up, state.down) = (Flow::default(), Flow::default());
        (state.refuses, state.refuses_upgrades) = (false, false);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// How many connections clients have made so far, refused ones included.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Waits until clients have made so many connections: whether they did in time.
    #[must_use]
    pub fn wait_for_connections(&self, count: usize, within: Duration) -> bool {
        let waiting = self.shared.lock();
        let few = |state: &mut State| state.connections < count;
        let waited = self.shared.changed.wait_timeout_while(waiting, within, few);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_over = true;
        state.cut();
        drop(state);
        self.shared.changed.notify_all();
        // This wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        self.shared.lock().cut();
        let carriers = std::mem::take(&mut self.shared.lock().carriers);
        for carrier in carriers {
            let _ = carrier.join();
        }
    }
}

impl State {
    const fn flow(&mut self, way: Way) -> &mut Flow {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }

    fn cut(&mut self) {
        for (client, server) in self.streams.drain(..) {
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        while let Ok((client, _)) = listener.accept() {
            let server = {
                let mut state = self.lock();
                if state.is_over {
                    return;
                }
                state.connections += 1;
                self.changed.notify_all();
                state.server.filter(|_| !state.refuses)
            };
            // A server that is not there is a connection that is closed at once.
            if let Some(server) = server
                && let Ok(server) = TcpStream::connect_timeout(&server, CONNECT_TIMEOUT)
            {
                let _ = self.carry_both(client, server);
            }
        }
    }

    fn carry_both(self: &Arc<Self>, client: TcpStream, server: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let ways = [
            (client.try_clone()?, server.try_clone()?, Way::Up),
            (server.try_clone()?, client.try_clone()?, Way::Down),
        ];
        let mut state = self.lock();
        state.streams.push((client, server));
        for (from, to, way) in ways {
            let shared = Arc::clone(self);
            state.carriers.push(std::thread::spawn(move || shared.carry(from, to, way)));
        }
        Ok(())
    }

    fn carry(&self, mut from: TcpStream, mut to: TcpStream, way: Way) {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if way == Way::Up && self.refuses(buffer.get(..count).unwrap_or_default()) {
                let _ = from.write_all(NO_UPGRADE);
                let _ = from.shutdown(Shutdown::Write);
                break;
            }
            let passed = self.pass(way, count);
            let bytes = buffer.get(..passed).unwrap_or_default();
            if passed > 0 && to.write_all(bytes).is_err() {
                break;
            }
            if self.is_used_up(way) {
                self.lock().cut();
                break;
            }
        }
        // The end of one direction is passed on like bytes.
        let _ = to.shutdown(Shutdown::Write);
    }

    /// How many of these bytes go on. Waits while they are held.
    fn pass(&self, way: Way, count: usize) -> usize {
        let mut state = self.lock();
        while state.flow(way).holds && !state.is_over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let flow = state.flow(way);
        if flow.swallows {
            return 0;
        }
        let passed = flow.left.map_or(count, |left| left.min(count));
        flow.left = flow.left.map(|left| left - passed);
        passed
    }

    /// Whether this is a request for an upgrade, while there are to be none. Clients send the head of a
    /// request in one piece.
    fn refuses(&self, bytes: &[u8]) -> bool {
        let is_refusing = self.lock().refuses_upgrades;
        is_refusing
            && String::from_utf8_lossy(bytes).to_lowercase().contains("\r\nupgrade: websocket")
    }

    fn is_used_up(&self, way: Way) -> bool {
        let mut state = self.lock();
        let flow = state.flow(way);
        let is_used_up = flow.left == Some(0);
        if is_used_up {
            // What comes next is cut off only if that is asked for again.
            flow.left = None;
        }
        is_used_up
    }
}
