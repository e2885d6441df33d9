//! A WebSocket that never blocks.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};

use cocobase_net::websocket;
use cocobase_proto::{Input, Text};
use rustix::event::{PollFd, PollFlags};
use socket2::{Domain, Protocol, Type};
use tungstenite::client::{IntoClientRequest as _, client_with_config};
use tungstenite::handshake::client::{ClientHandshake, Request, Response};
use tungstenite::handshake::{HandshakeError, MidHandshake};
use tungstenite::{Error, Message, WebSocket};

/// A connection, from the first packet to the last.
pub(crate) enum Socket {
    /// TCP is on its way to the first of the server's addresses that are left.
    Connecting { stream: TcpStream, request: Request, others: VecDeque<SocketAddr> },
    /// The upgrade to WebSocket is on its way.
    Upgrading(MidHandshake<Handshake>),
    /// Messages flow. `true` while some wait to be written.
    Open(WebSocket<TcpStream>, bool),
    /// It came to nothing, which is still to be told; or it is over.
    Failed(Option<Input>),
}

impl Socket {
    /// Begins to connect.
    pub(crate) fn connect(url: &str) -> Self {
        match addresses(url) {
            Ok((request, addresses)) => Self::connect_to(addresses, request),
            Err(error) => Self::failed(error),
        }
    }

    /// What there is to be told next, if there is something already.
    pub(crate) fn next_input(&mut self) -> Option<Input> {
        let state = mem::replace(self, Self::Failed(None));
        let (state, input) = state.step();
        *self = state;
        input
    }

    /// Sends a message, now or as soon as there is room for it.
    pub(crate) fn send(&mut self, text: Text) {
        if let Self::Open(websocket, waits) = self {
            // What waits is bounded, as what a session says is. Any other error shows in reading.
            let written = websocket.send(Message::text(text.as_str()));
            *waits = matches!(written, Err(error) if would_block(&error));
        }
    }

    /// Says goodbye, as far as that goes without waiting, and hangs up.
    pub(crate) fn close(self) {
        if let Self::Open(mut websocket, _) = self {
            let _ = websocket.close(None);
        }
    }

    /// What the socket waits for. One that has failed waits for nothing.
    pub(crate) fn poll_fd(&self) -> Option<PollFd<'_>> {
        let (stream, flags) = match self {
            Self::Connecting { stream, .. } => (stream, PollFlags::OUT),
            Self::Upgrading(handshake) => (handshake.get_ref().get_ref(), PollFlags::IN),
            Self::Open(websocket, false) => (websocket.get_ref(), PollFlags::IN),
            Self::Open(websocket, true) => (websocket.get_ref(), PollFlags::IN | PollFlags::OUT),
            Self::Failed(_) => return None,
        };
        Some(PollFd::new(stream, flags))
    }

    fn step(self) -> (Self, Option<Input>) {
        match self {
            Self::Connecting { stream, request, others } => match is_connected(&stream) {
                Ok(false) => (Self::Connecting { stream, request, others }, None),
                Ok(true) => {
                    Self::upgraded(client_with_config(request, stream, Some(websocket::config())))
                }
                Err(_) if !others.is_empty() => Self::connect_to(others, request).told(),
                Err(error) => Self::failed(Error::Io(error)).told(),
            },
            Self::Upgrading(handshake) => Self::upgraded(handshake.handshake()),
            Self::Open(mut websocket, _) => {
                let read = websocket.read();
                // What waits goes out as soon as there is room; what was read may have been answered.
                let waits = matches!(websocket.flush(), Err(error) if would_block(&error));
                let input = match read {
                    Err(error) if would_block(&error) => None,
                    read => Some(websocket::input(Some(read))),
                };
                (Self::Open(websocket, waits), input)
            }
            failed @ Self::Failed(_) => failed.told(),
        }
    }

    fn connect_to(mut addresses: VecDeque<SocketAddr>, request: Request) -> Self {
        match addresses.pop_front().map(begin) {
            Some(Ok(stream)) => Self::Connecting { stream, request, others: addresses },
            Some(Err(_)) if !addresses.is_empty() => Self::connect_to(addresses, request),
            Some(Err(error)) => Self::failed(Error::Io(error)),
            None => Self::failed(Error::Io(io::ErrorKind::AddrNotAvailable.into())),
        }
    }

    fn upgraded(result: Upgraded) -> (Self, Option<Input>) {
        match result {
            Ok((websocket, _)) => (Self::Open(websocket, false), Some(Input::Opened)),
            Err(HandshakeError::Interrupted(handshake)) => (Self::Upgrading(handshake), None),
            Err(HandshakeError::Failure(error)) => Self::failed(error).told(),
        }
    }

    fn failed(error: Error) -> Self {
        Self::Failed(Some(websocket::failure(error)))
    }

    fn told(self) -> (Self, Option<Input>) {
        match self {
            Self::Failed(input) => (Self::Failed(None), input),
            other => (other, None),
        }
    }
}

type Handshake = ClientHandshake<TcpStream>;
type Upgraded = Result<(WebSocket<TcpStream>, Response), HandshakeError<Handshake>>;

/// The request for an upgrade, and where to put it to.
fn addresses(url: &str) -> Result<(Request, VecDeque<SocketAddr>), Error> {
    let request = url.into_client_request()?;
    let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']);
    let port = request.uri().port_u16().unwrap_or(80);
    let addresses = (host, port).to_socket_addrs()?.collect();
    Ok((request, addresses))
}

fn begin(address: SocketAddr) -> io::Result<TcpStream> {
    let domain = Domain::for_address(address);
    let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    socket.set_tcp_nodelay(true)?;
    match socket.connect(&address.into()) {
        Err(error) if !is_in_progress(&error) => Err(error),
        _ => Ok(socket.into()),
    }
}

fn is_connected(stream: &TcpStream) -> io::Result<bool> {
    if let Some(error) = stream.take_error()? {
        return Err(error);
    }
    match stream.peer_addr() {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_in_progress(error: &io::Error) -> bool {
    let in_progress = rustix::io::Errno::INPROGRESS.raw_os_error();
    error.raw_os_error() == Some(in_progress) || error.kind() == io::ErrorKind::WouldBlock
}

fn would_block(error: &Error) -> bool {
    matches!(error, Error::Io(error) if error.kind() == io::ErrorKind::WouldBlock)
}
