//! A server that does what its script says: also what no good server would.
//!
//! It needs threads and sockets of the standard library, and no runtime.

pub mod frame;
mod heard;
mod play;
mod scene;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use heard::{Heard, What, header};
pub use scene::Scene;

/// A peer on a free port of the loopback address. Each connection plays the next of its scenes;
/// behind the last one, it hangs up on whoever comes.
///
/// Dropping it ends its connections and threads.
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::TcpStream;
/// use std::time::Duration;
///
/// use cocobase_testkit::peer::{Peer, Scene, What};
///
/// let peer = Peer::start([Scene::new().answer(503, &[], "busy")])?;
/// let mut client = TcpStream::connect(peer.address())?;
/// client.write_all(b"GET / HTTP/1.1\r\n\r\n")?;
/// let mut answer = String::new();
/// client.read_to_string(&mut answer)?;
/// assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("busy"));
///
/// let is_request = |heard: &[_]| heard.iter().any(|it: &cocobase_testkit::peer::Heard| {
///     matches!(it.what, What::Request(_))
/// });
/// assert!(peer.wait(Duration::from_secs(10), is_request));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Peer {
    address: SocketAddr,
    shared: Arc<Shared>,
    acceptor: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    scenes: VecDeque<Scene>,
    heard: Vec<Heard>,
    /// How many waiting steps may still go on.
    permits: usize,
    is_over: bool,
    /// Those that are open, by the number of their connection.
    streams: BTreeMap<usize, TcpStream>,
    players: Vec<JoinHandle<()>>,
}

impl Peer {
    /// Starts a peer with these scenes.
    ///
    /// # Errors
    ///
    /// When the system gives no port.
    pub fn start(scenes: impl IntoIterator<Item = Scene>) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        shared.lock().scenes.extend(scenes);
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

    /// Lets one step that [waits](Scene::wait) go on, the next one if none waits yet.
    pub fn go(&self) {
        self.shared.lock().permits += 1;
        self.shared.changed.notify_all();
    }

    /// What it has heard so far, in order.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.lock().heard.clone()
    }

    /// The texts that it has heard so far on a connection.
    #[must_use]
    pub fn texts(&self, connection: usize) -> Vec<String> {
        let state = self.shared.lock();
        let heard = state.heard.iter().filter(|heard| heard.connection == connection);
        heard.filter_map(|heard| heard.text().map(str::to_owned)).collect()
    }

    /// How many connections were made so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        let state = self.shared.lock();
        state.heard.iter().filter(|heard| heard.what == What::Connected).count()
    }

    /// Waits until what it has heard is as wanted: whether that came about in time.
    #[must_use]
    pub fn wait(&self, within: Duration, mut wanted: impl FnMut(&[Heard]) -> bool) -> bool {
        let end = Instant::now() + within;
        let mut state = self.shared.lock();
        loop {
            if wanted(&state.heard) {
                return true;
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.shared.lock().is_over = true;
        self.shared.changed.notify_all();
        // This wakes the listener, which then sees that it is over.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            let _ = acceptor.join();
        }
        let (streams, players) = {
            let mut state = self.shared.lock();
            (std::mem::take(&mut state.streams), std::mem::take(&mut state.players))
        };
        for stream in streams.values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        for player in players {
            let _ = player.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(self: &Arc<Self>, listener: &TcpListener) {
        for connection in 0.. {
            let Ok((stream, _)) = listener.accept() else { return };
            let mut state = self.lock();
            if state.is_over {
                return;
            }
            state.heard.push(Heard { connection, what: What::Connected });
            let scene = state.scenes.pop_front().unwrap_or_else(|| Scene::new().hang_up());
            if let Ok(stream) = stream.try_clone() {
                state.streams.insert(connection, stream);
            }
            let shared = Arc::clone(self);
            let play = move || play::play(&shared, connection, stream, &scene);
            state.players.push(std::thread::spawn(play));
            drop(state);
            self.changed.notify_all();
        }
    }

    fn note(&self, connection: usize, what: What) {
        self.lock().heard.push(Heard { connection, what });
        self.changed.notify_all();
    }

    fn forget(&self, connection: usize) {
        self.lock().streams.remove(&connection);
    }

    /// Waits for a permit: whether there was one before the end.
    fn permitted(&self) -> bool {
        let mut state = self.lock();
        while !state.is_over {
            if state.permits > 0 {
                state.permits -= 1;
                return true;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        false
    }

    fn wait_for_the_end(&self) {
        let mut state = self.lock();
        while !state.is_over {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
