//! List queries: a filter, an order and a page.

mod order;

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use form_urlencoded::Serializer;

use crate::filter::{self, Filter, FilterError};

pub use order::{SortKey, Sorting, field};

const SORT: &str = "sort";
const ORDER: &str = "order";
const LIMIT: &str = "limit";
const OFFSET: &str = "offset";
const UNSUPPORTED: [&str; 2] = ["populate", "select"];
const CREDENTIALS: [&str; 2] = ["api_key", "token"];

/// What `GET /collections/{name}/documents` asks for.
///
/// A query string carries the filter's [pairs](Filter::to_pairs) and, beside them, `sort`, `order`,
/// `limit` and `offset`. Those names, and `populate`, `select`, `api_key` and `token`, are never
/// fields of the filter; a field of such a name is asked for as `limit_eq`, which
/// [`ListQuery::to_query`] does by itself.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::query::{ListQuery, Order};
///
/// let query = ListQuery::from_query("mag_gte=4.5&sort=time&order=asc&limit=10")?;
/// assert_eq!(query.sort.as_deref(), Some("time"));
/// assert_eq!(query.order, Order::Ascending);
/// assert_eq!(query.limit, Some(10));
/// assert_eq!(query.to_query()?, "mag_gte=4.5&sort=time&order=asc&limit=10");
///
/// let seats = ListQuery { filter: Filter::new().eq("limit", 4), ..ListQuery::default() };
/// assert_eq!(seats.to_query()?, "limit_eq=4");
/// # Ok::<(), cocobase_proto::filter::FilterError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
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

/// The direction of a sort. See [`ListQuery`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// Smallest first: `asc`.
    Ascending,
    /// Largest first, the default of the wire: `desc`.
    #[default]
    Descending,
}

impl ListQuery {
    /// Reads a URL's query string (without `?`).
    ///
    /// An empty `sort`, `order`, `populate` or `select` is as good as none, and credentials are
    /// passed over.
    ///
    /// # Errors
    ///
    /// When the filter cannot be read, a key is given twice with different values, a number or
    /// the order is malformed, or `populate` or `select` ask for something.
    ///
    /// ```
    /// use cocobase_proto::query::ListQuery;
    ///
    /// let error = ListQuery::from_query("limit=abc").unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the parameter `limit` is `abc`, but takes a whole number of at least 0"
    /// );
    /// ```
    pub fn from_query(query: &str) -> Result<Self, FilterError> {
        let mut result = Self::default();
        let mut page: BTreeMap<&'static str, Cow<'_, str>> = BTreeMap::new();
        let mut conditions: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if CREDENTIALS.contains(&&*key) {
                continue;
            }
            if let Some(name) = UNSUPPORTED.into_iter().find(|name| *name == key) {
                if value.is_empty() {
                    continue;
                }
                return Err(FilterError::Unsupported { name });
            }
            let Some(name) = [SORT, ORDER, LIMIT, OFFSET].into_iter().find(|name| *name == key)
            else {
                conditions.push((key, value));
                continue;
            };
            match page.get(name) {
                Some(same) if *same != value => {
                    return Err(FilterError::RepeatedKey { key: name.into() });
                }
                _ => page.insert(name, value),
            };
        }
        result.filter = Filter::from_pairs(conditions)?;
        for (name, value) in page {
            match name {
                SORT if value.is_empty() => {}
                SORT => result.sort = Some(sort_field(&value)?.to_string()),
                ORDER => result.order = Order::read(&value)?,
                LIMIT => result.limit = Some(page_number(LIMIT, &value)?),
                _ => result.offset = page_number(OFFSET, &value)?,
            }
        }
        Ok(result)
    }

    /// Writes a URL's query string (without `?`).
    ///
    /// # Errors
    ///
    /// When the filter has no wire form (see [`Filter::check`]), or `sort` is no field name.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    /// use cocobase_proto::query::ListQuery;
    ///
    /// let query = ListQuery {
    ///     filter: Filter::new().contains("place", "New Zealand"),
    ///     limit: Some(20),
    ///     ..ListQuery::default()
    /// };
    /// assert_eq!(query.to_query()?, "place_contains=New+Zealand&limit=20");
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    pub fn to_query(&self) -> Result<String, FilterError> {
        let mut query = Serializer::new(String::new());
        for (key, value) in self.filter.to_pairs()? {
            // A reserved name can only be a plain key, and so one that means `eq`.
            let suffix = if is_reserved(&key) { "_eq" } else { "" };
            query.append_pair(&(key + suffix), &value);
        }
        if let Some(field) = &self.sort {
            query.append_pair(SORT, sort_field(field)?);
        }
        if self.sort.is_some() || self.order != Order::default() {
            query.append_pair(ORDER, self.order.as_str());
        }
        if let Some(limit) = self.limit {
            query.append_pair(LIMIT, &limit.to_string());
        }
        if self.offset != 0 {
            query.append_pair(OFFSET, &self.offset.to_string());
        }
        Ok(query.finish())
    }
}

impl Order {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ascending => "asc",
            Self::Descending => "desc",
        }
    }

    fn read(text: &str) -> Result<Self, FilterError> {
        match text {
            "asc" => Ok(Self::Ascending),
            "desc" | "" => Ok(Self::Descending),
            _ => Err(FilterError::Order { value: text.into() }),
        }
    }
}

fn is_reserved(key: &str) -> bool {
    [SORT, ORDER, LIMIT, OFFSET].contains(&key)
        || UNSUPPORTED.contains(&key)
        || CREDENTIALS.contains(&key)
}

fn sort_field(field: &str) -> Result<&str, FilterError> {
    filter::check_field(field).map(|()| field)
}

fn page_number(name: &'static str, text: &str) -> Result<u64, FilterError> {
    // A plus sign, which Rust reads, is no part of a page number.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| FilterError::PageNumber { name, value: text.into() })
}
