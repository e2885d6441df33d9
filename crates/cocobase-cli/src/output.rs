//! Standard output and standard error: colours only on a terminal, every line whole.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Color, Style};

use crate::exit::Failure;

/// What is new, and what went well.
pub(crate) const GOOD: Style = color(AnsiColor::Green);
/// What changed, and what deserves a look.
pub(crate) const NOTE: Style = color(AnsiColor::Yellow);
/// What is gone, and what went wrong.
pub(crate) const BAD: Style = color(AnsiColor::Red).bold();
/// Names: ids, watchers, addresses.
pub(crate) const NAME: Style = color(AnsiColor::Cyan);
/// What may be overlooked.
pub(crate) const DIM: Style = Style::new().dimmed();
/// What must not be.
pub(crate) const STRONG: Style = Style::new().bold();

const fn color(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(Color::Ansi(color)))
}

/// `text` in `style`; the styles are taken out again where the output is no terminal.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Writes a line to standard output and flushes it, so that a pipe's reader has it at once.
pub(crate) fn line(text: impl Display) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}

/// Writes a line to standard error. Nobody is left to tell when that fails.
pub(crate) fn remark(text: impl Display) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Says on standard error what went wrong and what to do next.
pub(crate) fn complain(failure: &Failure) {
    remark(format_args!("{} {}", paint(BAD, "error:"), failure.what()));
    if let Some(advice) = failure.advice() {
        remark(format_args!("{}  {advice}", paint(NAME, "next:")));
    }
}

/// A word as a shell takes it for one.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,@+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A number and what it counts: `1 document`, `1,707 documents`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    let digits = count.to_string();
    let mut number = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            number.push(',');
        }
        number.push(digit);
    }
    let plural = if count == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Whether standard output is a terminal.
pub(crate) fn on_terminal() -> bool {
    io::stdout().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_can_be_pasted_into_a_shell() {
        for (word, shown) in [
            ("quakes", "quakes"),
            ("a/b.jsonl", "a/b.jsonl"),
            ("", "''"),
            ("my things", "'my things'"),
            ("it's", r"'it'\''s'"),
        ] {
            assert_eq!(quoted(word), shown);
        }
    }

    #[test]
    fn numbers_are_written_for_people() {
        for (count, text) in [
            (0, "0 documents"),
            (1, "1 document"),
            (999, "999 documents"),
            (1_707, "1,707 documents"),
            (1_234_567, "1,234,567 documents"),
        ] {
            assert_eq!(counted(count, "document"), text);
        }
    }
}
