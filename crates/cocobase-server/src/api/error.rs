//! Answers that say what is wrong: `{"error":true,"message":…}`.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cocobase_proto::wire::{ErrorMessage, Surface};

use super::answer;
use crate::log::LogError;

/// A request that is not done: its status, and a sentence that says why and what to do.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    message: String,
    header: Option<(HeaderName, HeaderValue)>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), header: None }
    }

    /// The request cannot be read.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The request can be read, and asks for something that cannot be.
    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// The address is there, but not for plain HTTP.
    pub(crate) fn upgrade_required(message: &str) -> Self {
        let header = Some((header::UPGRADE, HeaderValue::from_static("websocket")));
        Self { header, ..Self::new(StatusCode::UPGRADE_REQUIRED, message) }
    }

    /// The server is on its way out.
    pub(crate) fn stopping() -> Self {
        LogError::Closed.into()
    }

    /// No more connections at the moment.
    pub(crate) fn overloaded() -> Self {
        let header = Some((header::RETRY_AFTER, HeaderValue::from_static("1")));
        let message = "the server has no room for another connection: try again later";
        Self { header, ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    pub(crate) fn unauthorized(message: &str) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        let header = Some((header::WWW_AUTHENTICATE, challenge));
        Self { header, ..Self::new(StatusCode::UNAUTHORIZED, message) }
    }
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        let status = match &error {
            LogError::NotFound { .. } => StatusCode::NOT_FOUND,
            LogError::Exists { .. } | LogError::Conflict { .. } | LogError::AnswerGone => {
                StatusCode::CONFLICT
            }
            LogError::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            LogError::Fields { .. }
            | LogError::KeyReused { .. }
            | LogError::AnswerTooLarge { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            LogError::TooManyCollections { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            LogError::Full => StatusCode::INSUFFICIENT_STORAGE,
            LogError::Engine(_) => StatusCode::INTERNAL_SERVER_ERROR,
            LogError::Closed => StatusCode::SERVICE_UNAVAILABLE,
        };
        // What exactly the engine said is for the operator, who finds it in the server's log.
        let message = match &error {
            LogError::Engine(reason) => {
                tracing::error!(reason, "storage failed");
                "the server's storage failed: try again, or look into the server's log".into()
            }
            _ => error.to_string(),
        };
        let retry = matches!(error, LogError::Closed);
        let header = retry.then(|| (header::RETRY_AFTER, HeaderValue::from_static("1")));
        Self { status, message, header }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        tracing::debug!(status = self.status.as_u16(), message = self.message, "request refused");
        let body = ErrorMessage::new(self.message).encode(Surface::Documents);
        let mut response = answer::json(self.status, body);
        if let Some((name, value)) = self.header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_of_the_log_has_its_status() {
        let id = || "1".into();
        let table = [
            (LogError::NotFound { id: id() }, 404, "Document not found"),
            (LogError::Exists { id: id() }, 409, "exists already"),
            (LogError::Conflict { id: id(), expected: 1, actual: 2 }, 409, "at version 2, not 1"),
            (LogError::AnswerGone, 409, "no longer in the history"),
            (LogError::TooLarge { id: id(), bytes: 2, limit: 1 }, 413, "at most 1"),
            (LogError::KeyReused { what: "x" }, 422, "another write (x)"),
            (LogError::TooManyCollections { limit: 1 }, 422, "1 collections already"),
            (LogError::Full, 507, "storage is full"),
            (LogError::Engine("at /some/path".into()), 500, "storage failed: try again"),
            (LogError::Closed, 503, "shutting down"),
        ];
        for (error, status, message) in table {
            let error = ApiError::from(error);
            assert!(error.message.contains(message), "{error:?}");
            assert_eq!(error.header.is_some(), status == 503);
            assert_eq!(error.into_response().status().as_u16(), status);
        }
    }
}
