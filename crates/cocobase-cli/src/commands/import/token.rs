//! How far an import came, in a word that can be given back with `--resume`.

use std::fmt;
use std::str::FromStr;

use crate::exit::{Exit, Failure};

/// How many documents a batch has unless the user says otherwise.
pub(crate) const BATCH: u64 = 500;

/// The identity of an import and how far it came.
///
/// Every batch is sent under the key `ID-START-END`, so the server recognises a batch that it has
/// stored already: going on from an earlier point than necessary, even from the very start, doubles
/// nothing as long as the batches are cut in the same places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Random, one for each import.
    pub(crate) id: String,
    /// The record to go on from; all before it are settled.
    pub(crate) start: u64,
    /// Where a batch ends that was sent without an answer; `start` when there is none.
    pub(crate) end: u64,
    /// Documents a batch.
    pub(crate) batch: u64,
}

impl Token {
    /// A new import.
    pub(crate) fn new(batch: u64) -> Result<Self, Failure> {
        let random = getrandom::u64().map_err(|error| {
            Failure::new(Exit::Failed, format_args!("the system gives no random number: {error}"))
        })?;
        Ok(Self { id: format!("{random:016x}"), start: 0, end: 0, batch })
    }

    /// The idempotency key of the records from `start` up to and without `end`.
    pub(crate) fn key(&self, start: u64, end: u64) -> String {
        format!("import-{}-{start}-{end}", self.id)
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}.{}", self.id, self.start, self.end, self.batch)
    }
}

impl FromStr for Token {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = || {
            let mut parts = text.split('.');
            let id = parts.next()?.to_owned();
            let mut number = || parts.next()?.parse().ok();
            let token = Self { id, start: number()?, end: number()?, batch: number()? };
            let well_formed = parts.next().is_none()
                && token.id.len() == 16
                && token.id.bytes().all(|byte| byte.is_ascii_hexdigit())
                && token.start <= token.end
                && (1..=1000).contains(&token.batch);
            well_formed.then_some(token)
        };
        read().ok_or_else(|| "this is no token that an import said".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back() {
        let token = Token { start: 16, end: 500, ..Token::new(250).unwrap() };
        assert_eq!(token.to_string().parse(), Ok(token.clone()));
        assert_eq!(token.key(16, 500), format!("import-{}-16-500", token.id));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let id = "0123456789abcdef";
        assert!(format!("{id}.0.0.500").parse::<Token>().is_ok());
        for bad in ["", "x", id, "short.0.0.500", "0123456789abcdeg.0.0.500"] {
            assert!(bad.parse::<Token>().is_err(), "{bad}");
        }
        for bad in ["5.4.500", "0.0.0", "0.0.1001", "0.0.500.1", "-1.0.500", "0.0"] {
            assert!(format!("{id}.{bad}").parse::<Token>().is_err(), "{bad}");
        }
    }
}
