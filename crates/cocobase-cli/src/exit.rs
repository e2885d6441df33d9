//! How the program ends: exit codes, and errors that say what to do next.

use std::fmt;
use std::io;

/// The exit codes, as `cocobase --help` documents them. They are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It could not be done, or (demo) an event was missing, doubled or out of order.
    Failed = 1,
    /// The command line makes no sense. The argument parser ends with this code too.
    Usage = 2,
    /// The server refused the credentials or the collection; trying again cannot help.
    Refused = 3,
    /// The server could not be reached, or had a passing fault for too long.
    Unreachable = 4,
    /// The data given to the program, or sent by it, is not what it must be.
    BadData = 5,
    /// Stopped by ctrl-C or SIGTERM in the middle of work.
    Interrupted = 130,
}

/// Why a command did not do what it was asked, in one line, and what to do next, in another.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    what: String,
    next: Option<String>,
}

/// What ends a command early.
#[derive(Debug)]
pub(crate) enum End {
    /// It failed.
    Failure(Failure),
    /// Whoever read our output has seen enough: a quiet success.
    ReaderGone,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(exit: Exit, what: impl fmt::Display) -> Self {
        Self { exit, what: what.to_string(), next: None }
    }

    /// The same with what to do next.
    pub(crate) fn next(mut self, next: impl fmt::Display) -> Self {
        self.next = Some(next.to_string());
        self
    }

    /// Puts `more` behind what is said.
    pub(crate) fn more(mut self, more: impl fmt::Display) -> Self {
        self.what = format!("{}{more}", self.what);
        self
    }

    /// Puts `context` before what is said.
    pub(crate) fn context(mut self, context: impl fmt::Display) -> Self {
        self.what = format!("{context}: {}", self.what);
        self
    }

    /// The code to end with.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// What went wrong.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// What to do next.
    pub(crate) fn advice(&self) -> Option<&str> {
        self.next.as_deref()
    }
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

/// An error while writing to standard output.
impl From<io::Error> for End {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::ReaderGone
        } else {
            Self::Failure(
                Failure::new(Exit::Failed, format_args!("cannot write the output: {error}"))
                    .next("check the disk, or where the output is sent"),
            )
        }
    }
}
