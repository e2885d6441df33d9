//! Text search in any case of letters.

use alloc::boxed::Box;
use alloc::string::String;

/// Where the letters must stand in a text.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Start,
    End,
    Anywhere,
}

/// A text to look for in any case of letters: both sides are compared by the lowercase of each of
/// their characters, by Unicode's mapping, whatever the language.
#[derive(Debug, Clone)]
pub(super) struct Letters {
    lower: Box<str>,
    side: Side,
}

impl Letters {
    /// Steps up to which a text is searched in place, step by step; above, a linear search on a
    /// lowered copy bounds the time.
    const IN_PLACE: usize = 16 * 1_024;

    pub(super) fn new(text: &str, side: Side) -> Self {
        Self { lower: lower(text).into(), side }
    }

    pub(super) fn are_in(&self, text: &str) -> bool {
        if !text.is_ascii() {
            let text = lower(text);
            return match self.side {
                Side::Start => text.starts_with(&*self.lower),
                Side::End => text.ends_with(&*self.lower),
                Side::Anywhere => text.contains(&*self.lower),
            };
        }
        let (text, letters) = (text.as_bytes(), self.lower.as_bytes());
        match self.side {
            Side::Start => {
                text.get(..letters.len()).is_some_and(|part| part.eq_ignore_ascii_case(letters))
            }
            Side::End => {
                let start = text.len().checked_sub(letters.len());
                start
                    .and_then(|start| text.get(start..))
                    .is_some_and(|part| part.eq_ignore_ascii_case(letters))
            }
            Side::Anywhere => self.are_anywhere(text),
        }
    }

    fn are_anywhere(&self, text: &[u8]) -> bool {
        let letters = self.lower.as_bytes();
        let Some((first, others)) = letters.split_first() else {
            return true;
        };
        if text.len().saturating_mul(letters.len()) > Self::IN_PLACE {
            let text: String =
                text.iter().map(|byte| char::from(byte.to_ascii_lowercase())).collect();
            return text.contains(&*self.lower);
        }
        text.windows(letters.len()).any(|part| {
            part.split_first().is_some_and(|(head, tail)| {
                head.to_ascii_lowercase() == *first && tail.eq_ignore_ascii_case(others)
            })
        })
    }
}

/// The text as `contains`, `startswith` and `endswith` see it: each character in lowercase, by
/// Unicode's mapping, independent of language and neighbours.
///
/// ```
/// use cocobase_proto::filter::lower;
///
/// assert_eq!(lower("ÅLESUND"), "ålesund");
/// ```
#[must_use]
pub fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    text.chars().flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, letters: &str) -> [bool; 3] {
        [Side::Start, Side::End, Side::Anywhere]
            .map(|side| Letters::new(letters, side).are_in(text))
    }

    #[test]
    fn letters_are_found_in_any_case() {
        let table = [
            ("Adak, Alaska", "ADAK", [true, false, true]),
            ("Adak, Alaska", "alaska", [false, true, true]),
            ("Adak, Alaska", "k, a", [false, false, true]),
            ("Adak, Alaska", "Alaskan", [false, false, false]),
            ("Adak", "adak", [true, true, true]),
            ("Adak", "adak!", [false, false, false]),
            ("", "", [true, true, true]),
            ("x", "", [true, true, true]),
            ("", "x", [false, false, false]),
            ("ÅLESUND", "ålesund", [true, true, true]),
            ("Ålesund", "LES", [false, false, true]),
            ("straße", "STRASSE", [false, false, false]),
            ("ΟΔΟΣ", "οδοσ", [true, true, true]),
            // The Kelvin sign's lowercase is an ASCII letter.
            ("5 k", "\u{212a}", [false, true, true]),
            ("5 \u{212a}", "K", [false, true, true]),
            ("abc", "ä", [false, false, false]),
            // The bytes between letters differ in case's bit, but are no letters.
            ("[", "{", [false, false, false]),
        ];
        for (text, letters, expected) in table {
            assert_eq!(check(text, letters), expected, "{text:?} {letters:?}");
        }
    }

    #[test]
    fn a_long_text_is_searched_as_a_short_one() {
        let text = "aB".repeat(20_000);
        assert_eq!(check(&text, &"Ab".repeat(9_000)), [true, true, true]);
        assert_eq!(check(&text, &("ab".repeat(9_000) + "c")), [false, false, false]);
    }
}
