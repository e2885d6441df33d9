//! The hello of the vendor's self-hosted server (surface C′), whose filters know equality alone.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use super::hello::HelloError;
use super::parts::{credentials, excerpt};
use crate::ChangeKind;
use crate::credentials::Credentials;
use crate::filter::{Clause, Filter, Operand, Operator};
use crate::json::from_object;
use crate::wire::keys;
use crate::wire::raw::Raw;
use crate::wire::write::{ObjectWriter, push_string};

/// The hello of surface C′.
///
/// The keys of its filter are names of fields and nothing else: `logged_in` is a field, and so is
/// `age_gte`. A server that evaluates a filter which it has read compares as
/// [filters](crate::filter#meaning) do, `5` with `"5"` as well; the vendor's compares JSON values.
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
///     actions: vec![ChangeKind::Created],
///     filter: carried,
/// };
/// let text = hello.encode();
/// assert_eq!(text, r#"{"api_key":"k","actions":["created"],"filter":{"status":"active"}}"#);
/// assert_eq!(SelfHostedHello::decode(&text).unwrap(), hello);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfHostedHello {
    /// The key; a token is sent in its place.
    pub credentials: Credentials,
    /// Which kinds of change matter; none stands for all.
    pub actions: Vec<ChangeKind>,
    /// What [`Split::of`] found that the server can carry. Other conditions are not sent.
    pub filter: Filter,
}

impl SelfHostedHello {
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
        let Split { carried, .. } = Split::of(&self.filter);
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

    /// Reads a hello.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object, names no credentials, asks for other than the three kinds of
    /// change, or has a filter that is no object of texts, numbers and booleans.
    ///
    /// ```
    /// use cocobase_proto::ChangeKind;
    /// use cocobase_proto::filter::Filter;
    /// use cocobase_proto::wire::SelfHostedHello;
    ///
    /// let hello = r#"{"api_key":"k","actions":["deleted"],"filter":{"age_gte":18}}"#;
    /// let hello = SelfHostedHello::decode(hello)?;
    /// assert_eq!(hello.actions, [ChangeKind::Deleted]);
    /// assert_eq!(hello.filter, Filter::new().eq("age_gte", 18), "a field of that name");
    ///
    /// let error = SelfHostedHello::decode(r#"{"api_key":"k","actions":["wave"]}"#).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     r#"`actions` holds "wave"; it must be a list of "created", "updated" and "deleted""#
    /// );
    /// # Ok::<(), cocobase_proto::wire::HelloError>(())
    /// ```
    pub fn decode(text: &str) -> Result<Self, HelloError> {
        let body: Body<'_> = from_object(text)?;
        Ok(Self {
            credentials: credentials(body.api_key, body.token).ok_or(HelloError::NoCredentials)?,
            actions: actions(body.actions)?,
            filter: body.filter.json().map_or(Ok(Filter::new()), Filter::from_equalities)?,
        })
    }
}

/// Every key of the hello.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    api_key: Raw<'a>,
    #[serde(borrow)]
    token: Raw<'a>,
    #[serde(borrow)]
    actions: Raw<'a>,
    #[serde(borrow)]
    filter: Raw<'a>,
}

