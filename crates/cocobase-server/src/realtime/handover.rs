//! From a connection that speaks HTTP to one that the hub's task writes to.

use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use cocobase_hub::Entrance;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::mailbox::{Letter, Mailbox, Newcomer};
use super::places::Place;
use crate::api::ApiError;
use crate::app::App;

/// What carries bytes to a client.
#[derive(Debug)]
pub(crate) enum Wire {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Where a request leaves word that its connection is to be the hub's. There is one for each
/// connection, and every request has it among its extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct Handover(Arc<Mutex<Option<Arrival>>>);

/// One who has asked for a WebSocket or an event stream.
#[derive(Debug)]
pub(crate) struct Arrival {
    entrance: Entrance,
    place: Place,
    mailbox: Mailbox,
    /// What is to be written first. A WebSocket's answer hyper has written.
    head: Option<Vec<u8>>,
}

impl Handover {
    /// Takes a place for one who comes in by `entrance` when the request is answered.
    pub(super) fn offer(&self, app: &App, entrance: Entrance) -> Result<(), ApiError> {
        let place = app.places.take().ok_or_else(ApiError::overloaded)?;
        let mailbox = app.mailbox.clone();
        *self.lock() = Some(Arrival { entrance, place, mailbox, head: None });
        Ok(())
    }

    /// Lets hyper have the answer, unless it is an event stream's. That one stays here: hyper would cut
    /// its body into chunks, and every event would have to pass through it.
    pub(crate) fn pass(&self, answer: Response) -> Option<Response> {
        match self.lock().as_mut() {
            Some(arrival) if matches!(arrival.entrance, Entrance::Events { .. }) => {
                arrival.head = Some(head(answer));
                None
            }
            _ => Some(answer),
        }
    }

    /// Whether an answer stays here. Hyper waits for it, and is to be left.
    pub(crate) fn has_answer(&self) -> bool {
        self.lock().as_ref().is_some_and(|arrival| arrival.head.is_some())
    }

    /// What the last request asked for, if it was that.
    pub(crate) fn take(&self) -> Option<Arrival> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arrival>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Handover {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

impl Arrival {
    /// Goes to the hub. `early` is what was read behind the request.
    pub(crate) async fn enter<I: AsyncWrite + Unpin>(
        self,
        mut stream: I,
        wire: fn(I) -> Wire,
        early: Bytes,
    ) -> io::Result<()> {
        let Self { entrance, place, mailbox, head } = self;
        if let Some(head) = head {
            stream.write_all(&head).await?;
            stream.flush().await?;
        }
        let newcomer = Newcomer { entrance, wire: wire(stream), early, place };
        mailbox.post(Letter::Open(Box::new(newcomer))).await;
        Ok(())
    }
}

/// The head of an answer whose body ends with the connection (RFC 9112, 6.3): a body in chunks would
/// have to be framed once more for those who speak HTTP/1.0.
fn head(mut answer: Response) -> Vec<u8> {
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&Timestamp::now());
    if let Some(date) = date.ok().and_then(|date| HeaderValue::try_from(date).ok()) {
        headers.insert(header::DATE, date);
    }
    let mut head = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}
