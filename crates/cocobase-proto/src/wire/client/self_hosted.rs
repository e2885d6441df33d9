//! The hello of the vendor's self-hosted server (surface C′), whose filters know equality alone.

use alloc::string::String;

use crate::ChangeKind;
use crate::credentials::Credentials;
use crate::filter::{Clause, Filter, Operand, Operator};
use crate::wire::keys;
use crate::wire::write::{ObjectWriter, push_string};

/// The hello of surface C′.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::wire::{SelfHostedHello, Split};
/// use cocobase_proto::{ChangeKind, Credentials};
///
/// let filter = Filter::new().eq("status", "active").gte("age", 18);
/// let Split { carried, rest } = Split::of(&filter);
/// assert_eq!(rest, Filter::new().gte("age", 18));
///
/// let hello = SelfHostedHello {
///     credentials: Credentials::ApiKey("k".into()),
///     actions: &[ChangeKind::Created],
///     filter: &carried,
/// };
/// assert_eq!(
///     hello.encode(),
///     r#"{"api_key":"k","actions":["created"],"filter":{"status":"active"}}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfHostedHello<'a> {
    /// The key; a token is sent in its place.
    pub credentials: Credentials,
    /// Which kinds of change matter; none stands for all.
    pub actions: &'a [ChangeKind],
    /// What [`Split::of`] found that the server can carry. Other conditions are not sent.
    pub filter: &'a Filter,
}

impl SelfHostedHello<'_> {
    /// The JSON of this hello.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object.string(keys::API_KEY, self.credentials.secret().expose());
        if !self.actions.is_empty() {
            let out = object.key(keys::ACTIONS);
            for (at, action) in self.actions.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                push_string(out, action.past());
            }
            out.push(']');
        }
        let Split { carried, .. } = Split::of(self.filter);
        if !carried.is_empty() {
            object.object(keys::FILTER, |object| {
                for (field, text) in carried.clauses().iter().filter_map(equality) {
                    object.string(field, text);
                }
            });
        }
        object.end();
        out
    }
}

/// A filter in two parts: a document passes the whole when it passes both.
///
/// Surface C′ compares with equality, as JSON values and on the document as it is now. It is given
/// only what means the same there as here: a field that equals a text, unless the text could stand
/// for a number or a boolean as well, and one condition per field. Names that are paths, and those
/// of the metadata, stay here too.
///
/// The server judges an update by the new document alone. A client that must learn what leaves its
/// filter sends no filter at all, and evaluates all of it. See [`SelfHostedHello`] for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// What the server can carry.
    pub carried: Filter,
    /// What the client has to evaluate.
    pub rest: Filter,
}

impl Split {
    /// The two parts of `filter`.
    #[must_use]
    pub fn of(filter: &Filter) -> Self {
        let mut split = Self::default();
        for clause in filter.clauses() {
            let is_new = |field: &str| {
                split.carried.clauses().iter().filter_map(equality).all(|(name, _)| name != field)
            };
            let part = match equality(clause) {
                Some((field, _)) if is_new(field) => &mut split.carried,
                _ => &mut split.rest,
            };
            *part = core::mem::take(part).any_of(clause.conditions().iter().cloned());
        }
        split
    }
}

/// The field and the text of a clause that surface C′ understands as we do.
fn equality(clause: &Clause) -> Option<(&str, &str)> {
    let [condition] = clause.conditions() else { return None };
    let [field] = condition.fields() else { return None };
    let is_plain =
        !field.contains('.') && ![keys::ID, keys::CREATED_AT, keys::UPDATED_AT].contains(&&**field);
    match (condition.operator(), condition.operand()) {
        (Operator::Eq, Operand::Text(text)) if is_plain && is_only_text(text) => {
            Some((field, text))
        }
        _ => None,
    }
}

/// Whether nothing but a string can equal this text.
fn is_only_text(text: &str) -> bool {
    text.parse::<f64>().is_err() && !matches!(text, "true" | "false")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_means_the_same_is_carried() {
        let table = [
            (r#"{"a":"x","b":"y"}"#, 2),
            (r#"{"a_eq":"x"}"#, 1),
            (r#"{"a":"5"}"#, 0),
            (r#"{"a":5}"#, 0),
            (r#"{"a":"+5"}"#, 0),
            (r#"{"a":"true"}"#, 0),
            (r#"{"a":true}"#, 0),
            (r#"{"a_ne":"x"}"#, 0),
            (r#"{"a_contains":"x"}"#, 0),
            (r#"{"a_in":"x"}"#, 0),
            (r#"{"a__or__b":"x"}"#, 0),
            (r#"{"[or]a":"x","[or]b":"y"}"#, 0),
            (r#"{"home.city":"x"}"#, 0),
            (r#"{"id":"x"}"#, 0),
            (r#"{"a":"x","a_eq":"y"}"#, 1),
        ];
        for (json, carried) in table {
            let filter = Filter::from_json(json).unwrap();
            let split = Split::of(&filter);
            assert_eq!(split.carried.clauses().len(), carried, "{json}");
            let all = split.carried.clauses().len() + split.rest.clauses().len();
            assert_eq!(all, filter.clauses().len(), "{json}");
        }
    }
}
