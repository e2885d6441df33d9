//! List queries: a filter, an order and a page.

use alloc::string::String;

use crate::filter::{Filter, FilterError};

/// What `GET /collections/{name}/documents` asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQuery {
    /// Which documents.
    pub filter: Filter,
    /// The field to sort by; without it, documents come in the order of their creation.
    pub sort: Option<String>,
    /// The direction of `sort`.
    pub order: Order,
    /// At most so many documents.
    pub limit: Option<u64>,
    /// Leave out so many at the start.
    pub offset: u64,
}

/// The direction of a sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    Ascending,
    /// Largest first, the default of the wire.
    #[default]
    Descending,
}

impl ListQuery {
    /// Reads a URL's query string (without `?`).
    pub fn from_query(_query: &str) -> Result<Self, FilterError> {
        Err(FilterError {})
    }
    /// Writes a URL's query string (without `?`).
    pub fn to_query(&self) -> Result<String, FilterError> {
        Err(FilterError {})
    }
}
