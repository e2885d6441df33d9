//! A fast way over the JSON that servers mostly write.
//!
//! *Plain* JSON holds no escape, no control character (line breaks between tokens are such) and no
//! more than 62 levels. It is checked as strictly as `serde_json` checks it. Of anything else, be it
//! wrong or just not plain, nothing is said here: `serde_json` decides, and words the error.
//!
//! Speed comes from what is not done. One pass, which compilers turn into vector instructions,
//! rules out escapes and control characters, so that a string ends at the next quote. What is left
//! to read is passed from function to function in registers, and where the end of a piece is
//! foreseeable (keys, digits) it is looked for byte by byte, so that a processor that guesses the
//! branches need not wait for the bytes.

/// What is not yet read.
pub(super) type Rest<'a> = &'a [u8];

/// Calls `each` with every key of the object `text` and the JSON of its value, in their order.
///
/// `None` when `text` is not a plain JSON object, or when `each` says so: then what was called before
/// means nothing.
pub(crate) fn members<'a>(
    text: &'a str,
    mut each: impl FnMut(&'a str, &'a str) -> Option<()>,
) -> Option<()> {
    if !has_plain_text(text) {
        return None;
    }
    let position = |rest: Rest<'_>| text.len() - rest.len();
    let mut rest = after(text.as_bytes(), b'{')?;
    if let Some(end) = after(rest, b'}') {
        return spaceless(end).is_empty().then_some(());
    }
    loop {
        let start = after(rest, b'"')?;
        rest = after_key(start)?;
        let key = text.get(position(start)..position(rest) - 1)?;
        let start = spaceless(after(rest, b':')?);
        rest = after_value(start)?;
        each(key, text.get(position(start)..position(rest))?)?;
        rest = match spaceless(rest) {
            [b',', rest @ ..] => rest,
            [b'}', rest @ ..] => return spaceless(rest).is_empty().then_some(()),
            _ => return None,
        };
    }
}

/// Whether the text is free of escapes and control characters. Only then the rest of this module
/// knows where texts end.
pub(crate) fn has_plain_text(text: &str) -> bool {
    // No early end: that is what makes it fast.
    let odd = text.bytes().fold(false, |odd, byte| odd | (byte < b' ') | (byte == b'\\'));
    !odd
}

/// What stands behind the value that `text` begins with.
#[inline]
pub(crate) fn behind_value(text: &str) -> Option<&str> {
    let rest = match text.as_bytes() {
        [b'"', text @ ..] => after_text(text)?,
        other => after_value(other)?,
    };
    text.get(text.len() - rest.len()..)
}

/// After a value of any kind.
pub(super) fn after_value(mut rest: Rest<'_>) -> Option<Rest<'_>> {
    /// One bit for each level, set for an object, below a bit that marks the outermost level.
    const OUTERMOST: u64 = 1;
    const DEEPEST: u64 = 1 << 62;
    let mut levels = OUTERMOST;
    'value: loop {
        rest = match spaceless(rest) {
            [b'"', rest @ ..] => after_text(rest)?,
            number @ [b'-' | b'0'..=b'9', ..] => after_number(number)?,
            [b'{', inner @ ..] if levels < DEEPEST => {
                levels = levels << 1 | 1;
                rest = spaceless(inner);
                if !matches!(rest, [b'}', ..]) {
                    rest = after_name(rest)?;
                    continue;
                }
                rest
            }
            [b'[', inner @ ..] if levels < DEEPEST => {
                levels <<= 1;
                rest = spaceless(inner);
                if !matches!(rest, [b']', ..]) {
                    continue;
                }
                rest
            }
            [b't', b'r', b'u', b'e', rest @ ..]
            | [b'f', b'a', b'l', b's', b'e', rest @ ..]
            | [b'n', b'u', b'l', b'l', rest @ ..] => rest,
            _ => return None,
        };
        while levels != OUTERMOST {
            let is_object = levels & 1 == 1;
            rest = match (is_object, spaceless(rest)) {
                // Most members are texts, and are written without spaces.
                (true, [b',', b'"', key @ ..]) => match after_key(key)? {
                    [b':', b'"', text @ ..] => {
                        rest = after_text(text)?;
                        continue;
                    }
                    colon => {
                        rest = after(colon, b':')?;
                        continue 'value;
                    }
                },
                (true, [b',', next @ ..]) => {
                    rest = after_name(next)?;
                    continue 'value;
                }
                (false, [b',', next @ ..]) => {
                    rest = next;
                    continue 'value;
                }
                (true, [b'}', rest @ ..]) | (false, [b']', rest @ ..]) => rest,
                _ => return None,
            };
            levels >>= 1;
        }
        return Some(rest);
    }
}

/// After a key and its colon.
#[inline(always)]
fn after_name(rest: Rest<'_>) -> Option<Rest<'_>> {
    after(after_key(after(rest, b'"')?)?, b':')
}

/// After the quote that ends a key. Keys are short, and mostly those of the object before.
#[inline(always)]
pub(super) fn after_key(mut rest: Rest<'_>) -> Option<Rest<'_>> {
    loop {
        match rest {
            [b'"', rest @ ..] => return Some(rest),
            [_, next @ ..] => rest = next,
            [] => return None,
        }
    }
}

/// After the quote that ends a text, which is looked for in eight bytes at a time.
#[inline(always)]
pub(super) fn after_text(mut rest: Rest<'_>) -> Option<Rest<'_>> {
    const ONES: u64 = u64::MAX / 0xff;
    while let Some((chunk, next)) = rest.split_first_chunk::<8>() {
        // A quote becomes a zero; the lowest high bit that is left is that of the first zero.
        let zeros = u64::from_le_bytes(*chunk) ^ (ONES * b'"' as u64);
        let hits = zeros.wrapping_sub(ONES) & !zeros & (ONES << 7);
        if hits != 0 {
            return rest.get(hits.trailing_zeros() as usize / 8 + 1..);
        }
        rest = next;
    }
    after_key(rest)
}

/// After a number, which is read as far as it is one.
#[inline(always)]
pub(super) fn after_number(rest: Rest<'_>) -> Option<Rest<'_>> {
    let ([b'-', rest @ ..] | rest) = rest;
    let mut rest = match rest {
        [b'0', rest @ ..] => rest,
        digits => after_digits(digits)?,
    };
    if let [b'.', digits @ ..] = rest {
        rest = after_digits(digits)?;
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let ([b'+' | b'-', digits @ ..] | digits) = exponent;
        rest = after_digits(digits)?;
    }
    Some(rest)
}

/// After at least one digit.
#[inline(always)]
fn after_digits(rest: Rest<'_>) -> Option<Rest<'_>> {
    let [b'0'..=b'9', rest @ ..] = rest else { return None };
    let mut rest = rest;
    while let [b'0'..=b'9', next @ ..] = rest {
        rest = next;
    }
    Some(rest)
}

/// After this byte and the spaces before it.
#[inline(always)]
pub(super) fn after(rest: Rest<'_>, byte: u8) -> Option<Rest<'_>> {
    let (first, rest) = spaceless(rest).split_first()?;
    (*first == byte).then_some(rest)
}

#[inline(always)]
pub(super) fn spaceless(rest: Rest<'_>) -> Rest<'_> {
    // `starts_with` is a call, for one byte too, where the optimizer stops at crates.
    match rest {
        [b' ', ..] => skip_spaces(rest),
        _ => rest,
    }
}

#[cold]
fn skip_spaces(mut rest: Rest<'_>) -> Rest<'_> {
    while let [b' ', next @ ..] = rest {
        rest = next;
    }
    rest
}

#[cfg(test)]
mod tests;
