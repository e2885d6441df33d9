//! From a filter back to an expression, for logs and tables.

use core::fmt;

use super::parser::is_keyword;
use crate::filter::{Clause, Condition, Filter, Operand, Operator};

/// Writes an expression that [`Filter::parse_where`] reads back as a filter of the same meaning.
///
/// Two filters have no expression: the empty one is `(everything)`, and a clause without
/// conditions is `(nothing)`.
///
/// ```
/// use cocobase_proto::filter::{Condition, Filter};
///
/// let filter = Filter::new()
///     .gte("mag", 4.5)
///     .any_of([Condition::contains("place", "Alaska"), Condition::is_in("net", ["ak", "us"])]);
/// assert_eq!(
///     filter.to_string(),
///     r#"mag >= 4.5 and (place contains "Alaska" or net in ("ak", "us"))"#
/// );
/// ```
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("(everything)");
        }
        let alone = self.clauses().len() == 1;
        for (at, clause) in self.clauses().iter().enumerate() {
            f.write_str(if at > 0 { " and " } else { "" })?;
            write_clause(f, clause, alone)?;
        }
        Ok(())
    }
}

fn write_clause(f: &mut fmt::Formatter<'_>, clause: &Clause, alone: bool) -> fmt::Result {
    let tests = || {
        let each = |condition| Condition::fields(condition).iter().map(move |it| (it, condition));
        clause.conditions().iter().flat_map(each)
    };
    if tests().next().is_none() {
        return f.write_str("(nothing)");
    }
    let parentheses = !alone && tests().nth(1).is_some();
    f.write_str(if parentheses { "(" } else { "" })?;
    for (at, (field, condition)) in tests().enumerate() {
        f.write_str(if at > 0 { " or " } else { "" })?;
        write_test(f, field, condition)?;
    }
    f.write_str(if parentheses { ")" } else { "" })
}

fn write_test(f: &mut fmt::Formatter<'_>, field: &str, condition: &Condition) -> fmt::Result {
    if is_bare(field) {
        f.write_str(field)?;
    } else {
        write_quoted(f, field, '`')?;
    }
    let sign = match (condition.operator(), condition.operand()) {
        (Operator::IsNull, Operand::Bool(false)) => return f.write_str(" is not null"),
        (Operator::IsNull, _) => return f.write_str(" is null"),
        (Operator::Eq, _) => "=",
        (Operator::Ne, _) => "!=",
        (Operator::Gt, _) => ">",
        (Operator::Gte, _) => ">=",
        (Operator::Lt, _) => "<",
        (Operator::Lte, _) => "<=",
        (Operator::NotIn, _) => "not in",
        (Operator::Contains | Operator::StartsWith | Operator::EndsWith | Operator::In, _) => {
            condition.operator().suffix()
        }
    };
    write!(f, " {sign} ")?;
    match condition.operand() {
        Operand::Text(text) => write_quoted(f, text, '"'),
        Operand::Number(number) => write!(f, "{number}"),
        Operand::Bool(value) => write!(f, "{value}"),
        Operand::NotFinite => f.write_str("NaN"),
        Operand::List(items) => {
            f.write_str("(")?;
            for (at, item) in items.iter().enumerate() {
                f.write_str(if at > 0 { ", " } else { "" })?;
                write_quoted(f, item, '"')?;
            }
            f.write_str(")")
        }
    }
}

fn is_bare(field: &str) -> bool {
    let mut chars = field.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && chars.all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        && !is_keyword(field)
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str, quote: char) -> fmt::Result {
    use fmt::Write;

    f.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            // Every control character has a code of at most four hexadecimal digits.
            c if c.is_control() => write!(f, "\\u{:04x}", u32::from(c))?,
            c if c == quote || c == '\\' => write!(f, "\\{c}")?,
            c => f.write_char(c)?,
        }
    }
    f.write_char(quote)
}
