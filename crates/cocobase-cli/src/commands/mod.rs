//! What the program does, one module a command.

pub(crate) mod demo;
pub(crate) mod doc;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod link;
pub(crate) mod rooms;
pub(crate) mod serve;
pub(crate) mod talk;
pub(crate) mod watch;
