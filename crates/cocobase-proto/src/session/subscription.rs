//! What a session is about, and by what right.

use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::text::Text;

/// Which documents of which collection a session is about.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::{Subscription, SubscriptionError};
///
/// assert!(Subscription::new("users", Filter::new()).is_ok());
/// assert_eq!(Subscription::new("", Filter::new()).unwrap_err(), SubscriptionError::NoCollection);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    pub(super) collection: Text,
    pub(super) filter: Filter,
}

/// Why a subscription is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The collection's name is empty.
    #[error("the collection's name is empty")]
    NoCollection,
    /// The filter has no wire form.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl Subscription {
    /// The documents of `collection` that fit `filter`.
    ///
    /// # Errors
    ///
    /// When the name is empty or the filter has no wire form.
    pub fn new(collection: &str, filter: Filter) -> Result<Self, SubscriptionError> {
        if collection.is_empty() {
            return Err(SubscriptionError::NoCollection);
        }
        filter.to_json()?;
        Ok(Self { collection: collection.into(), filter })
    }
}

/// Where a session gets its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// They are given.
    Fixed(Credentials),
    /// The user's provider is asked before every connection, with [`Event::CredentialsNeeded`](super::Event::CredentialsNeeded), and
    /// once more when the server refuses what it gave.
    Ask,
}
