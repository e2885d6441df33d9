//! Combinators.
