//! What every reader gives: one record after another, each with its line.

use serde_json::value::RawValue;

use crate::json::Problem;

/// One record of a file: a document, or why it is none.
#[derive(Debug)]
pub(crate) struct Record {
    /// The line on which it begins, from 1.
    pub(crate) line: u64,
    /// The document, on one line.
    pub(crate) document: Result<Box<RawValue>, Fault>,
}

/// Something wrong in a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The line, from 1.
    pub(crate) line: u64,
    /// Which element of an array, from 1.
    pub(crate) element: Option<u64>,
    /// What is wrong.
    pub(crate) what: String,
}

/// The records of a file. An `Err` says that what follows cannot be read, and ends it.
pub(crate) type Records = Box<dyn Iterator<Item = Result<Record, Fault>> + Send>;

impl Fault {
    /// A fault on a line.
    pub(crate) fn new(line: u64, what: impl Into<String>) -> Self {
        Self { line, element: None, what: what.into() }
    }

    /// A fault in a record that begins on `line`.
    pub(crate) fn within(line: u64, problem: Problem) -> Self {
        Self::new(line + problem.line, problem.what)
    }

    /// The same, in an element of an array.
    pub(crate) fn element(self, element: u64) -> Self {
        Self { element: Some(element), ..self }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(element) = self.element {
            write!(f, ", element {element}")?;
        }
        write!(f, ": {}", self.what)
    }
}
