//! Filters that come and go, and documents between them: the index finds what a scan finds.

use arbitrary::{Arbitrary, Unstructured};
use cocobase_proto::filter::{Condition, Filter, Operand};
use serde_json::{Map, Value, json};

use super::both::Both;

#[derive(Arbitrary, Debug)]
enum Step {
    Insert(u8, Vec<Clause>),
    /// Many of a kind, so that the index has to sort them.
    InsertMany(u8, Clause),
    InsertJson(u8, String),
    Remove(u8),
    Publish(Document),
    Update(Document, Document),
    PublishJson(String),
}

#[derive(Arbitrary, Debug, Clone)]
struct Clause(Test, Option<Test>);

#[derive(Arbitrary, Debug, Clone)]
struct Test {
    field: u8,
    other: Option<u8>,
    operator: Operator,
    value: Scalar,
}

#[derive(Arbitrary, Debug, Clone)]
enum Operator {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    Contains,
    StartsWith,
    EndsWith,
    In(Vec<Scalar>),
    NotIn(Vec<Scalar>),
    IsNull(bool),
}

#[derive(Arbitrary, Debug, Clone)]
enum Scalar {
    Known(u8),
    Text(String),
    Integer(i64),
    Small(u8),
    Float(f64),
    Boolean(bool),
}

#[derive(Arbitrary, Debug)]
struct Document(Vec<(u8, Field)>);

#[derive(Arbitrary, Debug)]
enum Field {
    Scalar(Scalar),
    Null,
    List(Vec<Scalar>),
    Nested(u8, Scalar),
}

const FIELDS: [&str; 8] = ["a", "b", "a.b", "b.c", "a.b.c", "c", "", "."];
const TEXTS: [&str; 12] = [
    "",
    "a",
    "AB",
    "aba",
    "Adak, Alaska",
    "alaska",
    "Å",
    "\u{212a}",
    "5",
    "05",
    "true",
    "2026-01-31T00:00:00Z",
];

/// Steps as long as there are bytes.
pub fn filter_set(input: &[u8]) {
    let mut bytes = Unstructured::new(input);
    let mut both = Both::default();
    for _ in 0..300 {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        if std::env::var_os("FUZZ_SHOW").is_some() {
            eprintln!("{step:?}");
        }
        take(&mut both, step);
    }
    for id in both.scan.matchers.keys().copied().collect::<Vec<_>>() {
        both.remove(id.to_bits());
    }
    assert!(both.set.is_empty() && !both.set.needs_documents());
}

fn take(both: &mut Both, step: Step) {
    match step {
        Step::Insert(id, clauses) => {
            let clauses = clauses.into_iter().take(4).map(Clause::conditions);
            both.insert(id.into(), &clauses.fold(Filter::new(), Filter::any_of));
        }
        Step::InsertMany(from, clause) => {
            for n in 0..24 {
                let mut clause = clause.clone();
                if let Scalar::Small(value) = &mut clause.0.value {
                    *value = value.wrapping_add(n);
                } else if let Scalar::Text(text) = &mut clause.0.value {
                    text.push(char::from(b'a' + n));
                }
                let id = from.wrapping_add(n).into();
                both.insert(id, &Filter::new().any_of(clause.conditions()));
            }
        }
        Step::InsertJson(id, json) => {
            if let Ok(filter) = Filter::from_json(&json) {
                both.insert(id.into(), &filter);
            }
        }
        Step::Remove(id) => both.remove(id.into()),
        Step::Publish(new) => {
            both.collect(None, &new.fields());
        }
        Step::Update(old, new) => {
            both.collect(Some(&old.fields()), &new.fields());
        }
        Step::PublishJson(json) => {
            if let Ok(Value::Object(fields)) = serde_json::from_str(&json) {
                both.collect(None, &fields);
            }
        }
    }
}

fn name(field: u8) -> &'static str {
    FIELDS[usize::from(field) % FIELDS.len()]
}

impl Clause {
    fn conditions(self) -> Vec<Condition> {
        [Some(self.0), self.1].into_iter().flatten().map(Test::condition).collect()
    }
}

impl Test {
    fn condition(self) -> Condition {
        let (field, value) = (name(self.field), self.value.operand());
        let list = |items: Vec<Scalar>| items.into_iter().take(6).map(Scalar::operand);
        let condition = match self.operator {
            Operator::Eq => Condition::eq(field, value),
            Operator::Ne => Condition::ne(field, value),
            Operator::Gt => Condition::gt(field, value),
            Operator::Gte => Condition::gte(field, value),
            Operator::Lt => Condition::lt(field, value),
            Operator::Lte => Condition::lte(field, value),
            Operator::Contains => Condition::contains(field, value),
            Operator::StartsWith => Condition::starts_with(field, value),
            Operator::EndsWith => Condition::ends_with(field, value),
            Operator::In(items) => Condition::is_in(field, list(items)),
            Operator::NotIn(items) => Condition::not_in(field, list(items)),
            Operator::IsNull(is_null) => Condition::is_null(field, is_null),
        };
        match self.other {
            Some(other) if other < 64 => condition.or_field(name(other)),
            _ => condition,
        }
    }
}

impl Scalar {
    fn value(self) -> Value {
        match self {
            Self::Known(text) => TEXTS[usize::from(text) % TEXTS.len()].into(),
            Self::Text(text) => text.into(),
            Self::Integer(number) => number.into(),
            Self::Small(number) => (number % 16).into(),
            Self::Float(number) => number.into(),
            Self::Boolean(value) => value.into(),
        }
    }

    fn operand(self) -> Operand {
        match self.value() {
            Value::String(text) => text.into(),
            Value::Number(number) => number.into(),
            other => (other == true).into(),
        }
    }
}

impl Document {
    fn fields(self) -> Map<String, Value> {
        let fields = self.0.into_iter().take(8);
        fields.map(|(field, value)| (name(field).to_owned(), value.value())).collect()
    }
}

impl Field {
    fn value(self) -> Value {
        match self {
            Self::Scalar(scalar) => scalar.value(),
            Self::Null => Value::Null,
            Self::List(items) => items.into_iter().take(6).map(Scalar::value).collect(),
            Self::Nested(field, scalar) => json!({ name(field): scalar.value() }),
        }
    }
}
