//! Changes that are worded like those before them.

use alloc::string::String;
use alloc::vec::Vec;

use crate::ChangeKind;
use crate::document::{Document, Shape};
use crate::json::has_plain_text;
use crate::text::Text;

use super::{Change, ServerMessage};

/// What the changes of one server begin with, up to their documents.
///
/// A server writes the same again and again. So the beginning is compared and not read, and only the
/// document and what stands behind it are. Whatever does not fit is read as ever: [`read`](Self::read)
/// says nothing that [`ServerMessage::decode`] would not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Templates {
    /// At most one for created and one for updated documents.
    known: Vec<Template>,
    /// How many were tried. A server that never words a change like the last one is not for this.
    tried: u8,
}

#[derive(Debug, Clone)]
struct Template {
    kind: ChangeKind,
    beginning: String,
    collection: Option<Text>,
    shape: Shape,
}

const MAX_TRIED: u8 = 16;
const MAX_BEGINNING: usize = 512;

impl Templates {
    /// Reads a change that begins like one before it. `read_document` is called with what begins with
    /// the document, an object, and the shape of that one's; it answers with what stands behind it.
    #[inline]
    pub(crate) fn read<'a>(
        &self,
        text: &'a Text,
        read_document: impl FnOnce(&'a str, Shape) -> Option<&'a str>,
    ) -> Option<ServerMessage> {
        let begins = |template: &&Template| text.starts_with(template.beginning.as_str());
        let template = self.known.iter().find(begins)?;
        let at_document = text.get(template.beginning.len()..)?;
        if !at_document.starts_with('{') || !has_plain_text(at_document) {
            return None;
        }
        let rest = read_document(at_document, template.shape)?;
        let seq = match rest {
            "}" => None,
            _ => Some(number(rest.strip_prefix(r#","seq":"#)?.strip_suffix('}')?)?),
        };
        let document = at_document.get(..at_document.len() - rest.len())?;
        let document = Document::new(text.slice_of(document));
        let change = Change { collection: template.collection.clone(), document, old: None, seq };
        Some(match template.kind {
            ChangeKind::Created => ServerMessage::Created(change),
            _ => ServerMessage::Updated(change),
        })
    }

    /// Remembers how this message begins, if it is a change.
    pub(crate) fn learn(&mut self, text: &Text, message: &ServerMessage) {
        let (kind, change) = match message {
            ServerMessage::Created(change) => (ChangeKind::Created, change),
            ServerMessage::Updated(change) => (ChangeKind::Updated, change),
            _ => return,
        };
        let is_known = self.known.iter().any(|known| text.starts_with(known.beginning.as_str()));
        if is_known || self.tried == MAX_TRIED {
            return;
        }
        self.tried += 1;
        if let Some(template) = Template::of(text, kind, change) {
            self.known.retain(|known| known.kind != kind);
            self.known.push(template);
        }
    }
}

impl Template {
    fn of(text: &Text, kind: ChangeKind, change: &Change) -> Option<Self> {
        let document = change.document.json().as_ptr().addr();
        let beginning = text.get(..document.checked_sub(text.as_ptr().addr())?)?;
        if beginning.len() > MAX_BEGINNING || !has_plain_text(beginning) {
            return None;
        }
        let collection = change.collection.as_deref().map(Text::from);
        let shape = change.document.shape();
        let template = Self { kind, beginning: beginning.into(), collection, shape };
        let is_right =
            template.is_right("{}}", None) && template.is_right(r#"{},"seq":7}"#, Some(7));
        is_right.then_some(template)
    }

    /// Whether a message with this beginning and end is the change that it is to be.
    fn is_right(&self, end: &str, seq: Option<u64>) -> bool {
        let collection = self.collection.clone();
        let document = Document::new(Text::from_static("{}"));
        let change = Change { collection, document, old: None, seq };
        let message = match self.kind {
            ChangeKind::Created => ServerMessage::Created(change),
            _ => ServerMessage::Updated(change),
        };
        let text = [&*self.beginning, end].concat();
        ServerMessage::decode(&text.into()) == Ok(message)
    }
}

/// A whole number as JSON has it.
fn number(digits: &str) -> Option<u64> {
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits.len() == 1 || !digits.starts_with('0'));
    is_number.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::behind_value;

    const FIRST: &str = r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":7}"#;

    fn taught(first: &str) -> Templates {
        let mut templates = Templates::default();
        let first = Text::from(first);
        templates.learn(&first, &ServerMessage::decode(&first).unwrap());
        templates
    }

    #[test]
    fn what_begins_alike_reads_alike() {
        let templates = taught(FIRST);
        for end in [
            r#"{"id":"2"}}"#,
            r#"{},"seq":0}"#,
            r#"{"id":"2","data":{"a":[1,{}]}},"seq":18446744073709551615}"#,
        ] {
            let text = Text::from(alloc::format!(
                r#"{{"event":"create","collection_id":"a","data":{end}"#
            ));
            let message = templates.read(&text, |at, _| behind_value(at));
            assert_eq!(message, Some(ServerMessage::decode(&text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_odd_is_left() {
        let templates = taught(FIRST);
        for text in [
            r#"{"event":"update","collection_id":"a","data":{"id":"1"},"seq":7}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":07}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":7}}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":18446744073709551616}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"seq":7.0}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"old_data":{},"seq":7}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"},"data":{}}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"\n"},"seq":7}"#,
            r#"{"event":"create","collection_id":"a","data":[],"seq":7}"#,
            r#"{"event":"create","collection_id":"a","data":{"id":"1"} }"#,
            r#"{"event":"create","collection_id":"a","data":"#,
            "",
        ] {
            assert_eq!(templates.read(&text.into(), |at, _| behind_value(at)), None, "{text}");
        }
    }

    #[test]
    fn a_beginning_that_says_more_is_not_learned() {
        for first in [
            r#"{"event":"create","seq":7,"data":{"id":"1"}}"#,
            r#"{"event":"create","old_data":{},"data":{"id":"1"}}"#,
            r#"{"data":{"id":"1"},"event":"create"}"#,
            r#"{"event":"delete","data":{"id":"1"}}"#,
            "{\"event\":\"create\",\n\"data\":{\"id\":\"1\"}}",
        ] {
            assert!(taught(first).known.is_empty(), "{first}");
        }
    }

    #[test]
    fn a_server_that_words_all_differently_is_given_up() {
        let mut templates = Templates::default();
        for n in 0..100 {
            let text = Text::from(alloc::format!(r#"{{"n":{n},"event":"create","data":{{}}}}"#));
            templates.learn(&text, &ServerMessage::decode(&text).unwrap());
        }
        assert_eq!((templates.known.len(), templates.tried), (1, MAX_TRIED));
    }
}
