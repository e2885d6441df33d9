//! The laws of the hub, checked after every call of random sequences on all surfaces at once.
//!
//! The numbers are those of the crate's documentation. `PROPTEST_CASES` sets how many sequences are
//! tried, `PROPTEST_RNG_SEED` with which seed; `FUZZ_SHOW=1` shows the calls of each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr)]

mod run;
mod story;
mod witness;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_laws_hold(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        story::tell(&bytes);
    }
}
