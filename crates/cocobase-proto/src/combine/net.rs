//! The net effect of several changes of one document.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::value::RawValue;

use crate::session::Event;
use crate::text::Text;

/// The changes of one document in a window.
#[derive(Debug, Clone)]
pub(super) struct Net<D> {
    /// The first change created the document.
    is_new: bool,
    is_merged: bool,
    last: Event<D>,
    /// What each change said of the former values, the oldest first; `None` once one did not say.
    former: Option<Vec<Text>>,
}

impl<D> Net<D> {
    pub(super) fn new(event: Event<D>) -> Self {
        let is_new = matches!(event, Event::Created(_));
        let former = former_values(&event).map(|old| [old].into());
        Self { is_new, is_merged: false, last: event, former }
    }

    pub(super) fn merge(&mut self, next: Event<D>) {
        match (&mut self.former, former_values(&next)) {
            (Some(former), Some(old)) => former.push(old),
            (former, _) => *former = None,
        }
        self.last = next;
        self.is_merged = true;
    }

    pub(super) fn event(self, forgets_short_lived: bool) -> Option<Event<D>> {
        let Self { is_new, is_merged, last, former } = self;
        match last {
            last if !is_merged => Some(last),
            Event::Created(mut change) | Event::Updated(mut change) => {
                if is_new {
                    change.old = None;
                    Some(Event::Created(change))
                } else {
                    change.old = former.and_then(|former| oldest(&former));
                    Some(Event::Updated(change))
                }
            }
            _ if is_new && forgets_short_lived => None,
            last => Some(last),
        }
    }
}

fn former_values<D>(event: &Event<D>) -> Option<Text> {
    match event {
        Event::Updated(change) => change.old.clone(),
        _ => None,
    }
}

/// One JSON object with the oldest of the former values of each field. `None` if one of the texts is
/// no object: a part of the truth would show later values as the first.
fn oldest(former: &[Text]) -> Option<Text> {
    let mut values: BTreeMap<String, &RawValue> = BTreeMap::new();
    for text in former.iter().rev() {
        values.extend(serde_json::from_str::<BTreeMap<String, &RawValue>>(text).ok()?);
    }
    serde_json::to_string(&values).ok().map(Text::from)
}
