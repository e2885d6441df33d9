//! Event streams as eventsource-client reads them.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use cocobase_driver::Headers;
use cocobase_proto::rest::header::LAST_EVENT_ID;
use cocobase_proto::sse::{Item, Message};
use cocobase_proto::{CloseCause, Input, Text};
use cocobase_tokio::Tokio;
use eventsource_client::{BoxStream, Client as _, ClientBuilder, Error, ReconnectOptions, SSE};

use crate::transport::{Failure, Transport, Unread};

/// An open event stream.
pub struct EventStream {
    items: BoxStream<Result<SSE, Error>>,
    unread: Unread,
    /// What comes after that which was told last.
    then: Option<Input>,
    /// The id that the request named.
    resumed_from: Text,
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

/// Sends the request, and waits for its answer.
pub(crate) async fn open(
    tokio: Arc<Tokio>,
    url: String,
    headers: Headers,
) -> Result<EventStream, Input> {
    let mut resumed_from = Text::default();
    let unread = Unread::default();
    let request = request(&url, &headers, &mut resumed_from).map_err(|error| {
        Input::Closed(CloseCause::Connect(format!("the request: {error}").into()))
    })?;
    let items = request.build_with_transport(Transport::new(tokio, unread.clone())).stream();
    let mut stream = EventStream { items, unread, then: None, resumed_from };
    match std::future::poll_fn(|cx| stream.items.as_mut().poll_next(cx)).await {
        Some(Ok(SSE::Connected(_))) => Ok(stream),
        Some(Err(error)) => Err(stream.failure(error)),
        Some(Ok(_)) | None => Err(ended()),
    }
}

/// What eventsource-client would decide by itself is left to the session: when to connect again, and
/// from where on. Redirects do not come this far.
fn request(
    url: &str,
    headers: &[(&'static str, String)],
    resumed_from: &mut Text,
) -> Result<ClientBuilder, Error> {
    let mut builder = ClientBuilder::for_url(url)?
        .reconnect(ReconnectOptions::reconnect(false).build())
        .redirect_limit(0);
    for (name, value) in headers {
        if *name == LAST_EVENT_ID {
            *resumed_from = value.as_str().into();
            builder = builder.last_event_id(value.clone());
        } else {
            builder = builder.header(name, value)?;
        }
    }
    Ok(builder)
}

/// Whether a request can have these headers.
pub(crate) fn check(headers: &[(&'static str, String)]) -> Result<(), String> {
    headers.iter().try_for_each(|(name, value)| {
        let builder = ClientBuilder::for_url("http://localhost").map_err(|e| e.to_string())?;
        builder.header(name, value).map(drop).map_err(|error| format!("the header {name}: {error}"))
    })
}

impl cocobase_driver::EventStream for EventStream {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        if let Some(input) = self.then.take() {
            return Poll::Ready(input);
        }
        loop {
            let item = ready!(self.items.as_mut().poll_next(cx));
            self.unread.clear();
            return Poll::Ready(match item {
                Some(Ok(SSE::Event(event))) => self.message(event),
                Some(Ok(SSE::Comment(_))) => Input::Alive,
                Some(Ok(SSE::Connected(_))) => continue,
                Some(Err(error)) => self.failure(error),
                None => ended(),
            });
        }
    }
}

impl EventStream {
    fn message(&mut self, event: eventsource_client::Event) -> Input {
        // From the first one on, each comes with the last one.
        let last_event_id = event.id.map_or_else(|| self.resumed_from.clone(), Text::from);
        let message = Input::Item(Item::Message(Message {
            name: Text::default(),
            data: event.data.into(),
            last_event_id,
        }));
        match event.retry {
            Some(millis) => {
                self.then = Some(message);
                Input::Item(Item::Retry(Duration::from_millis(millis)))
            }
            None => message,
        }
    }

    /// Why there is no more, or was none.
    fn failure(&mut self, error: Error) -> Input {
        let broken = |words: String| Input::Closed(CloseCause::Io(words.into()));
        match &error {
            Error::Eof | Error::UnexpectedEof => ended(),
            Error::Transport(failed) => match failed.inner().downcast_ref::<Failure>() {
                Some(Failure::Reported(input)) => input.clone(),
                Some(Failure::TooLarge(overflow)) => {
                    self.then = Some(broken(overflow.to_string()));
                    Input::Item(Item::Overflow(*overflow))
                }
                None => broken(failed.to_string()),
            },
            // A line that is not UTF-8, or a block of unknown fields only.
            _ => broken(format!("eventsource-client cannot read the stream: {error}")),
        }
    }
}

fn ended() -> Input {
    Input::Closed(CloseCause::Closed { code: None, reason: Text::default() })
}
