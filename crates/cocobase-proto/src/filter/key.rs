//! The codec of a key: `[or]`-prefix? + field(s) + operator suffix?.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::{FieldProblem, FilterError, Limit};
use super::limits::MAX_KEY_BYTES;
use super::operator::Operator;

const SEPARATOR: &str = "__or__";

/// Where a key's condition belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group<'a> {
    /// It must hold by itself.
    And,
    /// It is an alternative in the group of this name; `[or]`'s is empty.
    Or(&'a str),
}

/// A key, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key<'a> {
    pub(super) group: Group<'a>,
    /// At least one, each once.
    pub(super) fields: Vec<&'a str>,
    pub(super) operator: Operator,
}

impl<'a> Key<'a> {
    pub(super) fn parse(key: &'a str) -> Result<Self, FilterError> {
        if key.len() > MAX_KEY_BYTES {
            return Err(FilterError::too_large(Limit::Key, key));
        }
        let (group, rest) = split_group(key)?;
        let mut fields: Vec<&str> = Vec::new();
        let mut operator = Operator::Eq;
        let mut names = rest.split(SEPARATOR).peekable();
        while let Some(mut field) = names.next() {
            if names.peek().is_none() {
                (field, operator) = split_operator(field);
            }
            check_name(field).map_err(|problem| field_name(key, problem))?;
            if !fields.contains(&field) {
                fields.push(field);
            }
        }
        Ok(Self { group, fields, operator })
    }

    /// The key that reads back as this one, with the last field named `repeats` times more.
    ///
    /// Naming a field again changes nothing about the meaning, only the key: so a group can hold
    /// two conditions that would share a key otherwise.
    pub(super) fn write(&self, repeats: usize) -> Result<String, FilterError> {
        let mut key = String::new();
        if let Group::Or(name) = self.group {
            key.push_str("[or");
            if !name.is_empty() {
                key.push(':');
                key.push_str(name);
            }
            key.push(']');
        }
        let again = self.fields.last().into_iter().cycle().take(repeats);
        for (at, field) in self.fields.iter().chain(again).enumerate() {
            if at > 0 {
                key.push_str(SEPARATOR);
            }
            key.push_str(field);
        }
        if self.operator != Operator::Eq || !self.is_read_from(&key) {
            key.push('_');
            key.push_str(self.operator.suffix());
        }
        if key.len() > MAX_KEY_BYTES {
            return Err(FilterError::too_large(Limit::Key, &key));
        }
        if self.is_read_from(&key) {
            return Ok(key);
        }
        let field = self.fields.first().copied().unwrap_or_default();
        Err(FilterError::NoWireForm { field: field.into(), operator: self.operator })
    }

    fn is_read_from(&self, key: &str) -> bool {
        Key::parse(key).is_ok_and(|read| read == *self)
    }
}

/// Whether a builder's field can stand in a key.
pub(crate) fn check_field(field: &str) -> Result<(), FilterError> {
    if field.len() > MAX_KEY_BYTES {
        return Err(FilterError::too_large(Limit::Key, field));
    }
    check_name(field).map_err(|problem| field_name(field, problem))
}

fn split_group(key: &str) -> Result<(Group<'_>, &str), FilterError> {
    let Some(inner) = key.strip_prefix('[') else {
        return Ok((Group::And, key));
    };
    let (prefix, rest) =
        inner.split_once(']').ok_or_else(|| FilterError::GroupPrefix { key: key.into() })?;
    match prefix.split_once(':') {
        None if prefix == "or" => Ok((Group::Or(""), rest)),
        Some(("or", name)) if !name.is_empty() => {
            check_name(name).map_err(|problem| field_name(key, problem))?;
            Ok((Group::Or(name), rest))
        }
        _ => Err(FilterError::GroupPrefix { key: key.into() }),
    }
}

/// The operator is what stands behind the last `_`, if it is one and a field is left before it.
fn split_operator(name: &str) -> (&str, Operator) {
    name.rsplit_once('_')
        .filter(|(field, _)| !field.is_empty())
        .and_then(|(field, suffix)| Some((field, Operator::from_suffix(suffix)?)))
        .unwrap_or((name, Operator::Eq))
}

fn check_name(name: &str) -> Result<(), FieldProblem> {
    if name.is_empty() {
        return Err(FieldProblem::Empty);
    }
    if name.contains(['[', ']']) {
        return Err(FieldProblem::Bracket);
    }
    if name.contains(char::is_control) {
        return Err(FieldProblem::Control);
    }
    if name.contains(SEPARATOR) {
        return Err(FieldProblem::Separator);
    }
    Ok(())
}

