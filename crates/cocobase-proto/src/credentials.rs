//! What a client proves itself with.

use alloc::string::String;
use core::fmt;

/// A string that never shows itself: its `Debug` is `Secret(..)` and it has no `Display`.
///
/// ```
/// use cocobase_proto::Secret;
/// let key = Secret::from("coco_live_1234");
/// assert_eq!(format!("{key:?}"), "Secret(..)");
/// assert_eq!(key.expose(), "coco_live_1234");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself, for the one place that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// An API key of a project, or a token (JWT) of one of its users.
///
/// ```
/// use cocobase_proto::Credentials;
/// let credentials = Credentials::ApiKey("coco_live_1234".into());
/// assert_eq!(format!("{credentials:?}"), "ApiKey(Secret(..))");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credentials {
    /// The project's API key: `api_key` in a hello, `x-api-key` in a request.
    ApiKey(Secret),
    /// A user's token: `token` in a hello, `Authorization: Bearer …` in a request.
    Token(Secret),
}

impl Credentials {
    /// The key or the token, whichever this is.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        match self {
            Self::ApiKey(secret) | Self::Token(secret) => secret,
        }
    }
}
