//! JSON text as it is: kept, checked and shortened, never reordered or rounded.

use std::borrow::Cow;
use std::str;

use serde_json::Value;
use serde_json::value::RawValue;

/// The largest document that a server takes.
pub(crate) const MAX_DOCUMENT: usize = 1024 * 1024;

/// Why some bytes are no document.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// Lines below the first one.
    pub(crate) line: u64,
    /// What is wrong, and in which column.
    pub(crate) what: String,
}

impl From<String> for Problem {
    fn from(what: String) -> Self {
        Self { line: 0, what }
    }
}

/// The document that `bytes` are, on one line, its fields in the order they stand in.
pub(crate) fn document(bytes: &[u8]) -> Result<Box<RawValue>, Problem> {
    if bytes.len() > MAX_DOCUMENT {
        return Err(too_long().into());
    }
    let text = str::from_utf8(bytes)
        .map_err(|error| format!("not UTF-8 from byte {} on", error.valid_up_to() + 1))?;
    // Reading the values finds what a mere look at the syntax would let through and the server
    // would refuse: numbers out of range, lone surrogates, nesting without end.
    let value: Value = serde_json::from_str(text).map_err(|error| describe(&error))?;
    if !value.is_object() {
        return Err(format!("{}, and a document is a JSON object", kind(&value)).into());
    }
    RawValue::from_string(compact(text).into_owned()).map_err(|error| describe(&error))
}

/// What is said of a document that is too long.
pub(crate) fn too_long() -> String {
    format!("longer than {MAX_DOCUMENT} bytes, the most that a document may have")
}

fn describe(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let what = error.to_string();
    let what = what.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&what);
    Problem {
        line: (line as u64).saturating_sub(1),
        what: if column > 0 { format!("{what}, in column {column}") } else { what.into() },
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// `json` without the white space between its parts; `json` itself where there is none.
pub(crate) fn compact(json: &str) -> Cow<'_, str> {
    let mut inside = Inside::default();
    let between = |c: char, inside: &Inside| !inside.text && c.is_ascii_whitespace();
    let mut tight = true;
    for c in json.chars() {
        tight &= !between(c, &inside);
        inside.step(c);
    }
    if tight {
        return Cow::Borrowed(json);
    }
    let mut inside = Inside::default();
    let kept = json.chars().filter(|&c| {
        let keep = !between(c, &inside);
        inside.step(c);
        keep
    });
    Cow::Owned(kept.collect())
}

/// Whether a scan of JSON stands inside a text.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    text: bool,
    escape: bool,
}

impl Inside {
    /// Goes past one character. True when it belongs to a text, its quotes included.
    pub(crate) fn step(&mut self, c: char) -> bool {
        let was = self.text;
        match c {
            _ if self.escape => self.escape = false,
            '\\' if self.text => self.escape = true,
            '"' => self.text = !self.text,
            _ => {}
        }
        was || self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_takes_out_white_space_and_nothing_else() {
        let cases = [
            (r#"{"a":1}"#, r#"{"a":1}"#),
            ("{ \"b\" : 1.10,\r\n\t\"a\" : [ 1 , 2 ] }\n", r#"{"b":1.10,"a":[1,2]}"#),
            (r#"{"a b":" \" c \\","d" : "é "}"#, r#"{"a b":" \" c \\","d":"é "}"#),
        ];
        for (given, expected) in cases {
            assert_eq!(compact(given), expected);
        }
        assert!(matches!(compact(r#"{"a b":" "}"#), Cow::Borrowed(_)));
    }

    #[test]
    fn a_document_is_kept_as_it_stands() {
        let kept = document(br#" {"z": 12345678901234567890, "a": 1.50} "#).unwrap();
        assert_eq!(kept.get(), r#"{"z":12345678901234567890,"a":1.50}"#);
    }

    #[test]
    fn what_is_no_document_is_told_with_its_place() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let cases: [(&[u8], u64, &str); 7] = [
            (b"[1]", 0, "an array, and a document is a JSON object"),
            (b"17", 0, "a number, and"),
            (b"{\"a\":1,}", 0, "trailing comma, in column 8"),
            (b"{\"a\":1,\n\"b\":x}", 1, "expected value, in column 5"),
            (b"{\"a\":\"\xff\"}", 0, "not UTF-8 from byte 7 on"),
            (b"{\"a\":1e999}", 0, "number out of range"),
            (b"{\"a\":\"\\ud800\"}", 0, "hex escape"),
        ];
        for (bytes, line, what) in cases {
            let problem = document(bytes).unwrap_err();
            assert_eq!(problem.line, line, "{problem:?}");
            assert!(problem.what.contains(what), "{problem:?}");
        }
        let problem = document(format!("{{\"a\":{deep}}}").as_bytes()).unwrap_err();
        assert!(problem.what.contains("recursion limit"), "{problem:?}");
        assert!(document(&vec![b' '; MAX_DOCUMENT + 1]).is_err());
    }
}
