//! Text that is cheap to clone and to slice.

use alloc::string::String;
use core::borrow::Borrow;
use core::fmt;
use core::ops::Deref;

use bytes::Bytes;
use bytestring::ByteString;

/// UTF-8 text over shared bytes: cloning it or taking a part of it copies nothing.
///
/// A frame is one `Text`, and the documents in it are slices of that same allocation.
///
/// ```
/// use cocobase_proto::Text;
///
/// let frame = Text::from("{\"id\":\"doc_1\"}");
/// let id = frame.slice_of(&frame[7..12]);
/// assert_eq!(id, "doc_1");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Text(ByteString);

impl Text {
    /// Text that lives as long as the program.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self(ByteString::from_static(text))
    }

    /// The text of these bytes, or the error that says where they stop being UTF-8.
    ///
    /// # Errors
    ///
    /// When `bytes` is not UTF-8.
    ///
    /// ```
    /// use cocobase_proto::Text;
    /// assert!(Text::from_utf8(vec![0x68, 0x69].into()).is_ok());
    /// assert!(Text::from_utf8(vec![0xff].into()).is_err());
    /// ```
    pub fn from_utf8(bytes: Bytes) -> Result<Self, core::str::Utf8Error> {
        ByteString::try_from(bytes).map(Self)
    }

    /// The text as a string slice.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The bytes behind the text, shared with it.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.into_bytes()
    }

    /// A part of this text that shares its bytes.
    ///
    /// `part` is expected to lie inside `self`; a string from elsewhere is copied instead, so that
    /// the answer always equals `part`.
    #[must_use]
    pub fn slice_of(&self, part: &str) -> Self {
        let whole = self.as_str().as_bytes().as_ptr_range();
        let inner = part.as_bytes().as_ptr_range();
        if whole.start <= inner.start && inner.end <= whole.end {
            Self(self.0.slice_ref(part))
        } else {
            Self(ByteString::from(part))
        }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(ByteString::from(text))
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(ByteString::from(text))
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_shares_the_bytes_of_its_frame() {
        let frame = Text::from(String::from("hello world"));
        let part = frame.slice_of(&frame[6..]);
        assert_eq!(part, "world");
        assert_eq!(part.as_ptr(), frame[6..].as_ptr());
    }

    #[test]
    fn a_foreign_string_is_copied() {
        assert_eq!(Text::from("abc").slice_of("xyz"), "xyz");
    }
}