/// The kinds, each once.
fn actions(list: Raw<'_>) -> Result<Vec<ChangeKind>, HelloError> {
    let Some(json) = list.json() else { return Ok(Vec::new()) };
    let words: Vec<Raw<'_>> = list.get().ok_or_else(|| HelloError::Actions(excerpt(json)))?;
    let mut kinds = Vec::new();
    for word in words {
        let kind = match word.text().as_deref() {
            Some("created") => ChangeKind::Created,
            Some("updated") => ChangeKind::Updated,
            Some("deleted") => ChangeKind::Deleted,
            _ => return Err(HelloError::Actions(excerpt(word.any().unwrap_or_default()))),
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
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
        let mut carried = BTreeSet::new();
        for clause in filter.clauses() {
            let part = match equality(clause) {
                Some((field, _)) if carried.insert(field) => &mut split.carried,
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
    use crate::filter::FilterError;

    fn decode(rest: &str) -> Result<SelfHostedHello, HelloError> {
        SelfHostedHello::decode(&alloc::format!(r#"{{"api_key":"k"{rest}}}"#))
    }

    #[test]
    fn every_key_of_the_filter_is_a_field() {
        let table = [
            ("", Filter::new()),
            (r#","filter":null,"actions":null"#, Filter::new()),
            (r#","filter":{}"#, Filter::new()),
            (
                r#","filter":{"a":"x","b":5,"c":true}"#,
                Filter::new().eq("a", "x").eq("b", 5).eq("c", true),
            ),
            (r#","filter":{"a_gte":"x"}"#, Filter::new().eq("a_gte", "x")),
            (r#","filter":{"[or]a":"x"}"#, Filter::new().eq("[or]a", "x")),
            (r#","filter":{"a__or__b_isnull":true}"#, Filter::new().eq("a__or__b_isnull", true)),
            (r#","filters":{"a":"x"}"#, Filter::new()),
        ];
        for (rest, filter) in table {
            assert_eq!(decode(rest).unwrap().filter, filter, "{rest}");
        }
    }

    #[test]
    fn a_filter_that_is_none_is_refused() {
        for rest in ["[]", "7", r#""a""#] {
            let error = decode(&alloc::format!(r#","filter":{rest}"#));
            assert!(matches!(error, Err(HelloError::Filter(FilterError::Syntax { .. }))), "{rest}");
        }
        let key = || "a".into();
        for (filter, error) in [
            (r#"{"a":null}"#, FilterError::Null { key: key() }),
            (r#"{"a":[1]}"#, FilterError::Nested { key: key(), found: "an array" }),
            (r#"{"a":{}}"#, FilterError::Nested { key: key(), found: "an object" }),
            (r#"{"a":1,"a":2}"#, FilterError::DuplicateKey { key: key() }),
        ] {
            let found = decode(&alloc::format!(r#","filter":{filter}"#));
            assert_eq!(found, Err(HelloError::Filter(error)), "{filter}");
        }
    }

    #[test]
    fn a_filter_is_bounded() {
        use crate::filter::{MAX_CONDITIONS, MAX_KEY_BYTES};
        let many = |n: usize| {
            let members: Vec<String> = (0..n).map(|n| alloc::format!(r#""f{n}":1"#)).collect();
            decode(&alloc::format!(r#","filter":{{{}}}"#, members.join(",")))
        };
        assert_eq!(many(MAX_CONDITIONS).unwrap().filter.clauses().len(), MAX_CONDITIONS);
        assert!(matches!(many(MAX_CONDITIONS + 1), Err(HelloError::Filter(_))));
        let long = |n: usize| decode(&alloc::format!(r#","filter":{{"{}":1}}"#, "k".repeat(n)));
        assert!(long(MAX_KEY_BYTES).is_ok());
        assert!(matches!(long(MAX_KEY_BYTES + 1), Err(HelloError::Filter(_))));
    }

    #[test]
    fn actions_are_kinds_each_once() {
        use ChangeKind::{Created, Deleted, Updated};
        for (list, expected) in [
            ("null", Ok(&[][..])),
            ("[]", Ok(&[])),
            (r#"["updated","created","updated"]"#, Ok(&[Updated, Created])),
            (r#"["\u0064eleted"]"#, Ok(&[Deleted])),
            (r#"["created","wave"]"#, Err(r#""wave""#)),
            (r#"["create"]"#, Err(r#""create""#)),
            ("[7]", Err("7")),
            ("[null]", Err("null")),
            (r#""created""#, Err(r#""created""#)),
            ("{}", Err("{}")),
        ] {
            let found = decode(&alloc::format!(r#","actions":{list}"#)).map(|hello| hello.actions);
            let expected = expected.map(<[_]>::to_vec);
            assert_eq!(found, expected.map_err(|said| HelloError::Actions(said.into())), "{list}");
        }
    }

    #[test]
    fn a_hello_without_a_key_says_what_is_missing() {
        assert_eq!(SelfHostedHello::decode("{}"), Err(HelloError::NoCredentials));
        assert!(matches!(SelfHostedHello::decode("[]"), Err(HelloError::Json(_))));
        let token = SelfHostedHello::decode(r#"{"token":"t"}"#).unwrap();
        assert_eq!(token.credentials, Credentials::Token("t".into()));
    }

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
