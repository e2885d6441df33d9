//! Errors that retrying cannot mend, told apart from those that pass.

use core::fmt;

use crate::rest::error_message;
use crate::text::Text;
use crate::wire::{ErrorMessage, code};

/// The server said no, and would say it again: the session ends.
///
/// ```
/// use cocobase_proto::wire::ErrorMessage;
/// use cocobase_proto::{Refusal, RefusalKind};
///
/// let refusal = Refusal::of_message(&ErrorMessage::new("Invalid API key")).unwrap();
/// assert_eq!(refusal.kind, RefusalKind::Credentials);
///
/// // A time-out passes: the session tries again.
/// assert!(Refusal::of_message(&ErrorMessage::new("Authentication timeout")).is_none());
/// assert!(Refusal::of_status(503, "").is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What was refused.
    pub kind: RefusalKind,
    /// The server's own words.
    pub message: Text,
}

/// What a server refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The key or token is missing, wrong or not allowed here.
    Credentials,
    /// There is no such collection, or it is not for this key.
    Collection,
    /// There is no such room.
    Room,
    /// The room belongs to another project.
    ForeignRoom,
    /// The filter cannot be understood.
    Filter,
    /// The address is not that of a Cocobase realtime server, or the request makes no sense to it.
    Request,
}

/// The words of the errors and what they refuse. Compared without regard to ASCII case.
const WORDS: [(&str, RefusalKind); 13] = [
    (ErrorMessage::API_KEY_REQUIRED, RefusalKind::Credentials),
    (ErrorMessage::INVALID_API_KEY, RefusalKind::Credentials),
    (ErrorMessage::INVALID_TOKEN, RefusalKind::Credentials),
    (ErrorMessage::COLLECTION_NOT_FOUND, RefusalKind::Collection),
    (ErrorMessage::NO_COLLECTION, RefusalKind::Collection),
    (ErrorMessage::ROOM_NOT_FOUND, RefusalKind::Room),
    (ErrorMessage::FOREIGN_ROOM, RefusalKind::ForeignRoom),
    (ErrorMessage::INVALID_FILTERS, RefusalKind::Filter),
    (code::UNAUTHORIZED, RefusalKind::Credentials),
    (code::INVALID_COLLECTION, RefusalKind::Collection),
    (code::ROOM_NOT_FOUND, RefusalKind::Room),
    (code::FOREIGN_ROOM, RefusalKind::ForeignRoom),
    (code::INVALID_FILTERS, RefusalKind::Filter),
];

impl Refusal {
    /// The refusal in an error message, unless the error may pass.
    #[must_use]
    pub fn of_message(error: &ErrorMessage) -> Option<Self> {
        // The code is made for programs, so it is asked first.
        let said = [error.code.as_deref(), Some(&*error.message)];
        let kind_of = |said: &str| {
            let mut words = WORDS.iter();
            words.find(|(word, _)| said.eq_ignore_ascii_case(word)).map(|(_, kind)| *kind)
        };
        let kind = said.into_iter().flatten().find_map(kind_of)?;
        let message = match &error.detail {
            Some(_) => Text::from(alloc::string::ToString::to_string(error)),
            None => error.message.clone(),
        };
        Some(Self { kind, message })
    }

    /// The refusal in the HTTP status that answers an attempt to connect, unless it may pass.
    ///
    /// 401 and 403 refuse the credentials, 404 and other statuses that a repetition would get again
    /// (redirects among them) refuse the request; 408, 425, 429 and 5xx pass.
    #[must_use]
    pub fn of_status(status: u16, body: &str) -> Option<Self> {
        let kind = match status {
            401 | 403 => RefusalKind::Credentials,
            408 | 425 | 429 | 500..=599 => return None,
            _ => RefusalKind::Request,
        };
        Some(Self { kind, message: error_message(status, body).message })
    }

    /// The same for the request that opens a stream of events (surface S), where 404 refuses the
    /// collection.
    ///
    /// ```
    /// use cocobase_proto::{Refusal, RefusalKind};
    /// let refusal = Refusal::of_watch_status(404, "").unwrap();
    /// assert_eq!(refusal.kind, RefusalKind::Collection);
    /// ```
    #[must_use]
    pub fn of_watch_status(status: u16, body: &str) -> Option<Self> {
        let refusal = Self::of_status(status, body)?;
        let kind = if status == 404 { RefusalKind::Collection } else { refusal.kind };
        Some(Self { kind, ..refusal })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, next) = match self.kind {
            RefusalKind::Credentials => {
                ("the credentials", "check the API key or token and the server's address")
            }
            RefusalKind::Collection => ("the collection", "check its name and the key's rights"),
            RefusalKind::Room => ("the room", "check its name, or create it"),
            RefusalKind::ForeignRoom => ("the room", "choose another name"),
            RefusalKind::Filter => ("the filter", "correct it"),
            RefusalKind::Request => ("the request", "check the server's address"),
        };
        write!(f, "the server refused {what}: {}; {next}", self.message)
    }
}

impl core::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_refuse_or_pass() {
        for status in [401, 403] {
            assert_eq!(Refusal::of_status(status, "").unwrap().kind, RefusalKind::Credentials);
        }
        for status in [200, 301, 400, 404, 405, 426] {
            assert_eq!(Refusal::of_status(status, "").unwrap().kind, RefusalKind::Request);
        }
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(Refusal::of_status(status, ""), None);
        }
    }

    #[test]
    fn documented_errors_refuse_or_pass() {
        for (word, kind) in WORDS {
            for said in [word.into(), word.to_ascii_lowercase()] {
                let refusal = Refusal::of_message(&ErrorMessage::new(said)).unwrap();
                assert_eq!(refusal.kind, kind);
            }
        }
        for passing in
            [ErrorMessage::AUTHENTICATION_TIMEOUT, "Rate limit exceeded", "unspecified error"]
        {
            assert_eq!(Refusal::of_message(&ErrorMessage::new(passing)), None);
        }
    }
}
