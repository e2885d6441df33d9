//! Filters: keys and values to conditions and back, and expressions.

use cocobase_proto::filter::{
    Condition, FieldProblem, Filter, FilterError, Limit, Operand, WhereProblem,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::{Said, json};

/// The wire form is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeysVector {
    filters: Said,
    means: Option<Value>,
    error: Option<Value>,
}

impl Vector for KeysVector {
    fn check(&self) -> Result<(), String> {
        let read = Filter::from_json(&self.filters.text());
        outcome("reading", &self.means, &self.error, read.map(|filter| clauses(&filter)))
    }
}

/// A filter that is built is written, or refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenVector {
    filter: Vec<Vec<Built>>,
    written: Option<Value>,
    error: Option<Value>,
}

/// A condition as a user asks for it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Built {
    fields: Vec<String>,
    operator: String,
    value: Value,
}

impl Built {
    fn condition(&self) -> Result<Condition, String> {
        let [field, others @ ..] = self.fields.as_slice() else { return Err("no field".into()) };
        let operand = |value: &Value| match value {
            Value::Bool(value) => Operand::Bool(*value),
            Value::Number(number) => Operand::Number(number.clone()),
            Value::String(text) => Operand::Text(text.clone()),
            _ => Operand::NotFinite,
        };
        let items = || self.value.as_array().into_iter().flatten().map(operand);
        let value = match &self.value {
            Value::Array(list) => {
                Operand::List(list.iter().filter_map(Value::as_str).map(String::from).collect())
            }
            value => operand(value),
        };
        let condition = match self.operator.as_str() {
            "eq" => Condition::eq(field, value),
            "ne" => Condition::ne(field, value),
            "gt" => Condition::gt(field, value),
            "gte" => Condition::gte(field, value),
            "lt" => Condition::lt(field, value),
            "lte" => Condition::lte(field, value),
            "contains" => Condition::contains(field, value),
            "startswith" => Condition::starts_with(field, value),
            "endswith" => Condition::ends_with(field, value),
            "in" => Condition::is_in(field, items()),
            "notin" => Condition::not_in(field, items()),
            "isnull" => Condition::is_null(field, self.value == json!(true)),
            other => return Err(format!("there is no operator {other}")),
        };
        Ok(others.iter().fold(condition, Condition::or_field))
    }
}

impl Vector for WrittenVector {
    fn check(&self) -> Result<(), String> {
        let mut filter = Filter::new();
        for clause in &self.filter {
            let conditions: Result<Vec<_>, _> = clause.iter().map(Built::condition).collect();
            filter = filter.any_of(conditions?);
        }
        let written = filter.to_json();
        let shown = written.clone().map(|text| json(&text));
        outcome("writing", &self.written, &self.error, shown)?;
        match written {
            Ok(text) => {
                let again = Filter::from_json(&text).and_then(|filter| filter.to_json());
                compare("reading and writing again", &json!(text), &json!(again.ok()))
            }
            Err(_) => Ok(()),
        }
    }
}

/// An expression is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WhereVector {
    #[serde(rename = "where")]
    expression: String,
    filters: Option<Value>,
    /// How the filter is shown as an expression.
    shown: Option<String>,
    error: Option<Value>,
}

impl Vector for WhereVector {
    fn check(&self) -> Result<(), String> {
        match (Filter::parse_where(&self.expression), &self.filters, &self.error) {
            (Ok(filter), Some(filters), None) => {
                let written = filter.to_json().map_err(|error| error.to_string())?;
                compare("wire form", filters, &json(&written))?;
                let shown = filter.to_string();
                if let Some(expected) = &self.shown {
                    compare("shown", &json!(expected), &json!(shown))?;
                }
                let again = Filter::parse_where(&shown).map(|filter| filter.to_json());
                compare(
                    "shown and read again",
                    &json!(written),
                    &json!(again.ok().and_then(Result::ok)),
                )
            }
            (Err(error), None, Some(expected)) => {
                let found = json!({"at": error.at(), "problem": where_problem(error.problem())});
                compare("error", expected, &found)
            }
            (found, ..) => Err(format!("reading gave {found:?}")),
        }
    }
}

