//! JSON Lines and JSON arrays.

use std::io::{self, Write};

use super::Sink;
use crate::fields::Fields;

/// One document a line.
pub(super) struct Lines<W>(W);

impl<W: Write> Lines<W> {
    pub(super) fn new(output: W) -> Self {
        Self(output)
    }
}

impl<W: Write> Sink for Lines<W> {
    fn write(&mut self, fields: &Fields) -> io::Result<()> {
        writeln!(self.0, "{}", fields.to_json())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.0.flush()
    }
}

/// One array, a document a line.
pub(super) struct Array<W> {
    output: W,
    /// What stands before the next document.
    lead: &'static str,
}

impl<W: Write> Array<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, lead: "[\n" }
    }
}

impl<W: Write> Sink for Array<W> {
    fn write(&mut self, fields: &Fields) -> io::Result<()> {
        write!(self.output, "{}{}", self.lead, fields.to_json())?;
        self.lead = ",\n";
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.output.write_all(if self.lead == ",\n" { b"\n]\n" } else { b"[]\n" })?;
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    #[derive(Default, Clone)]
    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn written(sink: impl FnOnce(Shared) -> Box<dyn Sink>, documents: &[&str]) -> String {
        let shared = Shared::default();
        let mut sink = sink(shared.clone());
        for document in documents {
            sink.write(&serde_json::from_str(document).unwrap()).unwrap();
        }
        sink.finish().unwrap();
        String::from_utf8(shared.0.take()).unwrap()
    }

    #[test]
    fn an_array_is_an_array_however_many_documents_it_has() {
        let array = |documents| written(|output| Box::new(Array::new(output)), documents);
        assert_eq!(array(&[]), "[]\n");
        assert_eq!(array(&[r#"{"b":1}"#]), "[\n{\"b\":1}\n]\n");
        assert_eq!(array(&[r#"{"b":1, "a":1.0}"#, "{}"]), "[\n{\"b\":1,\"a\":1.0},\n{}\n]\n");
    }

    #[test]
    fn lines_are_lines() {
        let lines = |documents| written(|output| Box::new(Lines::new(output)), documents);
        assert_eq!(lines(&[]), "");
        assert_eq!(lines(&["{}", r#"{"a":"x\ny"}"#]), "{}\n{\"a\":\"x\\ny\"}\n");
    }
}
