//! The wire forms: one flat JSON object, or pairs of keys and values that are all text.

use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use super::error::{FilterError, Limit};
use super::key::{Group, Key};
use super::limits::{MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS, MAX_KEY_BYTES, MAX_VALUE_BYTES};
use super::rewrite::{self, split_items};
use super::{Clause, Condition, Filter, Operand, Operator};

impl Filter {
    /// The filter of this JSON object (the wire form).
    ///
    /// # Errors
    ///
    /// When the text is not a flat JSON object of conditions, names a key twice, or exceeds a
    /// [limit](super#limits).
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// let filter = Filter::from_json(r#"{"mag_gte":4.5,"place_contains":"Alaska"}"#)?;
    /// assert_eq!(filter, Filter::new().gte("mag", 4.5).contains("place", "Alaska"));
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    pub fn from_json(json: &str) -> Result<Self, FilterError> {
        read(members(json)?)
    }

    /// The filter of a JSON object whose keys are fields, whatever they look like, and equal their
    /// values: what the vendor's self-hosted server reads.
    pub(crate) fn from_equalities(json: &str) -> Result<Self, FilterError> {
        let members = members(json)?;
        if members.len() > MAX_CONDITIONS {
            return Err(FilterError::TooLarge { limit: Limit::Conditions, key: None });
        }
        members.into_iter().try_fold(Self::new(), |filter, (field, value)| {
            if field.len() > MAX_KEY_BYTES {
                return Err(FilterError::too_large(Limit::Key, &field));
            }
            let operand = operand(&field, Operator::Eq, value)?;
            Ok(filter.eq(field, operand))
        })
    }

    /// The wire form: one flat JSON object.
    ///
    /// # Errors
    ///
    /// When no wire form means what the filter means, see [`Filter::check`].
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// // A field that ends like an operator, and a list item with a comma.
    /// let filter = Filter::new().eq("logged_in", true).is_in("city", ["Oslo", "Nome, Alaska"]);
    /// assert_eq!(
    ///     filter.to_json()?,
    ///     r#"{"logged_in_eq":true,"[or]city_in":"Oslo","[or]city":"Nome, Alaska"}"#
    /// );
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    pub fn to_json(&self) -> Result<String, FilterError> {
        let json = serde_json::to_string(&Members(rewrite::entries(self)?))
            .map_err(|error| FilterError::syntax(&error))?;
        if json.len() > MAX_FILTER_BYTES {
            return Err(FilterError::TooLarge { limit: Limit::Filter, key: None });
        }
        Ok(json)
    }

    /// Whether the filter has a wire form that reads back with the same meaning.
    ///
    /// # Errors
    ///
    /// What [`Filter::to_json`] would say: a field name that no key can carry, an operand that the
    /// operator does not take, a group without conditions, or a [limit](super#limits).
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// assert!(Filter::new().eq("tags[0]", "x").check().is_err());
    /// assert!(Filter::new().lt("mag", f64::NAN).check().is_err());
    /// assert!(Filter::new().eq("mag", 1).eq("mag", 2).check().is_ok());
    /// ```
    pub fn check(&self) -> Result<(), FilterError> {
        self.to_json().map(drop)
    }

    /// The filter of pairs like `("mag_gte", "4.5")`, as in a query string or on a command line.
    ///
    /// A pair that is given twice counts once.
    ///
    /// # Errors
    ///
    /// As [`Filter::from_json`]; a key with two different values is refused.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// let filter = Filter::from_pairs([("mag_gte", "4.5"), ("tsunami", "true")])?;
    /// assert_eq!(filter.clauses().len(), 2);
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    pub fn from_pairs<'a, K, V>(
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Self, FilterError>
    where
        K: Into<Cow<'a, str>>,
        V: Into<Cow<'a, str>>,
    {
        let mut seen: BTreeMap<Cow<'a, str>, Cow<'a, str>> = BTreeMap::new();
        let mut members = Vec::new();
        let mut bytes = 0;
        for (key, value) in pairs {
            let (key, value) = (key.into(), value.into());
            match seen.get(&key) {
                Some(same) if *same == value => continue,
                Some(_) => return Err(FilterError::RepeatedKey { key: key.as_ref().into() }),
                None => {}
            }
            bytes += key.len() + value.len();
            if bytes > MAX_FILTER_BYTES {
                return Err(FilterError::too_large(Limit::Filter, &key));
            }
            members.push((key.to_string(), Value::String(value.to_string())));
            seen.insert(key, value);
        }
        read(members)
    }

