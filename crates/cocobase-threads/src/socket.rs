//! Sockets that never block: who finds nothing to do has the thread wait.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::task::Poll;

use rustix::event::PollFlags;
use rustix::fd::OwnedFd;
use socket2::{Domain, Protocol, Type};

use crate::wait::note_socket;

/// An open connection, by TCP or by any other stream socket. Reading and writing never block: what would is an
/// [`io::ErrorKind::WouldBlock`], after which the thread waits for it if its future is
/// [pending](ready). For an example see the [crate].
#[derive(Debug, Clone)]
pub struct Socket(Arc<TcpStream>);

/// What would block is pending.
///
/// ```
/// let would_block = std::io::Error::from(std::io::ErrorKind::WouldBlock);
/// assert!(cocobase_threads::ready::<()>(Err(would_block)).is_pending());
/// ```
pub fn ready<T>(done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

impl Socket {
    /// Connects to the first of these addresses that answers.
    ///
    /// # Errors
    ///
    /// What the last one said.
    pub async fn connect(addresses: &[SocketAddr]) -> io::Result<Self> {
        let mut last = io::Error::other("the host has no address");
        for address in addresses {
            match Self::connect_to(*address).await {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// A socket that the program has connected itself, such as a Unix one.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// let (ours, _theirs) = std::os::unix::net::UnixStream::pair()?;
    /// assert!(cocobase_threads::Socket::connected(ours)?.is_idle());
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When it cannot be kept from blocking.
    pub fn connected(socket: impl Into<OwnedFd>) -> io::Result<Self> {
        let socket = TcpStream::from(socket.into());
        socket.set_nonblocking(true)?;
        Ok(Self(Arc::new(socket)))
    }

    async fn connect_to(address: SocketAddr) -> io::Result<Self> {
        let (domain, protocol) = (Domain::for_address(address), Some(Protocol::TCP));
        let socket = socket2::Socket::new(domain, Type::STREAM, protocol)?;
        socket.set_nonblocking(true)?;
        // That it is under way is told as an error; how it ends, by `is_connected`.
        let _ = socket.connect(&address.into());
        let socket = Self(Arc::new(socket.into()));
        poll_fn(|_| ready(socket.is_connected())).await?;
        Ok(socket)
    }

    fn is_connected(&self) -> io::Result<()> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        match self.0.peer_addr() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                self.noting(PollFlags::OUT, Err(io::ErrorKind::WouldBlock.into()))
            }
            answer => answer.map(|_| ()),
        }
    }

    /// Waits until there is something to read, or the other side is gone.
    ///
    /// # Errors
    ///
    /// When the connection is broken.
    pub async fn readable(&self) -> io::Result<()> {
        poll_fn(|_| ready(self.noting(PollFlags::IN, self.0.peek(&mut [0])).map(|_| ()))).await
    }

    /// The socket itself, for its options.
    #[must_use]
    pub fn options(&self) -> socket2::SockRef<'_> {
        socket2::SockRef::from(&*self.0)
    }

    /// Whether the other side is there and silent: what an unused connection should be.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        ready(self.0.peek(&mut [0])).is_pending()
    }

    fn noting<T>(&self, what: PollFlags, done: io::Result<T>) -> io::Result<T> {
        if done.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            note_socket(&self.0, what);
        }
        done
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.noting(PollFlags::IN, (&*self.0).read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.noting(PollFlags::OUT, (&*self.0).write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
