//! CSV: one column for every field of any document.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Seek, Write};

use serde_json::value::RawValue;

use super::Sink;
use crate::fields::Fields;

/// Keeps the documents in a temporary file until all columns are known.
pub(super) struct Csv<W> {
    output: W,
    kept: BufWriter<File>,
    columns: Vec<String>,
    known: HashSet<String>,
}

impl<W: Write> Csv<W> {
    pub(super) fn new(output: W) -> io::Result<Self> {
        let kept = BufWriter::new(tempfile::tempfile()?);
        Ok(Self { output, kept, columns: Vec::new(), known: HashSet::new() })
    }
}

impl<W: Write> Sink for Csv<W> {
    fn write(&mut self, fields: &Fields) -> io::Result<()> {
        for (name, _) in &fields.0 {
            if !self.known.contains(name) {
                self.known.insert(name.clone());
                self.columns.push(name.clone());
            }
        }
        writeln!(self.kept, "{}", fields.to_json())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { output, kept, columns, .. } = *self;
        let mut kept = kept.into_inner().map_err(io::IntoInnerError::into_error)?;
        kept.rewind()?;
        let mut writer = csv::Writer::from_writer(output);
        if !columns.is_empty() {
            writer.write_record(&columns)?;
        }
        for line in BufReader::new(kept).lines() {
            let fields: Fields = serde_json::from_str(&line?)?;
            writer.write_record(columns.iter().map(|column| cell(fields.get(column))))?;
        }
        writer.flush()
    }
}

/// A text as it is, null and a missing field as nothing, everything else as its JSON.
fn cell(value: Option<&RawValue>) -> String {
    let json = value.map_or("null", RawValue::get);
    match serde_json::from_str(json) {
        _ if json == "null" => String::new(),
        Ok(text) => text,
        Err(_) => json.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_of_any_document_is_a_column() {
        let path = tempfile::NamedTempFile::new().unwrap();
        let mut csv = Box::new(Csv::new(path.reopen().unwrap()).unwrap());
        for document in [
            r#"{"b":"x, \"y\"","a":1.50}"#,
            r#"{"a":null,"c":{"d":[1,2]}}"#,
            r#"{"c":true,"b":"é"}"#,
        ] {
            csv.write(&serde_json::from_str(document).unwrap()).unwrap();
        }
        csv.finish().unwrap();
        let text = std::fs::read_to_string(path.path()).unwrap();
        assert_eq!(text, "b,a,c\n\"x, \"\"y\"\"\",1.50,\n,,\"{\"\"d\"\":[1,2]}\"\né,,true\n");
    }
}
