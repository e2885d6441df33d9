//! What can go wrong with a call.

use cocobase_proto::filter::FilterError;
use cocobase_proto::{
    BaseUrlError, CommandError, ErrorMessage, JsonError, Refusal, SubscriptionError, Unpublished,
    rest,
};

/// Why a call failed. Faults of a running watch are no errors: they come as events.
///
/// ```
/// # use cocobase_driver::Error;
/// fn advice(error: &Error) -> &'static str {
///     match error {
///         Error::Refused(_) => "check the key",
///         error if error.is_passing() => "try again",
///         _ => "correct the call",
///     }
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server's address cannot be used.
    #[error(transparent)]
    Address(#[from] BaseUrlError),
    /// The credentials would travel unencrypted.
    #[error(
        "the key would be sent unencrypted to another machine; use https:// or wss://, or allow it \
         with `allow_insecure()`"
    )]
    Insecure,
    /// Neither key nor token nor provider was given.
    #[error("no credentials: give an API key, a token or a token provider")]
    NoCredentials,
    /// The subscription is impossible.
    #[error(transparent)]
    Subscription(#[from] SubscriptionError),
    /// The filter has no wire form.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// The server refused, and would do so again.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The server answered a request with an error.
    #[error("{message} (HTTP status {status})")]
    Status {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: Box<ErrorMessage>,
    },
    /// The request did not get through, or the answer did not come back.
    #[error("no answer from the server: {0}")]
    Transport(String),
    /// What was to be sent has no JSON form, or what came does not fit.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The message was not published; it comes back with the reason.
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
    /// The command makes no sense to the connection as it is.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The provider gave no credentials.
    #[error("no credentials: {0}")]
    Provider(String),
    /// The runtime cannot make connections here.
    #[error("cannot set up connections: {0}")]
    Runtime(String),
}

impl Error {
    /// Whether the same call may succeed later: the server is busy or out of reach.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Status { status, .. } => rest::may_pass(*status),
            Self::Transport(_) | Self::Provider(_) => true,
            _ => false,
        }
    }
}
