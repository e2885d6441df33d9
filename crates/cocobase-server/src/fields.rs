//! A JSON object by its keys, its values untouched: what was sent is what comes back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The entries of a JSON object in their order, keys decoded, values as the text they came in.
///
/// A key that stands twice counts once: the last value, in the first place.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Fields<'a> {
    pub(crate) fn parse(object: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(object)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), *value))
    }

    /// These fields with those of `patch` in place of their namesakes, new ones behind.
    pub(crate) fn merged(&self, patch: &Self) -> String {
        let mut left: HashMap<&str, &RawValue> = patch.entries().collect();
        let mut out = String::from("{");
        for (name, value) in self.entries() {
            push(&mut out, name, left.remove(name).unwrap_or(value));
        }
        for (name, value) in patch.entries() {
            if left.contains_key(name) {
                push(&mut out, name, value);
            }
        }
        out.push('}');
        out
    }

    /// The object's text.
    pub(crate) fn to_json(&self) -> String {
        self.merged(&Fields::default())
    }
}

fn push(out: &mut String, name: &str, value: &RawValue) {
    if out.len() > 1 {
        out.push(',');
    }
    out.push_str(&serde_json::Value::from(name).to_string());
    out.push(':');
    out.push_str(value.get());
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Entries).map(Fields)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries: Self::Value = Vec::new();
        let mut places: HashMap<Cow<'de, str>, usize> = HashMap::new();
        while let Some((Key(name), value)) = map.next_entry::<Key<'de>, &'de RawValue>()? {
            match places.get(&name).and_then(|place| entries.get_mut(*place)) {
                Some(entry) => entry.1 = value,
                None => {
                    places.insert(name.clone(), entries.len());
                    entries.push((name, value));
                }
            }
        }
        Ok(entries)
    }
}

/// `Cow<str>` that really borrows, which serde's own never does.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// JSON text without the white space between its tokens. `json` must be valid.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let space = |c: char| matches!(c, ' ' | '\n' | '\r' | '\t');
    if !json.contains(space) {
        return Cow::Borrowed(json);
    }
    let (mut in_string, mut escaped) = (false, false);
    let keep = |c: &char| {
        let keep = in_string || !space(*c);
        match *c {
            _ if escaped => escaped = false,
            '\\' => escaped = in_string,
            '"' => in_string = !in_string,
            _ => {}
        }
        keep
    };
    Cow::Owned(json.chars().filter(keep).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merging_replaces_in_place_and_appends() {
        let table = [
            (r#"{}"#, r#"{}"#, r#"{}"#),
            (r#"{"a":1}"#, r#"{}"#, r#"{"a":1}"#),
            (r#"{"b":1,"a":2}"#, r#"{"b":null}"#, r#"{"b":null,"a":2}"#),
            (r#"{"a":{"x":1}}"#, r#"{"a":{"y":1},"n":[]}"#, r#"{"a":{"y":1},"n":[]}"#),
            (r#"{"\u0061":1}"#, r#"{"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1,"b":1,"a":3}"#, r#"{"c":1,"c":2}"#, r#"{"a":3,"b":1,"c":2}"#),
            (
                r#"{"n":123456789012345678901234567890,"f":1.10}"#,
                r#"{"q\"":"\n"}"#,
                r#"{"n":123456789012345678901234567890,"f":1.10,"q\"":"\n"}"#,
            ),
        ];
        for (old, patch, merged) in table {
            let (old, patch) = (Fields::parse(old).unwrap(), Fields::parse(patch).unwrap());
            assert_eq!(old.merged(&patch), merged);
        }
    }

    #[test]
    fn only_objects_have_fields() {
        for text in ["", "[]", "1", "null", "{", r#"{"a"}"#, "{} x"] {
            assert!(Fields::parse(text).is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn compacting_changes_no_value(text in r#"[ \n"\\{}:a]{0,12}"#, number: i32) {
            let value = serde_json::json!({ text.clone(): [number, {"k": text}], " ": null });
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            proptest::prop_assert_eq!(compact(&pretty), value.to_string());
        }
    }
}
