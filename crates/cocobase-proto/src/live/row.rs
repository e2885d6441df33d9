//! One document of a view, with its place in the order.

use alloc::string::String;
use core::cmp::Ordering;

use serde_json::{Map, Value};

use crate::document::Document;
use crate::filter::Matcher;
use crate::query::{Order, SortKey, Sorting, field};
use crate::text::Text;
use crate::wire::keys;

#[derive(Debug)]
pub(super) struct Row {
    pub(super) id: Text,
    pub(super) document: Document,
    /// The value that the view is sorted by, if it is sorted by one.
    key: Option<SortKey>,
    created_at: Option<Text>,
}

impl Row {
    /// The row of this document, if it fits the filter. `former` is what was known of it: an event
    /// may leave the time of creation out.
    pub(super) fn read(
        document: &Document,
        matcher: &Matcher,
        sorting: Sorting<'_>,
        former: Option<&Self>,
    ) -> Option<Self> {
        let id = document.id()?;
        let view = document.to_map().ok().filter(|view| matcher.matches(view))?;
        let key = match sorting {
            Sorting::Creation(_) => None,
            Sorting::Field(name, _) => Some(SortKey::new(field(&view, name))),
        };
        let own = |text: Text| Text::from(text.as_str());
        let created_at = document
            .created_at()
            .map(own)
            .or_else(|| former.and_then(|row| row.created_at.clone()));
        // A slice would keep the whole frame, or a whole list, in memory for as long as it lives.
        let document = Document::new(own(document.json().clone()));
        Some(Self { id: own(id), document, key, created_at })
    }

    pub(super) fn compare(&self, other: &Self, sorting: Sorting<'_>) -> Ordering {
        match sorting {
            Sorting::Creation(Order::Ascending) => self.by_creation(other),
            Sorting::Creation(Order::Descending) => other.by_creation(self),
            Sorting::Field(_, order) => {
                let by_key = match (&self.key, &other.key) {
                    (Some(key), Some(other)) => key.compare(other, order),
                    _ => Ordering::Equal,
                };
                by_key.then_with(|| self.by_creation(other))
            }
        }
    }

    /// What does not say when it was created counts as new.
    fn by_creation(&self, other: &Self) -> Ordering {
        let by_time = match (&self.created_at, &other.created_at) {
            (Some(time), Some(other)) => time.cmp(other),
            (time, other) => other.is_some().cmp(&time.is_some()),
        };
        by_time.then_with(|| self.id.cmp(&other.id))
    }

    /// Whether both show the same document, however it was written. A time that one of them leaves
    /// out makes no difference.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        if self.document == other.document {
            return true;
        }
        let (Ok(mut mine), Ok(mut theirs)) = (self.document.to_map(), other.document.to_map())
        else {
            return false;
        };
        for time in [keys::CREATED_AT, keys::UPDATED_AT] {
            let is_known =
                |view: &Map<String, Value>| view.get(time).is_some_and(|at| !at.is_null());
            if !is_known(&mine) || !is_known(&theirs) {
                mine.remove(time);
                theirs.remove(time);
            }
        }
        mine == theirs
    }
}
