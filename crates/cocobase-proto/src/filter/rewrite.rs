//! From clauses to keys and values: what a map of keys cannot carry is said in another way that
//! means the same, or refused.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use serde_json::Value;

use super::error::{FilterError, Limit};
use super::key::{self, Group, Key};
use super::limits::{MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS, MAX_VALUE_BYTES};
use super::normal_form::{Clauses, either};
use super::{Condition, Filter, Operand, Operator};

/// The keys and values of a filter's wire form, in the order of its clauses.
pub(super) fn entries(filter: &Filter) -> Result<Vec<(String, Value)>, FilterError> {
    let mut entries = Entries::default();
    for clause in filter.clauses() {
        if clause.conditions().is_empty() {
            return Err(FilterError::EmptyGroup);
        }
        let mut carried = None;
        for condition in clause.conditions() {
            let said = carriable(condition)?;
            carried = Some(match carried {
                None => said,
                Some(before) => either(&before, &said, MAX_CONDITIONS)
                    .ok_or_else(|| too_large(Limit::Conditions, condition))?,
            });
        }
        for conditions in carried.unwrap_or_default() {
            entries.add_clause(merge_equalities(conditions))?;
        }
    }
    Ok(entries.list)
}

/// Splits the text of a list: items are trimmed; a blank text is the empty list.
pub(super) fn split_items(text: &str) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(',').map(|item| item.trim().into()).collect()
}

/// The condition in words that each fit one key: clauses that together mean the same.
fn carriable(condition: &Condition) -> Result<Clauses, FilterError> {
    check(condition)?;
    if let [_, _, ..] = condition.fields()
        && key_of(Group::And, condition).write(0).is_err()
    {
        let alone = condition.fields().iter().map(|field| with_field(condition, field));
        return in_turn(alone, condition);
    }
    let Operand::List(items) = condition.operand() else {
        return Ok(vec![vec![condition.clone()]]);
    };
    let (plain, mut odd): (Vec<_>, Vec<_>) = items.iter().cloned().partition(|item| is_plain(item));
    let mut seen = BTreeSet::new();
    odd.retain(|item| seen.insert(item.clone()));
    if odd.is_empty() {
        return Ok(vec![vec![condition.clone()]]);
    }
    let say = |operator, operand| Condition { fields: condition.fields.clone(), operator, operand };
    let list = (!plain.is_empty()).then(|| say(condition.operator(), Operand::List(plain)));
    if condition.operator() == Operator::In {
        let each = odd.into_iter().map(|item| say(Operator::Eq, Operand::Text(item)));
        return Ok(vec![list.into_iter().chain(each).collect()]);
    }
    // "None of the items" is "not this one, and not that one", but for each field by itself.
    if let [_, _, ..] = condition.fields() {
        let alone = condition.fields().iter().map(|field| with_field(condition, field));
        return in_turn(alone, condition);
    }
    let each = odd.into_iter().map(|item| say(Operator::Ne, Operand::Text(item)));
    Ok(list.into_iter().chain(each).map(|condition| vec![condition]).collect())
}

/// The clauses that hold when one of the `alternatives` holds.
fn in_turn(
    alternatives: impl Iterator<Item = Condition>,
    whole: &Condition,
) -> Result<Clauses, FilterError> {
    let mut result: Option<Clauses> = None;
    for alternative in alternatives {
        let said = carriable(&alternative)?;
        result = Some(match result {
            None => said,
            Some(before) => either(&before, &said, MAX_CONDITIONS)
                .ok_or_else(|| too_large(Limit::Conditions, whole))?,
        });
    }
    result.ok_or(FilterError::EmptyGroup)
}

fn with_field(condition: &Condition, field: &str) -> Condition {
    Condition { fields: vec![field.into()], ..condition.clone() }
}

/// Whether the item survives being joined by commas, split and trimmed.
fn is_plain(item: &str) -> bool {
    !item.is_empty() && !item.contains(',') && item.trim() == item
}

fn check(condition: &Condition) -> Result<(), FilterError> {
    for field in condition.fields() {
        key::check_field(field)?;
    }
    let (operator, operand) = (condition.operator(), condition.operand());
    let fits = match operand {
        Operand::NotFinite => false,
        Operand::List(items) => {
            if items.len() > MAX_ITEMS {
                return Err(too_large(Limit::Items, condition));
            }
            if items.iter().any(|item| item.len() > MAX_VALUE_BYTES) {
                return Err(too_large(Limit::Value, condition));
            }
            operator.takes_list()
        }
        Operand::Bool(_) => !operator.takes_list(),
        Operand::Text(_) | Operand::Number(_) => {
            !operator.takes_list() && operator != Operator::IsNull
        }
    };
    if fits {
        return Ok(());
    }
    let field = name_of(condition).into();
    Err(FilterError::Operand { field, operator, found: operand.kind() })
}

fn name_of(condition: &Condition) -> &str {
    condition.fields().first().map_or("", String::as_str)
}

fn too_large(limit: Limit, condition: &Condition) -> FilterError {
    FilterError::too_large(limit, name_of(condition))
}

