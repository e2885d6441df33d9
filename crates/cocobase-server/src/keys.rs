//! Who may use the server.

use std::fmt;

use cocobase_proto::Secret;
use subtle::ConstantTimeEq;

/// The API keys that the server accepts.
///
/// Keys are compared in constant time: how long a refusal takes says nothing about a key but its
/// length.
///
/// ```
/// use cocobase_server::Keys;
///
/// let keys = Keys::new(vec!["coco_1".into(), "coco_2".into()]);
/// assert!(keys.accept("coco_2"));
/// assert!(!keys.accept("coco_3"));
/// assert_eq!(format!("{keys:?}"), "Keys(2)");
/// ```
#[derive(Clone, Default)]
pub struct Keys(Vec<Secret>);

impl Keys {
    /// Longer keys than this many bytes are refused unread.
    pub const MAX_BYTES: usize = 1024;

    /// Accepts these keys; without any, nobody gets in. Empty keys are left out.
    #[must_use]
    pub fn new(mut keys: Vec<Secret>) -> Self {
        keys.retain(|key| !key.expose().is_empty());
        Self(keys)
    }

    /// Whether `given` is one of the keys.
    #[must_use]
    pub fn accept(&self, given: &str) -> bool {
        if given.len() > Self::MAX_BYTES {
            return false;
        }
        // No early exit: which of the keys it was must not show in the time either.
        let fits = self
            .0
            .iter()
            .map(|key| key.expose().as_bytes().ct_eq(given.as_bytes()))
            .fold(subtle::Choice::from(0), |any, one| any | one);
        fits.into()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

/// A new random key: `coco_` and 32 hexadecimal digits, 128 bits of the system's randomness.
pub(crate) fn generate() -> Result<Secret, getrandom::Error> {
    Ok(Secret::from(format!("coco_{}", random_hex()?)))
}

/// 128 random bits as 32 hexadecimal digits.
pub(crate) fn random_hex() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_key_is_accepted() {
        let keys = Keys::new(vec!["coco_abc".into(), "other".into(), "".into()]);
        for good in ["coco_abc", "other"] {
            assert!(keys.accept(good), "{good}");
        }
        let long = "x".repeat(Keys::MAX_BYTES + 1);
        for bad in ["", "coco_ab", "coco_abcd", "COCO_ABC", " other", "\0", long.as_str()] {
            assert!(!keys.accept(bad), "{bad}");
        }
        assert!(!Keys::default().accept(""));
    }

    #[test]
    fn generated_keys_differ() {
        let (one, two) = (generate().unwrap(), generate().unwrap());
        assert_ne!(one, two);
        assert_eq!(one.expose().len(), 37);
    }
}
