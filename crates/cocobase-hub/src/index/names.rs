//! The fields that filters ask for, numbered.

use alloc::boxed::Box;
use alloc::vec::Vec;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

/// The number of a field's name.
pub(super) type FieldId = u32;

/// Dots in a name that the index follows. Each costs memory in the order of the name's length.
const MAX_DOTS: usize = 8;

/// Whether the index leaves this field to the matcher.
pub(super) fn is_too_deep(field: &str) -> bool {
    field.bytes().filter(|byte| *byte == b'.').count() > MAX_DOTS
}

/// The names of fields, each numbered for as long as a filter uses it.
#[derive(Debug, Default)]
pub(super) struct Names {
    fields: HashMap<Box<str>, Name, FixedState>,
    /// What stands before a dot of a name, and how often.
    heads: HashMap<Box<str>, usize, FixedState>,
    free: Vec<FieldId>,
}

#[derive(Debug)]
struct Name {
    id: FieldId,
    uses: usize,
}

impl Names {
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.heads.is_empty()
    }

    pub(super) fn id(&self, field: &str) -> Option<FieldId> {
        self.fields.get(field).map(|name| name.id)
    }

    /// Whether a field lies in the object at this path.
    pub(super) fn is_head(&self, path: &str) -> bool {
        self.heads.contains_key(path)
    }

    pub(super) fn has_heads(&self) -> bool {
        !self.heads.is_empty()
    }

    pub(super) fn take(&mut self, field: &str) {
        if let Some(name) = self.fields.get_mut(field) {
            name.uses += 1;
            return;
        }
        let id = self.free.pop().unwrap_or(self.fields.len() as FieldId);
        self.fields.insert(field.into(), Name { id, uses: 1 });
        for (dot, _) in field.match_indices('.') {
            let head = field.get(..dot).unwrap_or_default();
            *self.heads.entry(head.into()).or_default() += 1;
        }
    }

    pub(super) fn release(&mut self, field: &str) {
        let Some(name) = self.fields.get_mut(field) else {
            return;
        };
        name.uses -= 1;
        if name.uses > 0 {
            return;
        }
        self.free.push(name.id);
        self.fields.remove(field);
        for (dot, _) in field.match_indices('.') {
            let head = field.get(..dot).unwrap_or_default();
            if let Some(count) = self.heads.get_mut(head) {
                *count -= 1;
                if *count == 0 {
                    self.heads.remove(head);
                }
            }
        }
    }
}
