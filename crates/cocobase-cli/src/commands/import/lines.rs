//! JSON Lines: one document a line.

use std::io::{BufRead, Read};

use super::record::{Fault, Record};
use crate::json::{self, MAX_DOCUMENT};

/// Reads one document a line. Blank lines count as lines, not as records.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    input: R,
    line: u64,
    text: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Reads `input`, which stands at the start of its first line.
    pub(crate) fn new(input: R) -> Self {
        Self { input, line: 0, text: Vec::new() }
    }

    /// Reads one line, at most a little more than a document may have. `None` at the end.
    fn read_line(&mut self) -> Result<Option<()>, Fault> {
        self.line += 1;
        self.text.clear();
        let most = MAX_DOCUMENT as u64 + 2;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.text);
        let read = read.map_err(|error| Fault::new(self.line, format!("cannot read: {error}")))?;
        if read as u64 == most && self.text.last() != Some(&b'\n') {
            self.input
                .skip_until(b'\n')
                .map_err(|error| Fault::new(self.line, format!("cannot read: {error}")))?;
        }
        Ok((read > 0).then_some(()))
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.read_line() {
                Ok(Some(())) => {}
                Ok(None) => return None,
                Err(fault) => return Some(Err(fault)),
            }
            let text = self.text.trim_ascii();
            if !text.is_empty() {
                let line = self.line;
                let document = json::document(text).map_err(|problem| Fault::within(line, problem));
                return Some(Ok(Record { line, document }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u64, Result<String, String>)> {
        Lines::new(text)
            .map(|record| record.expect("readable"))
            .map(|record| {
                let document = record.document.map(|raw| raw.get().to_owned());
                (record.line, document.map_err(|fault| fault.to_string()))
            })
            .collect()
    }

    #[test]
    fn every_line_is_a_document_with_its_number() {
        let read = read(b"{\"a\":1}\n\n  {\"a\": 2}\r\n{\"a\":3}");
        let expected = [(1, "{\"a\":1}"), (3, "{\"a\":2}"), (4, "{\"a\":3}")];
        assert_eq!(read, expected.map(|(line, text)| (line, Ok(text.to_owned()))));
    }

    #[test]
    fn a_bad_line_does_not_spoil_the_next() {
        let long = [b"{\"a\":\"".as_slice(), &vec![b'x'; 3 * MAX_DOCUMENT], b"\"}\n"].concat();
        let text = [b"{\"a\":1,}\n".as_slice(), &long, b"{\"a\":3}\n"].concat();
        let read = read(&text);
        assert_eq!(read.len(), 3);
        assert_eq!(read[0].1, Err("line 1: trailing comma, in column 8".into()));
        assert!(read[1].1.as_ref().is_err_and(|what| what.starts_with("line 2: longer than")));
        assert_eq!(read[2], (3, Ok("{\"a\":3}".into())));
    }

    #[test]
    fn a_document_of_the_largest_size_fits() {
        let text = format!("{{\"a\":\"{}\"}}\r\n", "x".repeat(MAX_DOCUMENT - 8));
        assert!(read(text.as_bytes())[0].1.is_ok());
    }
}
