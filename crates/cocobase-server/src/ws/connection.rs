//! One WebSocket: carries bytes and time between a client and its peer.

use std::collections::VecDeque;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use cocobase_hub::{Peer, PeerAction, PeerInput};
use cocobase_proto::{Credentials, Text};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{Sink, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::alarm::Alarm;
use super::outbox::{Inbox, Item, Lag};
use super::router::Subscription;
use super::sockets::Socket;
use crate::app::App;
use crate::log::{History, Log, LogError};

type Stream = WebSocketStream<TokioIo<Upgraded>>;

/// Idle connections are many, and what clients say is short.
const READ_BUFFER: usize = 4 << 10;

/// How many commits are read from the history at a time at most.
const HISTORY: usize = 256;

type Reading = Pin<Box<dyn Future<Output = Result<(History, u64), LogError>> + Send>>;

/// How many events are joined into one write at most.
const BATCH: usize = 64;

/// How long a connection that is being closed may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Serves one client until it leaves, breaks the rules, or the server stops.
pub(super) async fn serve(
    stream: TokioIo<Upgraded>,
    collection: Text,
    app: Arc<App>,
    place: Socket,
) {
    let limit = app.limits.max_message_bytes;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(READ_BUFFER)
        .max_write_buffer_size(usize::MAX)
        .max_message_size(Some(limit))
        .max_frame_size(Some(limit));
    let stream = Stream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (writer, mut reader) = stream.split();
    let now = app.clock.now();
    let mut connection = Connection {
        peer: Peer::new(collection.clone(), app.shape, app.limits.peer, now),
        writer: Writer { sink: writer, unsent: VecDeque::new(), needs_flush: false },
        alarm: app.clock.alarm(),
        subscription: None,
        reading: None,
        collection,
        place,
        app,
    };
    connection.run(&mut reader).await;
    if let Some(subscription) = &connection.subscription {
        connection.app.router.unsubscribe(subscription).await;
    }
    connection.say_goodbye(&mut reader).await;
}

struct Connection {
    peer: Peer,
    writer: Writer,
    alarm: Alarm,
    subscription: Option<Subscription>,
    /// The history that the peer has asked for. Events wait for it.
    reading: Option<Reading>,
    collection: Text,
    place: Socket,
    app: Arc<App>,
}

impl Connection {
    /// Runs until the peer closes the connection or the client is gone. Writing and time make
    /// progress together: a client that does not read still gets its time-outs. Nothing is read or
    /// taken while a write is under way, so that what waits to be written stays bounded even when
    /// a client asks and asks without listening.
    async fn run(&mut self, reader: &mut SplitStream<Stream>) {
        let mut items = Vec::new();
        loop {
            if self.act().await {
                return;
            }
            let deadline = self.peer.poll_timeout();
            let is_writing = self.writer.is_busy();
            let is_reading = self.reading.is_some();
            // What the peer makes of its subscription comes before the first event.
            let batch = if self.peer.is_live() { BATCH } else { 1 };
            let (inbox, lag) = match &mut self.subscription {
                Some(Subscription { inbox, lag, .. }) => (Some(inbox), Some(&*lag)),
                None => (None, None),
            };
            tokio::select! {
                written = self.writer.flush(), if is_writing => {
                    if written.is_err() {
                        return;
                    }
                }
                message = reader.next(), if !is_writing => {
                    if !self.hear(message) {
                        return;
                    }
                }
                history = read(&mut self.reading), if !is_writing => self.tell_history(history),
                taken = take(inbox, &mut items, batch), if !is_writing && !is_reading => {
                    self.forward(taken, &mut items);
                }
                () = noticed(lag) => {
                    // What is queued would only delay the news.
                    self.writer.unsent.clear();
                    self.peer.handle_lag();
                }
                () = self.alarm.wait(deadline) => {
                    self.peer.handle_timeout(self.app.clock.now());
                }
                () = self.place.stopping() => self.peer.handle_shutdown(),
            }
        }
    }

    /// Does what the peer wants; `true` when it wants the connection closed.
    async fn act(&mut self) -> bool {
        while let Some(action) = self.peer.poll_action() {
            match action {
                PeerAction::Authenticate(credentials) => {
                    self.peer.handle_verdict(self.accepts(&credentials));
                }
                PeerAction::Subscribe { filter } => {
                    let subscription =
                        self.app.router.subscribe(self.collection.clone(), filter).await;
                    self.subscription = Some(subscription);
                }
                PeerAction::ReadHistory { after } => {
                    let (log, collection) = (self.app.log.clone(), self.collection.clone());
                    self.reading = Some(Box::pin(async move {
                        let history = log.read(&collection, after, HISTORY).await?;
                        Ok((history, after))
                    }));
                }
                PeerAction::Send(text) => self.writer.push(text),
                PeerAction::Ping => self.writer.unsent.push_back(Message::Ping(Vec::new().into())),
                PeerAction::Close { code, reason } => {
                    tracing::debug!(collection = %self.collection, code, %reason, "closing");
                    let reason = Utf8Bytes::from(close_reason(&reason));
                    let frame = CloseFrame { code: code.into(), reason };
                    self.writer.unsent.push_back(Message::Close(Some(frame)));
                    return true;
                }
            }
        }
        false
    }

    /// Keys are checked here, whether a client calls them key or token.
    fn accepts(&self, credentials: &Credentials) -> bool {
        self.app.keys.accept(credentials.secret().expose())
    }

    /// Tells the peer what the client said; `false` when the client is gone.
    fn hear(&mut self, message: Option<Result<Message, Error>>) -> bool {
        let now = self.app.clock.now();
        let input = match &message {
            Some(Ok(Message::Text(text))) => PeerInput::Text(text),
            Some(Ok(Message::Binary(_))) => PeerInput::Binary,
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {
                // tungstenite has queued the pong; it is to leave now.
                self.writer.needs_flush = true;
                PeerInput::Alive
            }
            Some(Err(Error::Capacity(_))) => PeerInput::TooLarge(self.app.limits.max_message_bytes),
            Some(Err(Error::Utf8(_))) => PeerInput::NotUtf8,
            Some(Ok(Message::Close(_)) | Err(_)) | None => return false,
        };
        self.peer.handle_input(input, now);
        true
    }

    fn forward(&mut self, taken: usize, items: &mut Vec<Item>) {
        if taken == 0 {
            // The router has let go of this subscriber, or has ended, as it does when the server stops.
            let subscription = self.subscription.take();
            if subscription.is_some_and(|it| it.lag.has_come()) {
                self.peer.handle_lag();
            } else {
                self.peer.handle_shutdown();
            }
        }
        for item in items.drain(..) {
            match item {
                Item::Subscribed(position) => self.peer.handle_subscribed(&position),
                Item::Event(text) => self.writer.push(text),
            }
        }
    }

    fn tell_history(&mut self, history: Result<(History, u64), LogError>) {
        self.reading = None;
        match history {
            Ok((history, after)) => {
                self.peer.handle_history(&history.commits, history.reaches_back_to(after));
            }
            Err(error) => {
                tracing::error!(%error, "the history cannot be read");
                self.peer.handle_history_failure();
            }
        }
    }

    /// Writes what is left, the close frame last, and waits for the client's own, so that the error
    /// before it is not lost in a reset.
    async fn say_goodbye(mut self, reader: &mut SplitStream<Stream>) {
        let farewell = async {
            self.writer.flush().await?;
            while let Some(Ok(_)) = reader.next().await {}
            Ok::<(), Error>(())
        };
        let _ = tokio::time::timeout(FAREWELL, farewell).await;
    }
}

/// Messages on their way out.
struct Writer {
    sink: SplitSink<Stream, Message>,
    unsent: VecDeque<Message>,
    needs_flush: bool,
}

impl Writer {
    fn push(&mut self, text: Text) {
        // The text has been checked once; sharing its bytes with tungstenite checks them again.
        if let Ok(text) = Utf8Bytes::try_from(text.into_bytes()) {
            self.unsent.push_back(Message::Text(text));
        }
    }

    fn is_busy(&self) -> bool {
        self.needs_flush || !self.unsent.is_empty()
    }

    /// Writes everything. Cancel-safe: what has not been taken stays.
    async fn flush(&mut self) -> Result<(), Error> {
        poll_fn(|cx| {
            let mut sink = Pin::new(&mut self.sink);
            while !self.unsent.is_empty() {
                ready!(sink.as_mut().poll_ready(cx))?;
                if let Some(message) = self.unsent.pop_front() {
                    sink.as_mut().start_send(message)?;
                    self.needs_flush = true;
                }
            }
            ready!(sink.as_mut().poll_flush(cx))?;
            self.needs_flush = false;
            Poll::Ready(Ok(()))
        })
        .await
    }
}

async fn take(inbox: Option<&mut Inbox>, items: &mut Vec<Item>, batch: usize) -> usize {
    match inbox {
        Some(inbox) => inbox.take_many(items, batch).await,
        None => pending().await,
    }
}

async fn read(reading: &mut Option<Reading>) -> Result<(History, u64), LogError> {
    match reading {
        Some(reading) => reading.await,
        None => pending().await,
    }
}

async fn noticed(lag: Option<&Lag>) {
    match lag {
        Some(lag) => lag.noticed().await,
        None => pending().await,
    }
}

/// The start of `reason`, as much as a close frame holds.
fn close_reason(reason: &str) -> String {
    reason.char_indices().take_while(|(at, c)| at + c.len_utf8() <= 123).map(|(_, c)| c).collect()
}