fn key_of<'a>(group: Group<'a>, condition: &'a Condition) -> Key<'a> {
    let fields = condition.fields().iter().map(String::as_str).collect();
    Key { group, fields, operator: condition.operator() }
}

/// Alternatives that ask the same fields for equality become one list, as far as items allow.
fn merge_equalities(conditions: Vec<Condition>) -> Vec<Condition> {
    let mut merged: Vec<Condition> = Vec::new();
    for condition in conditions {
        let partner = merged
            .iter_mut()
            .find(|other| other.fields == condition.fields && items_of(other).is_some());
        if let Some(partner) = partner
            && let Some(more) = items_of(&condition)
            && let Some(mut items) = items_of(partner)
        {
            for item in more {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
            if items.len() <= MAX_ITEMS && joined_bytes(&items) <= MAX_VALUE_BYTES {
                partner.operator = Operator::In;
                partner.operand = Operand::List(items);
                continue;
            }
        }
        if !merged.contains(&condition) {
            merged.push(condition);
        }
    }
    merged
}

fn joined_bytes(items: &[String]) -> usize {
    items.iter().map(|item| item.len() + 1).sum()
}

/// The values that the condition wants the field to equal, if a list can carry them.
fn items_of(condition: &Condition) -> Option<Vec<String>> {
    match (condition.operator(), condition.operand()) {
        (Operator::In, Operand::List(items)) => Some(items.clone()),
        (Operator::Eq, operand) => {
            operand.text().filter(|text| is_plain(text)).map(|text| vec![text.into_owned()])
        }
        _ => None,
    }
}

#[derive(Default)]
struct Entries {
    list: Vec<(String, Value)>,
    /// The values under plain keys.
    values: BTreeMap<String, Value>,
    /// How often a group's key was used.
    repeats: BTreeMap<String, usize>,
    groups: usize,
    bytes: usize,
}

impl Entries {
    fn add_clause(&mut self, conditions: Vec<Condition>) -> Result<(), FilterError> {
        if let [condition] = conditions.as_slice() {
            let key = key_of(Group::And, condition).write(0)?;
            let value = value_of(condition)?;
            match self.values.get(&key) {
                None => {
                    self.values.insert(key.clone(), value.clone());
                    return self.add(key, value);
                }
                Some(same) if *same == value => return Ok(()),
                // The key is taken: the condition goes into a group of its own.
                Some(_) => {}
            }
        }
        self.groups += 1;
        let name = if self.groups == 1 { String::new() } else { self.groups.to_string() };
        for condition in &conditions {
            self.add_alternative(&key_of(Group::Or(&name), condition), value_of(condition)?)?;
        }
        Ok(())
    }

    /// Adds the value under the key, or under the key that names its field again if that is taken.
    fn add_alternative(&mut self, key: &Key<'_>, value: Value) -> Result<(), FilterError> {
        let plain = key.write(0)?;
        let repeats = self.repeats.entry(plain).or_insert(0);
        // A key that has grown beyond its limit is refused.
        let text = key.write(*repeats)?;
        *repeats += 1;
        self.add(text, value)
    }

    fn add(&mut self, key: String, value: Value) -> Result<(), FilterError> {
        if self.list.len() == MAX_CONDITIONS {
            return Err(FilterError::too_large(Limit::Conditions, &key));
        }
        self.bytes += key.len() + value.as_str().map_or_else(|| value.to_string().len(), str::len);
        if self.bytes > MAX_FILTER_BYTES {
            return Err(FilterError::too_large(Limit::Filter, &key));
        }
        self.list.push((key, value));
        Ok(())
    }
}

fn value_of(condition: &Condition) -> Result<Value, FilterError> {
    let value = match condition.operand() {
        Operand::Text(text) => Value::String(text.clone()),
        Operand::Number(number) => Value::Number(number.clone()),
        Operand::Bool(value) => Value::Bool(*value),
        Operand::List(items) => Value::String(items.join(",")),
        Operand::NotFinite => Value::Null,
    };
    if value.as_str().is_some_and(|text| text.len() > MAX_VALUE_BYTES) {
        return Err(too_large(Limit::Value, condition));
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builders make no other pairs than those that fit; this is for whoever adds one.
    #[test]
    fn an_operator_takes_its_kind_of_operand() {
        let operands = [
            Operand::Text("x".into()),
            Operand::Number(1.into()),
            Operand::Bool(true),
            Operand::List(vec!["x".into()]),
            Operand::NotFinite,
        ];
        for (operator, taken) in [
            (Operator::Eq, [true, true, true, false, false]),
            (Operator::Contains, [true, true, true, false, false]),
            (Operator::In, [false, false, false, true, false]),
            (Operator::NotIn, [false, false, false, true, false]),
            (Operator::IsNull, [false, false, true, false, false]),
        ] {
            for (operand, taken) in operands.iter().zip(taken) {
                let (fields, operand) = (vec!["a".into()], operand.clone());
                let found = operand.kind();
                let expected = match taken {
                    true => Ok(()),
                    false => Err(FilterError::Operand { field: "a".into(), operator, found }),
                };
                assert_eq!(check(&Condition { fields, operator, operand }), expected);
            }
        }
    }
}
