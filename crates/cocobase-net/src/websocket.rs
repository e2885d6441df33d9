//! tungstenite's messages and errors, as what a session is told.

use cocobase_proto::{CloseCause, Input, Text, rest};
use tungstenite::http::header::RETRY_AFTER;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

/// The largest message that is read: 16 MiB.
pub const MAX_MESSAGE: usize = 16 << 20;

/// A link reads pieces of 4 KiB: a program may hold thousands of watches, most of them idle.
pub const READ_BUFFER: usize = 4 << 10;

/// How every adapter sets its WebSockets up: small buffers, and bounded messages.
///
/// ```
/// use cocobase_net::websocket;
/// assert_eq!(websocket::config().max_message_size, Some(websocket::MAX_MESSAGE));
/// ```
#[must_use]
pub fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
}

/// What the session is told of the next thing that tungstenite read; `None` is the end.
///
/// ```
/// use cocobase_net::websocket;
/// use cocobase_proto::Input;
/// use tungstenite::Message;
///
/// assert_eq!(websocket::input(Some(Ok(Message::text("{}")))), Input::Text("{}".into()));
/// assert!(matches!(websocket::input(None), Input::Closed(_)));
/// ```
#[must_use]
pub fn input(read: Option<Result<Message, Error>>) -> Input {
    match read {
        Some(Ok(Message::Text(text))) => match Text::from_utf8(text.into()) {
            Ok(text) => Input::Text(text),
            Err(_) => Input::Binary,
        },
        Some(Ok(Message::Binary(_))) => Input::Binary,
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Input::Alive,
        Some(Ok(Message::Close(Some(frame)))) => Input::Closed(CloseCause::Closed {
            code: Some(frame.code.into()),
            reason: Text::from(frame.reason.as_str()),
        }),
        Some(Ok(Message::Close(None))) | None => Input::Closed(ENDED),
        Some(Err(error)) => Input::Closed(broken(&error)),
    }
}

const ENDED: CloseCause = CloseCause::Closed { code: None, reason: Text::from_static("") };

/// Why an open connection is over.
///
/// ```
/// use cocobase_proto::CloseCause;
/// use tungstenite::Error;
///
/// let error = Error::Io(std::io::Error::other("cable pulled"));
/// assert_eq!(cocobase_net::websocket::broken(&error), CloseCause::Io("cable pulled".into()));
/// ```
#[must_use]
pub fn broken(error: &Error) -> CloseCause {
    CloseCause::Io(words(error))
}

/// What the session is told of an upgrade that failed. The server was reached, or somebody on the way
/// was: an answer that makes no sense, or none, is a connection that broke.
///
/// ```
/// use cocobase_proto::Input;
/// use tungstenite::{Error, http::Response};
///
/// let answer = Response::builder().status(503).header("retry-after", "7").body(None).unwrap();
/// let Input::Refused { status, retry_after, .. } =
///     cocobase_net::websocket::failure(Error::Http(Box::new(answer)))
/// else { panic!() };
/// assert_eq!((status, retry_after.unwrap().as_secs()), (503, 7));
///
/// let reset = Error::Io(std::io::Error::other("reset"));
/// let broken = Input::Closed(cocobase_proto::CloseCause::Io("reset".into()));
/// assert_eq!(cocobase_net::websocket::failure(reset), broken);
/// ```
#[must_use]
pub fn failure(error: Error) -> Input {
    let Error::Http(answer) = error else {
        return Input::Closed(broken(&error));
    };
    let retry_after = answer.headers().get(RETRY_AFTER);
    let body = answer.body().as_deref().map(String::from_utf8_lossy);
    Input::Refused {
        status: answer.status().as_u16(),
        retry_after: retry_after.and_then(|value| rest::retry_after(value.to_str().ok()?)),
        body: body.map(|body| Text::from(body.into_owned())).unwrap_or_default(),
    }
}

/// What went wrong, without tungstenite's own label in front of what the system says.
fn words(error: &Error) -> Text {
    match error {
        Error::Io(error) => error.to_string().into(),
        error => error.to_string().into(),
    }
}
