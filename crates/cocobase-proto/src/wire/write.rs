//! Writing JSON piece by piece into a string.

use alloc::string::String;
use core::fmt::Write;

/// An object under construction at the end of `out`.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut String,
    is_empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(crate) fn new(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, is_empty: true }
    }

    pub(crate) fn string(&mut self, key: &str, value: &str) -> &mut Self {
        push_string(self.key(key), value);
        self
    }

    pub(crate) fn number(&mut self, key: &str, value: u64) -> &mut Self {
        // Writing into a string cannot fail.
        let _ = write!(self.key(key), "{value}");
        self
    }

    /// A member whose value is JSON already.
    pub(crate) fn json(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).push_str(value);
        self
    }

    /// Starts a member; its value is to be pushed onto the answer.
    pub(crate) fn key(&mut self, key: &str) -> &mut String {
        if !self.is_empty {
            self.out.push(',');
        }
        self.is_empty = false;
        push_key(self.out, key);
        self.out
    }

    pub(crate) fn end(&mut self) {
        self.out.push('}');
    }
}

pub(crate) fn push_key(out: &mut String, key: &str) {
    push_string(out, key);
    out.push(':');
}

pub(crate) fn push_string(out: &mut String, text: &str) {
    // A string always has a JSON form.
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
