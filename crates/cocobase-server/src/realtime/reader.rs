//! A connection's own task: it tells the hub what the client says.

use std::mem;
use std::pin::pin;
use std::time::Duration;

use axum::body::Bytes;
use cocobase_hub::ConnectionId;
use tokio::io::{self, AsyncRead, AsyncWriteExt, WriteHalf};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::sync::mpsc;
use tokio_rustls::server::TlsStream;

use super::mailbox::{Heard, Letter, Mailbox};
use super::messages::{DEAF, Messages, discard};
use super::places::Place;

/// How long the rest may take to go out once the client has said goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// A TLS record holds so many bytes (RFC 8446, 5.1). Each costs an encryption and a write, so that
/// frames are joined.
const RECORD: usize = 16 << 10;

/// What the task starts with.
pub(super) struct Reader {
    pub(super) id: ConnectionId,
    /// What the client has sent already.
    pub(super) early: Bytes,
    /// A message has at most so many bytes. `None` on an event stream, whose client has nothing to say.
    pub(super) limit: Option<usize>,
    pub(super) mailbox: Mailbox,
    #[expect(dead_code, reason = "it is held as long as the task lives")]
    pub(super) place: Place,
}

impl Reader {
    /// Reads from a socket that the hub's task writes to.
    pub(super) async fn read(mut self, stream: OwnedReadHalf) {
        let early = mem::take(&mut self.early);
        self.hear(early, stream).await;
    }

    /// Reads, and writes what comes from the hub's task: one TLS connection cannot be shared.
    pub(super) async fn read_and_write(
        mut self,
        stream: TlsStream<TcpStream>,
        batches: mpsc::Receiver<Vec<Bytes>>,
    ) {
        let early = mem::take(&mut self.early);
        let (reading, writing) = io::split(stream);
        let mut writing = pin!(write(writing, batches));
        let mut reading = pin!(self.hear(early, reading));
        tokio::select! {
            said_goodbye = &mut reading => {
                if said_goodbye {
                    let _ = tokio::time::timeout(FAREWELL, writing).await;
                }
            }
            written = &mut writing => match written {
                // All is said: the client is to close, for which the hub's task sets it a time.
                Ok(()) => drop(reading.await),
                Err(_) => drop(self.tell(Heard::Gone).await),
            }
        }
    }

    /// Tells the hub what is heard, until there is nothing more. Answers with whether the client said
    /// goodbye.
    async fn hear<R: AsyncRead + Unpin>(&self, early: Bytes, mut source: R) -> bool {
        let Some(limit) = self.limit else {
            drop(early);
            discard(&mut source, DEAF).await;
            self.tell(Heard::Gone).await;
            return false;
        };
        let mut messages = Messages::new(source, early, limit);
        loop {
            let heard = messages.next().await;
            let said_goodbye = matches!(heard, Heard::Goodbye(_));
            let is_over = said_goodbye || heard == Heard::Gone;
            let is_broken = matches!(heard, Heard::TooLarge | Heard::NotUtf8);
            if !self.tell(heard).await || is_over {
                return said_goodbye;
            }
            if is_broken {
                messages.discard().await;
                self.tell(Heard::Gone).await;
                return false;
            }
        }
    }

    async fn tell(&self, heard: Heard) -> bool {
        self.mailbox.post(Letter::Heard(self.id, heard)).await
    }
}

async fn write(
    mut stream: WriteHalf<TlsStream<TcpStream>>,
    mut batches: mpsc::Receiver<Vec<Bytes>>,
) -> io::Result<()> {
    let mut joined = Vec::new();
    while let Some(batch) = batches.recv().await {
        for frame in &batch {
            if !joined.is_empty() && joined.len() + frame.len() > RECORD {
                stream.write_all(&joined).await?;
                joined.clear();
            }
            joined.extend_from_slice(frame);
        }
        stream.write_all(&joined).await?;
        stream.flush().await?;
        // Who is idle keeps no memory.
        joined = Vec::new();
    }
    stream.shutdown().await
}
