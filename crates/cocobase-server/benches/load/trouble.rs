//! Why a measurement ends early.

use std::io;

pub(crate) type Outcome<T> = Result<T, Trouble>;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// The server does not have this surface (yet): the row is left out.
    #[error("the server does not serve this surface")]
    NotServed,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("{0}")]
    Other(String),
}

impl From<String> for Trouble {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<rustix::io::Errno> for Trouble {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Io(error.into())
    }
}
