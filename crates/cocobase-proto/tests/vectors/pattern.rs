//! Comparing what was found with what a vector expects.

use serde_json::{Number, Value};

/// `Ok` when `found` is what `expected` says: equal as JSON, except that `{"$between":[a,b]}` stands
/// for any number from `a` to `b`, and `"$any"` for any value.
pub(crate) fn compare(what: &str, expected: &Value, found: &Value) -> Result<(), String> {
    if fits(expected, found) {
        return Ok(());
    }
    Err(format!("{what}\n  expected {expected}\n  found    {found}"))
}

fn fits(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::String(any), _) if any == "$any" => true,
        (Value::Object(range), Value::Number(number)) => {
            let bounds = range.get("$between").filter(|_| range.len() == 1);
            let Some([Value::Number(from), Value::Number(to)]) =
                bounds.and_then(Value::as_array).map(Vec::as_slice)
            else {
                return false;
            };
            let (from, number, to) = (from.as_f64(), number.as_f64(), to.as_f64());
            from <= number && number <= to
        }
        (Value::Number(expected), Value::Number(found)) => same_number(expected, found),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(expected, found)| fits(expected, found))
        }
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(key, value)| found.get(key).is_some_and(|found| fits(value, found)))
        }
        _ => expected == found,
    }
}

/// Integers are the same when they are equal, and other numbers when a microsecond is all that lies
/// between them: times are given in seconds.
fn same_number(expected: &Number, found: &Number) -> bool {
    if expected.is_f64() || found.is_f64() {
        let difference = expected.as_f64().unwrap_or(f64::NAN) - found.as_f64().unwrap_or(f64::NAN);
        return difference.abs() < 1e-6;
    }
    expected == found
}
