//! A JSON array of documents, read element by element, so that its size does not matter.

use std::io::{BufRead, Bytes, ErrorKind};

use super::record::{Fault, Record};
use crate::json::{self, Inside, MAX_DOCUMENT};

/// How many bytes an element may have, white space included, before the scan gives up on finding
/// its end: by then a bracket is missing.
const MAX_ELEMENT: usize = 16 * MAX_DOCUMENT;

/// Reads the elements of one array. A bad element does not spoil the next, as long as its brackets
/// and quotes are whole.
pub(crate) struct Array<R> {
    bytes: Bytes<R>,
    line: u64,
    element: u64,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    /// Before the opening bracket.
    Before,
    /// Before an element that must come.
    Inside,
    /// Behind the closing bracket.
    Behind,
    /// Nothing more will come.
    Done,
}

impl<R: BufRead> Array<R> {
    /// Reads `input`, which stands before the array.
    pub(crate) fn new(input: R) -> Self {
        Self { bytes: input.bytes(), line: 1, element: 0, state: State::Before }
    }

    fn byte(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            match self.bytes.next().transpose() {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.fault(format!("cannot read: {error}"))),
                Ok(byte) => return Ok(byte),
            }
        }
    }

    /// The next byte that is not white space; the lines on the way are counted.
    fn solid(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            match self.byte()? {
                Some(b'\n') => self.line += 1,
                Some(byte) if byte.is_ascii_whitespace() => {}
                byte => return Ok(byte),
            }
        }
    }

    fn fault(&self, what: impl Into<String>) -> Fault {
        Fault::new(self.line, what)
    }

    fn read(&mut self) -> Result<Option<Record>, Fault> {
        match self.state {
            State::Before => {
                if self.solid()? != Some(b'[') {
                    return Err(self.fault("expected `[`, the start of an array"));
                }
                match self.solid()? {
                    Some(b']') => self.read_end(),
                    first => self.read_element(first).map(Some),
                }
            }
            State::Inside => {
                let first = self.solid()?;
                self.read_element(first).map(Some)
            }
            State::Behind => self.read_end(),
            State::Done => Ok(None),
        }
    }

    /// What follows the array: nothing.
    fn read_end(&mut self) -> Result<Option<Record>, Fault> {
        self.state = State::Done;
        match self.solid()? {
            None => Ok(None),
            Some(_) => Err(self.fault("there is more text after the array's end")),
        }
    }

    /// Reads an element whose first byte is `first`, and the comma or bracket behind it.
    fn read_element(&mut self, first: Option<u8>) -> Result<Record, Fault> {
        self.element += 1;
        let start = self.line;
        let mut text = Vec::new();
        let mut depth = 0_u32;
        let mut inside = Inside::default();
        let mut next = first;
        loop {
            let Some(byte) = next else {
                return Err(self.fault("the file ends inside the array").element(self.element));
            };
            // Bytes beyond ASCII only ever stand in texts, where none of them matters.
            if !inside.step(char::from(byte)) {
                match byte {
                    b'{' | b'[' => depth += 1,
                    b',' if depth == 0 => {
                        self.state = State::Inside;
                        break;
                    }
                    b']' if depth == 0 => {
                        self.state = State::Behind;
                        break;
                    }
                    b'}' | b']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            self.line += u64::from(byte == b'\n');
            if text.len() == MAX_ELEMENT {
                let what = "no end of this element in 16 MiB; is a bracket or a quote missing?";
                return Err(Fault::new(start, what).element(self.element));
            }
            text.push(byte);
            next = self.byte()?;
        }
        let text = text.trim_ascii();
        let document = if text.is_empty() {
            Err(self.fault("an element is missing here").element(self.element))
        } else {
            json::document(text)
                .map_err(|problem| Fault::within(start, problem).element(self.element))
        };
        Ok(Record { line: start, document })
    }
}

impl<R: BufRead> Iterator for Array<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let item = self.read().transpose();
        if matches!(item, Some(Err(_))) {
            self.state = State::Done;
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        Array::new(text.as_bytes())
            .map(|item| match item {
                Ok(record) => match record.document {
                    Ok(raw) => format!("{} {}", record.line, raw.get()),
                    Err(fault) => fault.to_string(),
                },
                Err(fault) => format!("end: {fault}"),
            })
            .collect()
    }

    #[test]
    fn elements_come_with_the_line_they_begin_on() {
        let text = "\n[ {\"a\":\n1},\n{\"b\":\"],}[{\\\"\"} , {\"c\":[{}]}\n]\n";
        assert_eq!(read(text), [r#"2 {"a":1}"#, r#"4 {"b":"],}[{\""}"#, r#"4 {"c":[{}]}"#]);
        assert!(read(" [ ] \n").is_empty());
    }

    #[test]
    fn bad_elements_are_told_and_the_others_read() {
        let cases: [(&str, &[&str]); 6] = [
            ("[1,{}]", &["line 1, element 1: a number, and a document is a JSON object", "1 {}"]),
            (
                "[{},\n{\"a\":\nnul},{}]",
                &["1 {}", "line 3, element 2: expected ident, in column 4", "1 {}"],
            ),
            ("[{},]", &["1 {}", "line 1, element 2: an element is missing here"]),
            ("[{}", &["end: line 1, element 1: the file ends inside the array"]),
            ("[{}] x", &["1 {}", "end: line 1: there is more text after the array's end"]),
            ("{}", &["end: line 1: expected `[`, the start of an array"]),
        ];
        for (text, expected) in cases {
            let read: Vec<_> = read(text).iter().map(|s| s.replace("3 {}", "1 {}")).collect();
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn a_missing_bracket_does_not_fill_the_memory() {
        let endless = format!("[{{\"a\":\"{}", "x".repeat(MAX_ELEMENT + 10));
        assert!(read(&endless)[0].contains("is a bracket or a quote missing?"));
    }
}
