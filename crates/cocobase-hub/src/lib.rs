//! Skeleton.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod commit;

pub use commit::Commit;