/// Compares what was found with what was expected, be it a success or an error.
pub(crate) fn outcome(
    what: &str,
    expected: &Option<Value>,
    error: &Option<Value>,
    found: Result<Value, FilterError>,
) -> Result<(), String> {
    match (expected, error, found) {
        (Some(expected), None, Ok(found)) => compare(what, expected, &found),
        (None, Some(expected), Err(found)) => compare(what, expected, &error_value(&found)),
        (_, _, found) => Err(format!("{what} gave {found:?}")),
    }
}

/// A filter as the vectors write it: clauses of conditions.
pub(crate) fn clauses(filter: &Filter) -> Value {
    let condition = |condition: &Condition| {
        let value = match condition.operand() {
            Operand::Text(text) => json!(text),
            Operand::Number(number) => json!(number),
            Operand::Bool(value) => json!(value),
            Operand::List(items) => json!(items),
            _ => Value::Null,
        };
        let operator = condition.operator().suffix();
        json!({"fields": condition.fields(), "operator": operator, "value": value})
    };
    let clause = |clause: &cocobase_proto::filter::Clause| {
        clause.conditions().iter().map(condition).collect::<Value>()
    };
    filter.clauses().iter().map(clause).collect()
}

/// What is wrong with a filter or a list query, and where.
pub(crate) fn error_value(error: &FilterError) -> Value {
    use FilterError as E;
    let of = |kind: &str, key: &str| json!({"kind": kind, "key": key});
    match error {
        E::Syntax { line, column, .. } => {
            json!({"kind": "malformed", "line": line, "column": column})
        }
        E::DuplicateKey { key } => of("duplicate_key", key.as_str()),
        E::RepeatedKey { key } => of("repeated_key", key.as_str()),
        E::FieldName { key, problem } => of(
            match problem {
                FieldProblem::Empty => "empty_name",
                FieldProblem::Bracket => "bracket_in_name",
                FieldProblem::Control => "control_in_name",
                FieldProblem::Separator => "separator_in_name",
                _ => "not in this format",
            },
            key.as_str(),
        ),
        E::GroupPrefix { key } => of("group_prefix", key.as_str()),
        E::Nested { key, .. } => of("nested_value", key.as_str()),
        E::Null { key } => of("null_value", key.as_str()),
        E::NotBoolean { key } => of("not_boolean", key.as_str()),
        E::Operand { field, .. } => of("unsuitable_value", field.as_str()),
        E::EmptyGroup => json!({"kind": "empty_group"}),
        E::NoWireForm { field, .. } => of("no_wire_form", field.as_str()),
        E::TooLarge { limit, .. } => json!({"kind": "too_large", "limit": limit_name(*limit)}),
        E::PageNumber { name, .. } => of("page_number", name),
        E::Order { .. } => of("order", "order"),
        E::Unsupported { name } => of("unsupported", name),
        other => json!(other.to_string()),
    }
}

fn limit_name(limit: Limit) -> &'static str {
    match limit {
        Limit::Conditions => "conditions",
        Limit::Items => "items",
        Limit::Key => "key",
        Limit::Value => "value",
        Limit::Filter => "filter",
        _ => "not in this format",
    }
}

fn where_problem(problem: &WhereProblem) -> Value {
    use WhereProblem as P;
    json!(match problem {
        P::TooLong => "too_long",
        P::TooDeep => "too_deep",
        P::Empty => "empty",
        P::Character(_) => "character",
        P::Unclosed(_) => "unclosed",
        P::Escape => "escape",
        P::Number(_) => "number",
        P::Expected { .. } => "unexpected",
        P::NullValue => "null_value",
        P::BareValue(_) => "bare_value",
        P::Negation { .. } => "negation",
        P::TooManyConditions => "too_many_conditions",
        P::Filter(error) => return error_value(error),
        _ => "not in this format",
    })
}
