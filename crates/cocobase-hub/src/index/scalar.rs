//! What equality compares, and the nodes that are found by it.

use alloc::borrow::Cow;
use alloc::boxed::Box;

use cocobase_proto::filter::read_number;
use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde_json::Value;

use super::node::Node;
use super::point;

/// One key for everything that may be equal.
///
/// An operand is a number when its text reads as one, else a text, `true` and `false` among them; a
/// value likewise. So an operand stands under one key, whatever the type of the field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar<'a> {
    Number(u128),
    Text(Cow<'a, str>),
}

impl<'a> Scalar<'a> {
    pub(super) fn of_text(text: Cow<'a, str>) -> Self {
        match read_number(&text).as_ref().and_then(point::number) {
            Some(number) => Self::Number(number),
            None => Self::Text(text),
        }
    }

    /// A value's key, and whether all operands under this key equal the value. They may not when it
    /// is a text that reads as a number: `"05"` and `5` share a key, and are not equal.
    pub(super) fn of_value(value: &'a Value) -> Option<(Self, bool)> {
        match value {
            Value::Number(number) => Some((Self::Number(point::number(number)?), true)),
            Value::Bool(true) => Some((Self::Text("true".into()), true)),
            Value::Bool(false) => Some((Self::Text("false".into()), true)),
            Value::String(text) => {
                let scalar = Self::of_text(text.into());
                let exact = matches!(scalar, Self::Text(_));
                Some((scalar, exact))
            }
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    pub(super) fn is_boolean(&self) -> bool {
        matches!(self, Self::Text(text) if text == "true" || text == "false")
    }
}

/// The nodes of equality, by hash. The hasher's seed is fixed, so that runs repeat.
#[derive(Debug, Default)]
pub(super) struct Equals {
    numbers: HashMap<u128, Node, FixedState>,
    texts: HashMap<Box<str>, Node, FixedState>,
}

impl Equals {
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.texts.is_empty()
    }

    pub(super) fn find(&self, scalar: &Scalar<'_>) -> Option<&Node> {
        match scalar {
            Scalar::Number(number) => self.numbers.get(number),
            Scalar::Text(text) => self.texts.get(&**text),
        }
    }

    pub(super) fn node(&mut self, scalar: &Scalar<'_>) -> &mut Node {
        match scalar {
            Scalar::Number(number) => self.numbers.entry(*number).or_default(),
            Scalar::Text(text) => self.texts.entry((&**text).into()).or_default(),
        }
    }

    /// Lets `edit` empty the node, which is then dropped.
    pub(super) fn remove(&mut self, scalar: &Scalar<'_>, edit: impl FnOnce(&mut Node)) {
        let Some(node) = (match scalar {
            Scalar::Number(number) => self.numbers.get_mut(number),
            Scalar::Text(text) => self.texts.get_mut(&**text),
        }) else {
            return;
        };
        edit(node);
        if node.is_empty() {
            match scalar {
                Scalar::Number(number) => self.numbers.remove(number),
                Scalar::Text(text) => self.texts.remove(&**text),
            };
        }
    }
}
