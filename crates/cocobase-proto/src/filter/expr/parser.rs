//! From tokens to a tree: `or` of `and`s of `not`s of comparisons.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::lexer::{Lexeme, Token, tokens};
use super::{MAX_WHERE_DEPTH, WhereError, WhereProblem};
use crate::filter::{Condition, Excerpt, Filter, Operand, Operator};

/// An expression, with the bytes where its parts stand.
#[derive(Debug)]
pub(super) enum Expr {
    Is(Condition, usize),
    All(Vec<Expr>, usize),
    Any(Vec<Expr>, usize),
    Not(Box<Expr>),
}

pub(super) struct Parser<'a> {
    source: &'a str,
    tokens: vec::IntoIter<Lexeme>,
    /// The token that comes next.
    next: Lexeme,
    depth: usize,
}

const KEYWORDS: [&str; 11] =
    ["and", "or", "not", "in", "is", "null", "true", "false", "contains", "startswith", "endswith"];

/// Whether the word means something in the language, so that a field of that name needs quotes.
pub(super) fn is_keyword(word: &str) -> bool {
    KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(word))
}

const COMPARISON: &str =
    "a comparison such as `= true`, `>= 4.5`, `contains \"x\"`, `in (1, 2)` or `is null`";

impl<'a> Parser<'a> {
    pub(super) fn parse(source: &'a str) -> Result<Expr, WhereError> {
        let end = Lexeme { token: Token::End, start: source.len(), end: source.len() };
        let mut parser = Self { source, tokens: tokens(source)?.into_iter(), next: end, depth: 0 };
        parser.advance();
        if parser.next.token == Token::End {
            return Err(WhereError::new(WhereProblem::Empty, source, 0));
        }
        let expr = parser.any()?;
        if parser.next.token == Token::End {
            return Ok(expr);
        }
        Err(parser.expected("`and`, `or` or the end"))
    }

    fn any(&mut self) -> Result<Expr, WhereError> {
        self.joined("or", Self::all, Expr::Any)
    }

    fn all(&mut self) -> Result<Expr, WhereError> {
        self.joined("and", Self::unary, Expr::All)
    }

    /// One part, or several between which the keyword stands.
    fn joined(
        &mut self,
        keyword: &str,
        part: fn(&mut Self) -> Result<Expr, WhereError>,
        join: fn(Vec<Expr>, usize) -> Expr,
    ) -> Result<Expr, WhereError> {
        let first = part(self)?;
        let at = self.next.start;
        if !self.takes(keyword) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self)?];
        while self.takes(keyword) {
            parts.push(part(self)?);
        }
        Ok(join(parts, at))
    }

    fn unary(&mut self) -> Result<Expr, WhereError> {
        let opens = self.next.token == Token::Open;
        if !opens && !self.next_is("not") {
            return self.comparison();
        }
        if self.depth >= MAX_WHERE_DEPTH {
            return Err(self.problem(WhereProblem::TooDeep));
        }
        self.depth += 1;
        self.advance();
        let expr = if opens {
            let inner = self.any()?;
            self.expect(&Token::Close, "`and`, `or` or `)`")?;
            inner
        } else {
            Expr::Not(Box::new(self.unary()?))
        };
        self.depth -= 1;
        Ok(expr)
    }

    fn comparison(&mut self) -> Result<Expr, WhereError> {
        let at = self.next.start;
        let field = self.field()?;
        let (operator, operand) = match &self.next.token {
            Token::Sign(sign) => {
                let sign = *sign;
                self.advance();
                (sign, self.value()?)
            }
            Token::Word(word) => {
                let word = word.to_ascii_lowercase();
                match word.as_str() {
                    "contains" | "startswith" | "endswith" => {
                        self.advance();
                        let operator = Operator::from_suffix(&word);
                        (operator.unwrap_or(Operator::Contains), self.value()?)
                    }
                    "is" => {
                        self.advance();
                        let yes = !self.takes("not");
                        if !self.takes("null") {
                            return Err(self.expected("`null` or `not null`"));
                        }
                        (Operator::IsNull, Operand::Bool(yes))
                    }
                    "in" => {
                        self.advance();
                        (Operator::In, self.list()?)
                    }
                    "not" => {
                        self.advance();
                        if !self.takes("in") {
                            return Err(self.expected("`in`, the only operator behind `not`"));
                        }
                        (Operator::NotIn, self.list()?)
                    }
                    _ => return Err(self.expected(COMPARISON)),
                }
            }
            _ => return Err(self.expected(COMPARISON)),
        };
        let condition = Condition { fields: vec![field], operator, operand };
        match Filter::from(condition.clone()).check() {
            Ok(()) => Ok(Expr::Is(condition, at)),
            Err(error) => Err(WhereError::new(WhereProblem::Filter(error), self.source, at)),
        }
    }

    fn field(&mut self) -> Result<String, WhereError> {
        match &self.next.token {
            Token::Word(word) if !is_keyword(word) => {}
            Token::Field(_) => {}
            _ => return Err(self.expected("a field's name, `not` or `(`")),
        }
        match self.advance() {
            Token::Word(name) | Token::Field(name) => Ok(name),
            _ => Ok(String::new()),
        }
    }

    fn value(&mut self) -> Result<Operand, WhereError> {
        let value = match &self.next.token {
            Token::Text(text) => Operand::Text(text.clone()),
            Token::Number(number) => Operand::Number(number.clone()),
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Operand::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Operand::Bool(false),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => {
                return Err(self.problem(WhereProblem::NullValue));
            }
            Token::Word(word) if !is_keyword(word) => {
                let problem = WhereProblem::BareValue(word.as_str().into());
                return Err(self.problem(problem));
            }
            _ => return Err(self.expected("a value: a quoted text, a number, true or false")),
        };
        self.advance();
        Ok(value)
    }

    fn list(&mut self) -> Result<Operand, WhereError> {
        self.expect(&Token::Open, "a list: `(\"a\", \"b\")`")?;
        let mut values = Vec::new();
        while self.next.token != Token::Close {
            values.push(self.value()?);
            if self.next.token != Token::Comma {
                break;
            }
            self.advance();
        }
        self.expect(&Token::Close, "`,` or `)`")?;
        Ok(Operand::list(values))
    }

    fn advance(&mut self) -> Token {
        // Behind the last token the end stays where it is.
        let end = Lexeme { token: Token::End, start: self.source.len(), end: self.source.len() };
        let next = self.tokens.next().unwrap_or(end);
        core::mem::replace(&mut self.next, next).token
    }

    fn expect(&mut self, token: &Token, expected: &'static str) -> Result<(), WhereError> {
        if self.next.token != *token {
            return Err(self.expected(expected));
        }
        self.advance();
        Ok(())
    }

    fn next_is(&self, keyword: &str) -> bool {
        matches!(&self.next.token, Token::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn takes(&mut self, keyword: &str) -> bool {
        let takes = self.next_is(keyword);
        if takes {
            self.advance();
        }
        takes
    }

    fn expected(&self, expected: &'static str) -> WhereError {
        let found = self.source.get(self.next.start..self.next.end).unwrap_or_default();
        let found =
            if found.is_empty() { "the end".into() } else { Excerpt::from(found).to_string() };
        self.problem(WhereProblem::Expected { expected, found })
    }

    fn problem(&self, problem: WhereProblem) -> WhereError {
        WhereError::new(problem, self.source, self.next.start)
    }
}
