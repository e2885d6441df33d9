//! From text to tokens.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::Number;

use super::{MAX_WHERE_BYTES, WhereError, WhereProblem};
use crate::filter::Operator;
use crate::filter::operand::read_number;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    /// A keyword or a field's name.
    Word(String),
    /// A field's name in backticks.
    Field(String),
    Text(String),
    Number(Number),
    Sign(Operator),
    Open,
    Close,
    Comma,
    End,
}

#[derive(Debug, Clone)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    /// The byte where it starts, and the one behind its end.
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The signs of two characters stand before their beginnings.
const SIGNS: [(&str, Token); 11] = [
    ("==", Token::Sign(Operator::Eq)),
    ("!=", Token::Sign(Operator::Ne)),
    ("<>", Token::Sign(Operator::Ne)),
    ("<=", Token::Sign(Operator::Lte)),
    (">=", Token::Sign(Operator::Gte)),
    ("=", Token::Sign(Operator::Eq)),
    ("<", Token::Sign(Operator::Lt)),
    (">", Token::Sign(Operator::Gt)),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
];

/// The tokens of the expression; the last is always [`Token::End`].
pub(super) fn tokens(source: &str) -> Result<Vec<Lexeme>, WhereError> {
    if source.len() > MAX_WHERE_BYTES {
        return Err(WhereError::new(WhereProblem::TooLong, source, MAX_WHERE_BYTES));
    }
    let mut lexemes = Vec::new();
    let mut rest = source.trim_start();
    while let Some(first) = rest.chars().next() {
        let start = source.len() - rest.len();
        let (token, after) = next(first, rest).map_err(|(problem, after)| {
            WhereError::new(problem, source, source.len() - after.len())
        })?;
        lexemes.push(Lexeme { token, start, end: source.len() - after.len() });
        rest = after.trim_start();
    }
    lexemes.push(Lexeme { token: Token::End, start: source.len(), end: source.len() });
    Ok(lexemes)
}

/// A problem, and the text from its place on.
type Fault<'a> = (WhereProblem, &'a str);

fn next(first: char, rest: &str) -> Result<(Token, &str), Fault<'_>> {
    if matches!(first, '"' | '\'' | '`') {
        let (text, after) = quoted(first, rest)?;
        return Ok((if first == '`' { Token::Field(text) } else { Token::Text(text) }, after));
    }
    if let Some((sign, token)) = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
        return Ok((token.clone(), rest.strip_prefix(sign).unwrap_or_default()));
    }
    if first.is_ascii_digit() || matches!(first, '+' | '-' | '.') {
        // As far as a careless timestamp reaches, so that the error is about all of it.
        let (text, after) =
            split_while(rest, |c| c.is_alphanumeric() || matches!(c, '+' | '-' | '.' | ':' | '_'));
        let number = read_number(text);
        return number
            .map(|number| (Token::Number(number), after))
            .ok_or_else(|| (WhereProblem::Number(text.into()), rest));
    }
    if first.is_alphabetic() || first == '_' {
        let (word, after) = split_while(rest, |c| c.is_alphanumeric() || matches!(c, '_' | '.'));
        return Ok((Token::Word(word.into()), after));
    }
    Err((WhereProblem::Character(first), rest))
}

fn split_while(text: &str, belongs: impl Fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    text.split_at(end)
}

/// A quoted text with JSON's escapes, and those of the other quotes.
fn quoted(quote: char, rest: &str) -> Result<(String, &str), Fault<'_>> {
    let mut text = String::new();
    let mut chars = rest.chars();
    chars.next();
    loop {
        let here = chars.as_str();
        match chars.next() {
            None => return Err((WhereProblem::Unclosed(quote), rest)),
            Some(c) if c == quote => return Ok((text, chars.as_str())),
            Some('\\') => {
                let (c, after) = escape(chars.as_str()).ok_or((WhereProblem::Escape, here))?;
                text.push(c);
                chars = after.chars();
            }
            Some(c) => text.push(c),
        }
    }
}

/// The character of an escape, without its backslash, and what follows.
fn escape(rest: &str) -> Option<(char, &str)> {
    let mut chars = rest.chars();
    let c = match chars.next()? {
        c @ ('\\' | '"' | '\'' | '`' | '/') => c,
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return code_point(chars.as_str()),
        _ => return None,
    };
    Some((c, chars.as_str()))
}

/// Four hexadecimal digits, or a surrogate pair with `\u` between.
fn code_point(rest: &str) -> Option<(char, &str)> {
    let (high, after) = code_unit(rest)?;
    if let Some(c) = char::from_u32(high.into()) {
        return Some((c, after));
    }
    let (low, after) = code_unit(after.strip_prefix("\\u")?)?;
    let c = char::decode_utf16([high, low]).next()?.ok()?;
    Some((c, after))
}

fn code_unit(rest: &str) -> Option<(u16, &str)> {
    let (digits, after) = rest.split_at_checked(4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    Some((u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)?, after))
}
