//! A slow and obvious evaluator of filters, written apart from the fast one: numbers are compared
//! by their full decimal digits.

use std::cmp::Ordering;

use cocobase_proto::filter::{Condition, Filter, Operand, Operator};
use serde_json::{Map, Value};

pub(crate) fn matches(filter: &Filter, document: &Map<String, Value>) -> bool {
    filter.clauses().iter().all(|clause| {
        clause.conditions().iter().any(|condition| condition_holds(condition, document))
    })
}

pub(crate) fn condition_holds(condition: &Condition, document: &Map<String, Value>) -> bool {
    condition.fields().iter().any(|field| {
        let value = find(document, field).unwrap_or(&Value::Null);
        holds(condition.operator(), condition.operand(), value)
    })
}

fn find<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if object.contains_key(path) {
        return object.get(path);
    }
    let dot = path.find('.')?;
    match object.get(&path[..dot]) {
        Some(Value::Object(inner)) => find(inner, &path[dot + 1..]),
        _ => None,
    }
}

fn holds(operator: Operator, operand: &Operand, value: &Value) -> bool {
    let texts: Vec<String> = match operand {
        Operand::Text(text) => vec![text.clone()],
        Operand::Number(number) => vec![number.to_string()],
        Operand::Bool(value) => vec![value.to_string()],
        Operand::List(items) => items.clone(),
        _ => return false,
    };
    let is_list = matches!(operand, Operand::List(_));
    if matches!(operator, Operator::In | Operator::NotIn) != is_list {
        return false;
    }
    if operator == Operator::IsNull {
        return match operand {
            Operand::Bool(yes) => value.is_null() == *yes,
            _ => false,
        };
    }
    if value.is_null() {
        return false;
    }
    let order = |text: &String| compare(value, text);
    let first = texts.first();
    let ordered =
        |wanted: &[Ordering]| first.and_then(order).is_some_and(|order| wanted.contains(&order));
    match operator {
        Operator::Eq => ordered(&[Ordering::Equal]),
        Operator::Ne => ordered(&[Ordering::Less, Ordering::Greater]),
        Operator::Gt => ordered(&[Ordering::Greater]),
        Operator::Gte => ordered(&[Ordering::Greater, Ordering::Equal]),
        Operator::Lt => ordered(&[Ordering::Less]),
        Operator::Lte => ordered(&[Ordering::Less, Ordering::Equal]),
        Operator::In => texts.iter().any(|text| order(text) == Some(Ordering::Equal)),
        Operator::NotIn => {
            !matches!(value, Value::Array(_) | Value::Object(_))
                && texts.iter().all(|text| order(text).is_some_and(Ordering::is_ne))
        }
        Operator::Contains => match value {
            Value::String(text) => lower(text).contains(&lower(first.unwrap())),
            Value::Array(elements) => elements
                .iter()
                .any(|element| compare(element, first.unwrap()) == Some(Ordering::Equal)),
            _ => false,
        },
        Operator::StartsWith => match value {
            Value::String(text) => lower(text).starts_with(&lower(first.unwrap())),
            _ => false,
        },
        Operator::EndsWith => match value {
            Value::String(text) => lower(text).ends_with(&lower(first.unwrap())),
            _ => false,
        },
        Operator::IsNull => unreachable!(),
    }
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

fn compare(value: &Value, text: &str) -> Option<Ordering> {
    match value {
        Value::String(value) => Some(value.chars().cmp(text.chars())),
        Value::Bool(value) if text == "true" || text == "false" => {
            Some(value.cmp(&(text == "true")))
        }
        Value::Number(number) => {
            Some(compare_decimals(&decimal(&number.to_string())?, &decimal(text)?))
        }
        _ => None,
    }
}

/// All the digits: sign, digits before the point without leading zeros, digits behind it without
/// trailing zeros.
fn decimal(text: &str) -> Option<(bool, String, String)> {
    if !text.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c)) {
        return None;
    }
    let digits = if let Ok(integer) = text.parse::<i128>()
        && (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer)
    {
        integer.to_string()
    } else {
        let float: f64 = text.parse().ok()?;
        if !float.is_finite() {
            return None;
        }
        // A finite float has at most 1,074 digits behind the point.
        format!("{float:.1074}")
    };
    let negative = digits.starts_with('-');
    let digits = digits.trim_start_matches('-');
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0').to_owned();
    let part = part.trim_end_matches('0').to_owned();
    let is_zero = whole.is_empty() && part.is_empty();
    Some((negative && !is_zero, whole, part))
}

fn compare_decimals(a: &(bool, String, String), b: &(bool, String, String)) -> Ordering {
    let size = (a.1.len().cmp(&b.1.len())).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2));
    match (a.0, b.0) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    }
}
