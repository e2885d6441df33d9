//! What a filter may cost at most. Reading and writing apply the same limits, so what one side
//! sends the other can read. They are our decision; the protocol names none.

/// Conditions in one filter, counted as keys of the wire form.
pub const MAX_CONDITIONS: usize = 256;

/// Items in the list of one `in` or `notin`.
pub const MAX_ITEMS: usize = 1_000;

/// Bytes of one key: group prefix, fields and operator together.
pub const MAX_KEY_BYTES: usize = 1_024;

/// Bytes of one value's text.
pub const MAX_VALUE_BYTES: usize = 16 * 1_024;

/// Bytes of a whole filter: its JSON text, or all keys and values of its pairs together.
pub const MAX_FILTER_BYTES: usize = 64 * 1_024;
