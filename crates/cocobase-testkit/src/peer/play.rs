//! Plays one scene on one connection.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocket};
use tungstenite::{Error, Message};

use super::scene::{Scene, Step};
use super::{Shared, What, frame, header};

/// The longest head of a request that is read.
const MAX_HEAD: usize = 64 << 10;

pub(super) fn play(shared: &Shared, connection: usize, stream: TcpStream, scene: &Scene) {
    let _ = stream.set_nodelay(true);
    let mut player = Player { shared, connection, stream, socket: None, epoch: None };
    let is_deaf = scene.steps.contains(&Step::Deaf);
    match player.steps(scene) {
        // Whatever still comes is heard.
        Ok(()) if !is_deaf => while player.read().is_ok() {},
        Ok(()) | Err(Over::Ended) => {}
        Err(Over::Reset) => {
            shared.forget(connection);
            drop(player);
            return shared.note(connection, What::Gone);
        }
    }
    let _ = player.stream.shutdown(Shutdown::Both);
    shared.forget(connection);
    shared.note(connection, What::Gone);
}

/// The connection is over.
enum Over {
    Ended,
    /// It is to be broken off.
    Reset,
}

impl From<io::Error> for Over {
    fn from(_: io::Error) -> Self {
        Self::Ended
    }
}

struct Player<'a> {
    shared: &'a Shared,
    connection: usize,
    stream: TcpStream,
    /// Reads what the client sends, and answers its control frames. What the script says goes out
    /// beside it, byte by byte.
    socket: Option<WebSocket<TcpStream>>,
    /// Of the last greeting, for the ids of events.
    epoch: Option<String>,
}

impl Player<'_> {
    fn steps(&mut self, scene: &Scene) -> Result<(), Over> {
        for step in &scene.steps {
            match step {
                Step::Request => drop(self.request()?),
                Step::Upgrade => self.upgrade()?,
                Step::Hear => while !self.read()? {},
                Step::Say(texts) => {
                    let bytes = self.wire(texts);
                    self.stream.write_all(&bytes)?;
                }
                Step::Pieces(texts, length, pause) => {
                    for piece in self.wire(texts).chunks(*length) {
                        std::thread::sleep(*pause);
                        self.stream.write_all(piece)?;
                    }
                }
                Step::Half(text) => {
                    let bytes = self.wire(std::slice::from_ref(text));
                    self.stream.write_all(bytes.get(..bytes.len() / 2).unwrap_or_default())?;
                }
                Step::Raw(bytes) => self.stream.write_all(bytes)?,
                Step::Slowly(bytes, pause) => {
                    for byte in bytes {
                        self.stream.write_all(&[*byte])?;
                        std::thread::sleep(*pause);
                    }
                }
                Step::Await => {
                    if !self.shared.permitted() {
                        return Err(Over::Ended);
                    }
                }
                Step::Answering => self.answer_pings()?,
                Step::Deaf => self.shared.wait_for_the_end(),
                // Until the client goes too, so that what was said before is not lost to a reset.
                Step::HangUp => self.stream.shutdown(Shutdown::Write)?,
                Step::Reset => {
                    // With bytes that nobody has read, the end of a socket is a reset.
                    self.stream.peek(&mut [0])?;
                    return Err(Over::Reset);
                }
            }
        }
        Ok(())
    }

    /// The bytes of these texts on this connection.
    fn wire(&mut self, texts: &[String]) -> Vec<u8> {
        match self.socket {
            Some(_) => texts.iter().flat_map(|text| frame::text(text)).collect(),
            None => texts.iter().flat_map(|text| self.event(text).into_bytes()).collect(),
        }
    }

    fn event(&mut self, text: &str) -> String {
        let id = self.id(text).map(|id| format!("id: {id}\n")).unwrap_or_default();
        format!("{id}data: {}\n\n", text.replace('\n', "\ndata: "))
    }

    /// The position that a greeting or a change names.
    fn id(&mut self, text: &str) -> Option<String> {
        let message: serde_json::Value = serde_json::from_str(text).ok()?;
        message.get("event")?;
        if let Some(epoch) = message.get("epoch") {
            self.epoch = epoch.as_str().map(str::to_owned);
        }
        Some(format!("{}:{}", self.epoch.as_ref()?, message.get("seq")?))
    }

    fn request(&mut self) -> Result<String, Over> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            head.extend_from_slice(&byte);
            if head.len() > MAX_HEAD {
                return Err(Over::Ended);
            }
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let length = header(&head, "content-length").and_then(|length| length.parse().ok());
        io::copy(&mut (&self.stream).take(length.unwrap_or(0)), &mut io::sink())?;
        self.shared.note(self.connection, What::Request(head.clone()));
        Ok(head)
    }

    fn upgrade(&mut self) -> Result<(), Over> {
        let head = self.request()?;
        let key = header(&head, "sec-websocket-key").ok_or(Over::Ended)?;
        let accept = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {accept}\r\n\r\n"
        );
        self.stream.write_all(answer.as_bytes())?;
        self.socket =
            Some(WebSocket::from_raw_socket(self.stream.try_clone()?, Role::Server, None));
        Ok(())
    }

    /// Reads and notes the next thing that comes: whether it was a text.
    fn read(&mut self) -> Result<bool, Over> {
        let Some(socket) = &mut self.socket else {
            return match self.stream.read(&mut [0; 1024])? {
                0 => Err(Over::Ended),
                _ => Ok(false),
            };
        };
        let what = match socket.read() {
            Ok(Message::Text(text)) => What::Text(text.as_str().to_owned()),
            Ok(Message::Binary(_)) => What::Binary,
            Ok(Message::Ping(_)) => What::Ping,
            Ok(Message::Pong(_)) => What::Pong,
            Ok(Message::Close(_)) => What::Goodbye,
            Ok(Message::Frame(_)) => return Ok(false),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::Interrupted => {
                return Ok(false);
            }
            Err(_) => return Err(Over::Ended),
        };
        let is_text = matches!(what, What::Text(_));
        self.shared.note(self.connection, what);
        Ok(is_text)
    }

    fn answer_pings(&mut self) -> Result<(), Over> {
        loop {
            let is_ping = self.read()? && {
                let texts = self.shared.lock();
                let last = texts.heard.iter().rev().find(|it| it.connection == self.connection);
                last.and_then(super::Heard::text).is_some_and(|text| text == r#"{"type":"ping"}"#)
            };
            if is_ping {
                self.stream.write_all(&frame::text(r#"{"type":"pong"}"#))?;
            }
        }
    }
}
