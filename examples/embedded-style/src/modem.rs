//! The modem: opens a WebSocket as it is told, and passes messages both ways. It knows nothing of what
//! they say.

use std::thread::Thread;
use std::time::Duration;

use cocobase_net::websocket;
use cocobase_proto::{BaseUrl, CloseCause, Input, Text};
use embedded_style::{Damaged, Decoder, Frame, Kind};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc::{Receiver, Sender};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest as _};

/// The longest order from the device.
const LONGEST_ORDER: usize = 64 << 10;

/// How long it tries to open a WebSocket.
const PATIENCE: Duration = Duration::from_secs(10);

/// The modem's end of the serial line.
pub(crate) struct Line {
    pub(crate) to_device: Sender<u8>,
    pub(crate) from_device: Receiver<u8>,
    /// Whose interrupt the line raises.
    pub(crate) device: Thread,
    /// A bit of every Nth byte to the device is flipped.
    pub(crate) noise: Option<u64>,
    pub(crate) written: u64,
}

impl Line {
    /// The next byte from the device, or `None` when there is no device any more.
    async fn read(&mut self) -> Option<u8> {
        let byte = self.from_device.recv().await;
        self.device.unpark();
        byte
    }

    async fn write(&mut self, frame: &Frame) {
        let mut bytes = Default::default();
        frame.encode(&mut bytes);
        for byte in bytes {
            self.written += 1;
            let is_hit = self.noise.is_some_and(|every| self.written.is_multiple_of(every.max(1)));
            let byte = if is_hit { byte ^ 0x10 } else { byte };
            // Without a device nothing needs to be said any more; `read` notices.
            let _ = self.to_device.send(byte).await;
            self.device.unpark();
        }
    }
}

/// At one end the serial line, at the other the network.
pub(crate) struct Modem {
    base: BaseUrl,
    line: Line,
    decoder: Decoder,
    socket: Option<WebSocketStream<TcpStream>>,
    /// What the device calls the socket.
    number: u8,
}

impl Modem {
    pub(crate) const fn new(base: BaseUrl, line: Line) -> Self {
        Self { base, line, decoder: Decoder::new(LONGEST_ORDER), socket: None, number: 0 }
    }

    /// Works until there is no device any more.
    pub(crate) async fn run(mut self) {
        loop {
            tokio::select! {
                byte = self.line.read() => match byte {
                    Some(byte) => {
                        if let Some(order) = self.decoder.push(byte) {
                            self.obey(order).await;
                        }
                    }
                    None => return,
                },
                input = next_input(&mut self.socket) => self.report(input).await,
            }
        }
    }

    async fn obey(&mut self, order: Result<Frame, Damaged>) {
        match order {
            Ok(Frame { kind: Kind::Open, link, payload }) => {
                self.number = link;
                let url = self.base.websocket(&String::from_utf8_lossy(&payload));
                let opened = tokio::time::timeout(PATIENCE, connect(&url)).await;
                let opened = opened.unwrap_or_else(|_| Err(failure("it took too long")));
                let (socket, input) = match opened {
                    Ok(socket) => (Some(socket), Input::Opened),
                    Err(failure) => (None, failure),
                };
                self.socket = socket;
                self.report(input).await;
            }
            Ok(Frame { kind: Kind::Send, link, payload }) if link == self.number => {
                let text = String::from_utf8_lossy(&payload).into_owned();
                if let Some(socket) = &mut self.socket
                    && let Err(error) = socket.send(Message::text(text)).await
                {
                    self.report(Input::Closed(websocket::broken(&error))).await;
                }
            }
            Ok(Frame { kind: Kind::Close, link, .. }) if link == self.number => {
                if let Some(mut socket) = self.socket.take() {
                    // Whether the server still hears it is of no interest any more.
                    let _ = socket.close(None).await;
                }
            }
            Ok(_) => {}
            Err(Damaged) => self.report(failure("an order was not understood")).await,
        }
    }

    async fn report(&mut self, input: Input) {
        if matches!(input, Input::Closed(_) | Input::Refused { .. }) {
            self.socket = None;
        }
        let (kind, payload) = match input {
            Input::Opened => (Kind::Opened, Vec::new()),
            Input::Text(text) => (Kind::Text, text.as_bytes().to_vec()),
            Input::Refused { status, .. } => (Kind::Refused, status.to_be_bytes().to_vec()),
            Input::Closed(cause) => (Kind::Closed, reason(&cause).as_bytes().to_vec()),
            _ => (Kind::Alive, Vec::new()),
        };
        self.line.write(&Frame { kind, link: self.number, payload }).await;
    }
}

async fn connect(url: &str) -> Result<WebSocketStream<TcpStream>, Input> {
    let opened = async {
        let request = url.into_client_request()?;
        let host = request.uri().host().unwrap_or_default().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, request.uri().port_u16().unwrap_or(80))).await?;
        let config = Some(websocket::config());
        tokio_tungstenite::client_async_with_config(request, stream, config).await
    };
    let opened: Result<_, Error> = opened.await;
    opened.map(|(socket, _)| socket).map_err(websocket::failure)
}

async fn next_input(socket: &mut Option<WebSocketStream<TcpStream>>) -> Input {
    match socket {
        Some(socket) => websocket::input(socket.next().await),
        None => std::future::pending().await,
    }
}

fn failure(reason: &'static str) -> Input {
    Input::Closed(CloseCause::Connect(Text::from_static(reason)))
}

fn reason(cause: &CloseCause) -> &Text {
    match cause {
        CloseCause::Connect(reason) | CloseCause::Io(reason) => reason,
        CloseCause::Closed { reason, .. } => reason,
    }
}