fn field_name(key: &str, problem: FieldProblem) -> FilterError {
    FilterError::FieldName { key: key.into(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key<'a>(group: Group<'a>, fields: &[&'a str], operator: Operator) -> Key<'a> {
        Key { group, fields: fields.to_vec(), operator }
    }

    #[test]
    fn keys_are_taken_apart() {
        use Group::{And, Or};
        use Operator::*;
        let table: &[(&str, Group<'_>, &[&str], Operator)] = &[
            ("status", And, &["status"], Eq),
            ("status_eq", And, &["status"], Eq),
            ("age_gte", And, &["age"], Gte),
            ("age_foo", And, &["age_foo"], Eq),
            ("age_GTE", And, &["age_GTE"], Eq),
            ("logged_in", And, &["logged"], In),
            ("logged_in_eq", And, &["logged_in"], Eq),
            ("_gte", And, &["_gte"], Eq),
            ("gte", And, &["gte"], Eq),
            ("a__gte", And, &["a_"], Gte),
            ("author.role_notin", And, &["author.role"], NotIn),
            ("a__or__b", And, &["a", "b"], Eq),
            ("name__or__email_contains", And, &["name", "email"], Contains),
            ("a__or__gte", And, &["a", "gte"], Eq),
            ("a_gt__or__b_lt", And, &["a_gt", "b"], Lt),
            ("place__or__place_contains", And, &["place"], Contains),
            ("[or]age_gte", Or(""), &["age"], Gte),
            ("[or:one]status", Or("one"), &["status"], Eq),
            ("[or:a:b]c__or__d_isnull", Or("a:b"), &["c", "d"], IsNull),
        ];
        for &(text, group, fields, operator) in table {
            assert_eq!(Key::parse(text), Ok(key(group, fields, operator)), "{text}");
        }
    }

    #[test]
    fn unsound_keys_are_refused() {
        use FieldProblem::*;
        let table = [
            ("", Empty),
            ("[or]", Empty),
            ("__or__a", Empty),
            ("a__or__", Empty),
            ("a__or____or__b", Empty),
            ("tags[0]", Bracket),
            ("a]", Bracket),
            ("[or][or]a", Bracket),
            ("[or:[x]a", Bracket),
            ("a\nb", Control),
            ("[or:\u{7f}]a", Control),
            ("[or:x__or__y]a", Separator),
        ];
        for (text, problem) in table {
            assert_eq!(Key::parse(text), Err(field_name(text, problem)), "{text}");
        }
        for text in ["[or", "[xor]a", "[or:]a", "[]a", "[or:name a", "[OR]a", "[orx]a"] {
            assert_eq!(Key::parse(text), Err(FilterError::GroupPrefix { key: text.into() }));
        }
        let long = "k".repeat(MAX_KEY_BYTES + 1);
        assert_eq!(Key::parse(&long), Err(FilterError::too_large(Limit::Key, &long)));
    }

    #[test]
    fn a_key_is_written_so_that_it_reads_back() {
        use Group::{And, Or};
        use Operator::*;
        let table = [
            (key(And, &["logged_in"], Eq), 0, "logged_in_eq"),
            (key(And, &["age_foo"], Eq), 0, "age_foo"),
            (key(And, &["a", "b_ne"], Eq), 0, "a__or__b_ne_eq"),
            (key(And, &["a_ne", "b"], Eq), 0, "a_ne__or__b"),
            (key(Or("2"), &["a"], Gt), 0, "[or:2]a_gt"),
            (key(Or(""), &["place"], Contains), 1, "[or]place__or__place_contains"),
            (key(And, &["_gte"], Eq), 0, "_gte"),
        ];
        for (key, repeats, text) in table {
            assert_eq!(key.write(repeats).as_deref(), Ok(text));
        }
    }

    #[test]
    fn what_would_read_back_as_something_else_is_refused() {
        let table: [(&[&str], Operator); 3] = [
            (&["a__or_"], Operator::Gt),
            (&["a__or_", "b"], Operator::Eq),
            (&["a", "a"], Operator::Eq),
        ];
        for (fields, operator) in table {
            let written = key(Group::And, fields, operator).write(0);
            let field = fields[0].into();
            assert_eq!(written, Err(FilterError::NoWireForm { field, operator }));
        }
    }
}
