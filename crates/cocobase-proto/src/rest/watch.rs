//! The request for a collection's events (surface S).

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;

use super::{EVENT_STREAM, Method, Request, header, with_query};
use crate::endpoint::path_segment;
use crate::filter::{Filter, FilterError};

/// What the query string of surface S asks for.
///
/// `greeting` and `snapshot` are ours. A client that knows nothing of them gets the stream of
/// changes and nothing else.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::rest::WatchQuery;
///
/// let query = WatchQuery {
///     filter: Filter::new().eq("status", "published"),
///     greeting: true,
///     snapshot: false,
/// };
/// let text = query.to_query().unwrap();
/// assert_eq!(text, "filters=%7B%22status%22%3A%22published%22%7D&greeting=true");
/// assert_eq!(WatchQuery::from_query(&text).unwrap(), query);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WatchQuery {
    /// Which documents matter; the empty filter stands for all.
    pub filter: Filter,
    /// Send a greeting once events flow.
    pub greeting: bool,
    /// Send first the documents that match now, unless the stream can be resumed; then a greeting.
    pub snapshot: bool,
}

const FILTERS: &str = "filters";
const GREETING: &str = "greeting";
const SNAPSHOT: &str = "snapshot";

impl WatchQuery {
    /// Writes a URL's query string (without `?`).
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn to_query(&self) -> Result<String, FilterError> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !self.filter.is_empty() {
            query.append_pair(FILTERS, &self.filter.to_json()?);
        }
        for (key, is_wanted) in [(GREETING, self.greeting), (SNAPSHOT, self.snapshot)] {
            if is_wanted {
                query.append_pair(key, "true");
            }
        }
        Ok(query.finish())
    }

    /// Reads a URL's query string (without `?`). Of a key that stands twice, the first counts.
    ///
    /// # Errors
    ///
    /// When the filter cannot be read.
    pub fn from_query(query: &str) -> Result<Self, FilterError> {
        let is_true = |key| find(query, key).is_some_and(|value| value == "true");
        let filter = match Self::written_filter(query) {
            Some(filters) => Filter::from_json(&filters)?,
            None => Filter::new(),
        };
        Ok(Self { filter, greeting: is_true(GREETING), snapshot: is_true(SNAPSHOT) })
    }

    /// The filter in a query string as the client wrote it: what a greeting echoes.
    ///
    /// ```
    /// use cocobase_proto::rest::WatchQuery;
    /// let query = "filters=%7B%22age_gte%22%3A%2218%22%7D";
    /// assert_eq!(WatchQuery::written_filter(query).unwrap(), r#"{"age_gte":"18"}"#);
    /// ```
    #[must_use]
    pub fn written_filter(query: &str) -> Option<String> {
        let filters = find(query, FILTERS)?;
        (!matches!(&*filters, "" | "null")).then(|| filters.into_owned())
    }
}

fn find<'a>(query: &'a str, key: &str) -> Option<Cow<'a, str>> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == key).map(|(_, value)| value)
}

impl Request {
    /// Asks for the stream of a collection's events (surface S). Its credentials go into
    /// [`bearer_header`](super::bearer_header).
    ///
    /// `last_event_id` is the id of the last event of a stream that broke off, if there was one.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    ///
    /// ```
    /// use cocobase_proto::rest::{Request, WatchQuery};
    ///
    /// let request = Request::watch("posts", &WatchQuery::default(), Some("e1:41")).unwrap();
    /// assert_eq!(request.path, "/realtime/sse/posts");
    /// assert_eq!(request.headers, [
    ///     ("accept", "text/event-stream".to_owned()),
    ///     ("last-event-id", "e1:41".to_owned()),
    /// ]);
    /// ```
    pub fn watch(
        collection: &str,
        query: &WatchQuery,
        last_event_id: Option<&str>,
    ) -> Result<Self, FilterError> {
        let path = format!("/realtime/sse/{}", path_segment(collection));
        let mut headers = vec![(header::ACCEPT, EVENT_STREAM.to_string())];
        headers.extend(last_event_id.map(|id| (header::LAST_EVENT_ID, id.to_string())));
        let path = with_query(path, &query.to_query()?);
        Ok(Self { headers, ..Self::new(Method::Get, path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_without_our_keys_asks_for_changes_alone() {
        for (query, clauses, greeting, snapshot) in [
            ("", 0, false, false),
            ("filters=", 0, false, false),
            ("filters=null", 0, false, false),
            ("filters=%7B%7D&greeting=1", 0, false, false),
            ("snapshot=true&x=y&filters={%22a%22:1}", 1, false, true),
            ("greeting=true&greeting=false", 0, true, false),
        ] {
            let read = WatchQuery::from_query(query).unwrap();
            assert_eq!(read.filter.clauses().len(), clauses, "{query}");
            assert_eq!((read.greeting, read.snapshot), (greeting, snapshot), "{query}");
        }
        assert!(WatchQuery::from_query("filters=status").is_err());
    }
}
