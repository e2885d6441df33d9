//! CSV with typed columns: read once to see what the columns hold, and once for the documents.

use std::fs::File;
use std::io::{self, Read, Seek};

use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};
use serde_json::Value;

use super::record::{Fault, Record};
use super::types::{Column, Seen, Types};
use crate::json;

/// Reads the rows of a CSV file under its line of names.
pub(crate) struct Csv<R> {
    reader: Reader<R>,
    columns: Vec<(String, Column)>,
    row: StringRecord,
}

impl<R: Read> Csv<R> {
    /// Looks through `file` for what its columns hold, unless `types` says it, then reads it again
    /// through `wrap`, which sees the bytes go by.
    pub(crate) fn open(
        mut file: File,
        separator: u8,
        types: &Types,
        wrap: impl FnOnce(File) -> R,
    ) -> Result<Self, Fault> {
        let unreadable = |error: io::Error| Fault::new(1, format!("cannot read: {error}"));
        file.rewind().map_err(unreadable)?;
        let mut first = builder(separator).from_reader(&mut file);
        let names: Vec<String> = names(&mut first)?;
        for told in types.columns() {
            if !names.iter().any(|name| name == told) {
                return Err(Fault::new(
                    1,
                    format!("--types names `{told}`, which is no column here"),
                ));
            }
        }
        let mut seen = vec![Seen::default(); names.len()];
        let mut row = StringRecord::new();
        loop {
            match first.read_record(&mut row) {
                Ok(true) => {
                    seen.iter_mut().zip(row.iter()).for_each(|(seen, value)| seen.see(value));
                }
                Ok(false) => break,
                Err(error) if error.is_io_error() => return Err(fault(&error, 1)),
                // A bad row is told when it is read for its document.
                Err(_) => {}
            }
        }
        drop(first);
        file.rewind().map_err(unreadable)?;
        let mut reader = builder(separator).from_reader(wrap(file));
        reader.headers().map_err(|error| fault(&error, 1))?;
        let columns = names
            .into_iter()
            .zip(seen)
            .map(|(name, seen)| {
                let column = Column::new(types.get(&name), seen);
                (name, column)
            })
            .collect();
        Ok(Self { reader, columns, row })
    }
}

fn builder(separator: u8) -> ReaderBuilder {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(separator);
    builder
}

fn names<R: Read>(reader: &mut Reader<R>) -> Result<Vec<String>, Fault> {
    let names: Vec<String> = reader
        .headers()
        .map_err(|error| fault(&error, 1))?
        .iter()
        .map(|name| name.trim_start_matches('\u{feff}').to_owned())
        .collect();
    for (at, name) in names.iter().enumerate() {
        if name.is_empty() {
            return Err(Fault::new(1, format!("column {} has no name", at + 1)));
        }
        if names.iter().take(at).any(|before| before == name) {
            return Err(Fault::new(1, format!("two columns are named `{name}`")));
        }
    }
    Ok(names)
}

fn fault(error: &csv::Error, line: u64) -> Fault {
    let line = error.position().map_or(line, csv::Position::line);
    let what = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} values, and the first line names {expected_len} columns")
        }
        ErrorKind::Utf8 { err, .. } => format!("column {} is not UTF-8", err.field() + 1),
        _ => format!("cannot read: {error}"),
    };
    Fault::new(line, what)
}

/// The document of a row.
fn document(row: &StringRecord, columns: &[(String, Column)]) -> Result<String, String> {
    let mut text = String::from("{");
    for ((name, column), value) in columns.iter().zip(row) {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&Value::from(name.as_str()).to_string());
        text.push(':');
        text.push_str(&column.json(value).map_err(|what| format!("column `{name}`: {what}"))?);
    }
    text.push('}');
    Ok(text)
}

impl<R: Read> Iterator for Csv<R> {
    type Item = Result<Record, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.reader.position().line();
        match self.reader.read_record(&mut self.row) {
            Ok(false) => None,
            Ok(true) => {
                let line = self.row.position().map_or(before, csv::Position::line);
                let document = document(&self.row, &self.columns)
                    .map_err(|what| Fault::new(line, what))
                    .and_then(|text| {
                        json::document(text.as_bytes())
                            .map_err(|problem| Fault::new(line, problem.what))
                    });
                Some(Ok(Record { line, document }))
            }
            Err(error) if error.is_io_error() => Some(Err(fault(&error, before))),
            Err(error) => {
                let fault = fault(&error, before);
                Some(Ok(Record { line: fault.line, document: Err(fault) }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn open(text: &[u8], types: &str) -> Result<Csv<File>, Fault> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text).unwrap();
        Csv::open(file, b',', &types.parse().unwrap(), |file| file)
    }

    fn read(text: &[u8], types: &str) -> Vec<String> {
        open(text, types)
            .unwrap()
            .map(|record| record.unwrap())
            .map(|record| match record.document {
                Ok(raw) => format!("{} {}", record.line, raw.get()),
                Err(fault) => fault.to_string(),
            })
            .collect()
    }

    #[test]
    fn rows_become_documents_in_the_order_of_the_columns() {
        let text = b"\xef\xbb\xbfzip,name,age,ok\n007,\"Ada \"\"L\"\", x\",36,true\n123,B,,false\n";
        assert_eq!(
            read(text, ""),
            [
                r#"2 {"zip":"007","name":"Ada \"L\", x","age":36,"ok":true}"#,
                r#"3 {"zip":"123","name":"B","age":null,"ok":false}"#,
            ]
        );
    }

    #[test]
    fn a_bad_row_is_told_with_its_line_and_column() {
        let text = b"a,b\n1,\"x\ny\"\n1\n1,2,3\nx,2\n1,\xff\n5,6\n";
        assert_eq!(
            read(text, "a:number"),
            [
                r#"2 {"a":1,"b":"x\ny"}"#,
                "line 4: 1 values, and the first line names 2 columns",
                "line 5: 3 values, and the first line names 2 columns",
                "line 6: column `a`: `x` is not a number as JSON writes it",
                "line 7: column 2 is not UTF-8",
                r#"8 {"a":5,"b":"6"}"#,
            ]
        );
    }

    #[test]
    fn names_must_be_there_and_differ() {
        let what = |text: &[u8], types| open(text, types).err().map(|fault| fault.to_string());
        assert_eq!(what(b"a,,b\n", ""), Some("line 1: column 2 has no name".into()));
        assert_eq!(what(b"a,a\n", ""), Some("line 1: two columns are named `a`".into()));
        assert_eq!(
            what(b"a\n", "b:text"),
            Some("line 1: --types names `b`, which is no column here".into())
        );
        assert!(read(b"", "").is_empty());
    }
}