    /// The filter as pairs of keys and values that are all text; [`Filter::from_pairs`] reads them.
    ///
    /// # Errors
    ///
    /// See [`Filter::check`].
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// let pairs = Filter::new().gte("mag", 4.5).to_pairs()?;
    /// assert_eq!(pairs, [("mag_gte".to_owned(), "4.5".to_owned())]);
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    pub fn to_pairs(&self) -> Result<Vec<(String, String)>, FilterError> {
        let mut spelled = self.clone();
        // What differs by its type alone is the same text, and said once.
        for condition in spelled.clauses.iter_mut().flat_map(|clause| &mut clause.conditions) {
            if let (Operand::Bool(_) | Operand::Number(_), Some(text)) =
                (&condition.operand, condition.operand.text())
                && condition.operator != Operator::IsNull
            {
                condition.operand = Operand::Text(text.into_owned());
            }
        }
        let entries = rewrite::entries(&spelled)?;
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(entries.into_iter().map(|(key, value)| (key, text(value))).collect())
    }
}

/// The members of an object, each under its own key.
fn members(json: &str) -> Result<Vec<(String, Value)>, FilterError> {
    if json.len() > MAX_FILTER_BYTES {
        return Err(FilterError::TooLarge { limit: Limit::Filter, key: None });
    }
    let Members(members) =
        serde_json::from_str(json).map_err(|error| FilterError::syntax(&error))?;
    let mut seen = BTreeSet::new();
    for (key, _) in &members {
        if !seen.insert(key.as_str()) {
            return Err(FilterError::DuplicateKey { key: key.as_str().into() });
        }
    }
    Ok(members)
}

fn read(members: Vec<(String, Value)>) -> Result<Filter, FilterError> {
    if members.len() > MAX_CONDITIONS {
        return Err(FilterError::TooLarge { limit: Limit::Conditions, key: None });
    }
    let mut clauses: Vec<Clause> = Vec::new();
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for (text, value) in members {
        let key = Key::parse(&text)?;
        let condition = Condition {
            fields: key.fields.iter().copied().map(String::from).collect(),
            operator: key.operator,
            operand: operand(&text, key.operator, value)?,
        };
        let group = match key.group {
            Group::And => None,
            Group::Or(name) => Some(*groups.entry(name.into()).or_insert(clauses.len())),
        };
        match group.and_then(|at| clauses.get_mut(at)) {
            Some(clause) => clause.conditions.push(condition),
            None => clauses.push(Clause { conditions: vec![condition] }),
        }
    }
    Ok(Filter { clauses })
}

fn operand(key: &str, operator: Operator, value: Value) -> Result<Operand, FilterError> {
    if value.as_str().is_some_and(|text| text.len() > MAX_VALUE_BYTES) {
        return Err(FilterError::too_large(Limit::Value, key));
    }
    let operand = match value {
        Value::Array(_) => return Err(FilterError::Nested { key: key.into(), found: "an array" }),
        Value::Object(_) => {
            return Err(FilterError::Nested { key: key.into(), found: "an object" });
        }
        // `"field_isnull": null` asks for null in so many words.
        Value::Null if operator == Operator::IsNull => Operand::Bool(true),
        Value::Null => return Err(FilterError::Null { key: key.into() }),
        Value::Bool(value) => Operand::Bool(value),
        Value::Number(number) => Operand::Number(number),
        Value::String(text) => Operand::Text(text),
    };
    if operator == Operator::IsNull {
        return match operand.text().as_deref() {
            Some("true") => Ok(Operand::Bool(true)),
            Some("false") => Ok(Operand::Bool(false)),
            _ => Err(FilterError::NotBoolean { key: key.into() }),
        };
    }
    if operator.takes_list() {
        let items = split_items(&operand.text().unwrap_or_default());
        if items.len() > MAX_ITEMS {
            return Err(FilterError::too_large(Limit::Items, key));
        }
        return Ok(Operand::List(items));
    }
    Ok(operand)
}

/// The members of a JSON object in their order, with those that stand twice.
struct Members(Vec<(String, Value)>);

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object like {\"age_gte\": 18}")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
