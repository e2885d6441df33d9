//! The cases, by what they are about. Their list stands in `list.rs`.

pub(crate) mod changes;
pub(crate) mod closes;
pub(crate) mod frames;
pub(crate) mod greeting;
pub(crate) mod upgrade;
