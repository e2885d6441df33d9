//! By which of its conditions a filter is found.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cocobase_proto::filter::{Clause, Condition, Filter, Operand, Operator, lower, read_number};

use super::letters::{HEAD, MAX_PART};
use super::names::is_too_deep;
use super::point::{self, Beginning, Point, Span};
use super::scalar::Scalar;

/// Keys under which one clause may stand; a clause with more is left to the matcher.
const MAX_KEYS: usize = 1_024;
/// Places at which one filter may stand because it takes steps beyond the first.
const MAX_PLACES: usize = 32;
/// Steps that one filter takes.
const MAX_STEPS: usize = 4;

/// The steps that lead from the root of the index to a filter. It follows from the filter alone, so
/// that removing finds what inserting made.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) steps: Vec<Step<'a>>,
    clauses: usize,
}

/// One clause, or all ranges of one field: the filter stands under each of the keys, and a document
/// that it matches has at least one of them.
#[derive(Debug)]
pub(super) struct Step<'a> {
    pub(super) keys: Vec<Key<'a>>,
    rank: Rank,
    /// How many clauses it stands for.
    clauses: usize,
    /// Whether they hold for every document that has one of the keys.
    exact: bool,
}

/// How few documents have such a key, the fewest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Value,
    Letters,
    FewLetters,
    Boolean,
    /// This and the following are the last step: nothing is nested under them.
    Span,
    HalfSpan,
    Presence,
}

/// What a document must have.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<'a> {
    pub(super) field: &'a str,
    pub(super) want: Want<'a>,
    /// Whether the condition holds for every document that has the key.
    exact: bool,
}

/// What a field must have.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Want<'a> {
    Equal(Scalar<'a>),
    /// An array has the element.
    Element(Scalar<'a>),
    Start(Box<[u8]>),
    /// The letters are reversed.
    End(Box<[u8]>),
    Part(Box<[u8]>),
    Number(Span<u128>),
    /// The bounds included. Where the span is kept it is known that its ends are not exact.
    Text(Span<Beginning>),
    Present,
    Null,
}

impl<'a> Plan<'a> {
    pub(super) fn new(filter: &'a Filter) -> Self {
        let mut open: Vec<Step<'_>> = Vec::new();
        let mut ranges: BTreeMap<&str, Range> = BTreeMap::new();
        for clause in filter.clauses() {
            if let Some((field, range)) = Range::of(clause) {
                ranges.entry(field).or_default().narrow(range);
            } else {
                open.extend(Step::of(clause));
            }
        }
        open.extend(ranges.into_iter().map(|(field, range)| range.step(field)));
        open.retain(|step| !step.keys.iter().any(|key| is_too_deep(key.field)));
        open.sort_by_key(|step| (step.rank, step.keys.len()));

        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut places = 1;
        for step in open {
            let first = steps.is_empty();
            let fits = steps.len() < MAX_STEPS
                && places * step.keys.len() <= MAX_PLACES
                && step.rank < Rank::Presence;
            if first || fits {
                places *= step.keys.len();
                let last = step.rank >= Rank::Span;
                steps.push(step);
                if last {
                    break;
                }
            }
        }
        Self { steps, clauses: filter.clauses().len() }
    }

    /// Whether a document that has taken the first `depth` steps is matched.
    pub(super) fn proves(&self, depth: usize) -> bool {
        let taken = self.steps.get(..depth).unwrap_or_default();
        taken.iter().map(|step| step.clauses).sum::<usize>() == self.clauses
            && taken.iter().all(|step| step.exact)
    }

    /// The fields of all keys, each once.
    pub(super) fn fields(&self) -> Vec<&'a str> {
        let keys = self.steps.iter().flat_map(|step| &step.keys);
        let mut fields: Vec<&str> = keys.map(|key| key.field).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

impl<'a> Step<'a> {
    fn of(clause: &'a Clause) -> Option<Self> {
        let mut keys = Vec::new();
        for condition in clause.conditions() {
            for field in condition.fields() {
                push_keys(field, condition, &mut keys);
                if keys.len() > MAX_KEYS {
                    return None;
                }
            }
        }
        keys.sort_unstable();
        keys.dedup();
        Some(Self::new(keys, 1))
    }

    fn new(keys: Vec<Key<'a>>, clauses: usize) -> Self {
        let rank = keys.iter().map(|key| key.want.rank()).max().unwrap_or(Rank::Value);
        let exact = keys.iter().all(|key| key.exact);
        Self { keys, rank, clauses, exact }
    }
}

impl Want<'_> {
    fn rank(&self) -> Rank {
        match self {
            Self::Equal(scalar) if scalar.is_boolean() => Rank::Boolean,
            Self::Equal(_) | Self::Element(_) => Rank::Value,
            Self::Start(letters) | Self::End(letters) | Self::Part(letters) => {
                if letters.len() < HEAD { Rank::FewLetters } else { Rank::Letters }
            }
            Self::Number(span) if span.is_closed() => Rank::Span,
            Self::Text(span) if span.is_closed() => Rank::Span,
            Self::Number(_) | Self::Text(_) => Rank::HalfSpan,
            Self::Present | Self::Null => Rank::Presence,
        }
    }
}

/// The keys of a condition on one of its fields; none if it can never hold.
fn push_keys<'a>(field: &'a str, condition: &'a Condition, keys: &mut Vec<Key<'a>>) {
    let mut push = |want, exact| keys.push(Key { field, want, exact });
    let operator = condition.operator();
    match (operator, condition.operand()) {
        (Operator::IsNull, Operand::Bool(true)) => push(Want::Null, true),
        (Operator::IsNull, Operand::Bool(false)) => push(Want::Present, true),
        (Operator::In, Operand::List(items)) => {
            items.iter().for_each(|item| push(Want::Equal(Scalar::of_text(item.into())), true));
        }
        (Operator::NotIn, Operand::List(_)) => push(Want::Present, false),
        (Operator::IsNull | Operator::In | Operator::NotIn, _) => {}
        (_, operand) => {
            let Some(text) = operand.text() else {
                return;
            };
            match operator {
                Operator::Eq => push(Want::Equal(Scalar::of_text(text)), true),
                Operator::StartsWith => push(Want::Start(letters(&text)), true),
                Operator::EndsWith => {
                    let mut letters = letters(&text);
                    letters.reverse();
                    push(Want::End(letters), true);
                }
                Operator::Contains => {
                    let letters = letters(&text);
                    push(Want::Element(Scalar::of_text(text)), true);
                    match letters.get(..MAX_PART) {
                        _ if letters.is_empty() => push(Want::Present, false),
                        Some(part) if part.len() < letters.len() => {
                            push(Want::Part(part.into()), false);
                        }
                        _ => push(Want::Part(letters), true),
                    }
                }
                Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => {
                    Range::new(operator, &text).keys(field).for_each(|key| keys.push(key));
                }
                // The other operators have been dealt with.
                _ => push(Want::Present, false),
            }
        }
    }
}

fn letters(text: &str) -> Box<[u8]> {
    lower(text).into_bytes().into()
}

/// What `gt`, `gte`, `lt` and `lte` ask of one field.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// Of a number; none if an operand is not one.
    number: Option<Span<u128>>,
    /// Of a text, the bounds included; of a boolean as well, by its text.
    text: Span<Beginning>,
    clauses: usize,
}

impl Default for Range {
    fn default() -> Self {
        Self { number: Some(Span::ALL), text: Span::ALL, clauses: 0 }
    }
}

impl Range {
    /// The range of a clause that is nothing else.
    fn of(clause: &Clause) -> Option<(&str, Self)> {
        let [condition] = clause.conditions() else {
            return None;
        };
        let [field] = condition.fields() else {
            return None;
        };
        let operator = condition.operator();
        let is_range =
            matches!(operator, Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte);
        let text = condition.operand().text().filter(|_| is_range)?;
        Some((field, Self::new(operator, &text)))
    }

    fn new(operator: Operator, text: &str) -> Self {
        // Numbers are exact, so a bound that is not included is the point beside it.
        let number = read_number(text).as_ref().and_then(point::number).map(|point| {
            let point = match operator {
                Operator::Gt => point.saturating_add(1),
                Operator::Lt => point.saturating_sub(1),
                _ => point,
            };
            span(operator, point)
        });
        Self { number, text: span(operator, Beginning::of(text)), clauses: 1 }
    }

    fn narrow(&mut self, other: Self) {
        self.number = self.number.zip(other.number).map(|(a, b)| a.and(b));
        self.text = self.text.and(other.text);
        self.clauses += other.clauses;
    }

    fn keys(self, field: &str) -> impl Iterator<Item = Key<'_>> {
        let number = self.number.filter(|span| !span.is_empty()).map(Want::Number);
        let text = Some(self.text).filter(|span| !span.is_empty()).map(Want::Text);
        number.into_iter().chain(text).map(move |want| Key { field, want, exact: true })
    }

    fn step(self, field: &str) -> Step<'_> {
        Step::new(self.keys(field).collect(), self.clauses)
    }
}

fn span<P: Point>(operator: Operator, bound: P) -> Span<P> {
    match operator {
        Operator::Gt | Operator::Gte => Span { low: bound, high: P::LAST },
        _ => Span { low: P::FIRST, high: bound },
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    /// The fields of each step, and whether the last proves the filter.
    fn plan(expression: &str) -> (Vec<String>, bool) {
        let filter = Filter::parse_where(expression).unwrap();
        let plan = Plan::new(&filter);
        let fields = |step: &Step<'_>| {
            let mut fields: Vec<&str> = step.keys.iter().map(|key| key.field).collect();
            fields.dedup();
            fields.join("|")
        };
        (plan.steps.iter().map(fields).collect(), plan.proves(plan.steps.len()))
    }

    #[test]
    fn the_most_telling_clause_goes_first() {
        for (expression, steps, proves) in [
            ("owner = 'x'", &["owner"][..], true),
            ("mag >= 5 and owner = 'x'", &["owner", "mag"], true),
            ("mag >= 5 and lat > 1 and mag < 6", &["mag"], false),
            ("mag >= 5 and mag < 6", &["mag"], true),
            ("active = true and mag >= 5", &["active", "mag"], true),
            ("active = true and owner = 'x'", &["owner", "active"], true),
            ("place contains 'ala' and owner = 'x'", &["owner", "place"], true),
            ("(a = 1 or b = 2) and c = 3", &["c", "a|b"], true),
            ("(a = 1 or b is null) and c startswith 'x'", &["c"], false),
            ("(a = 1 or b > 2) and c endswith 'xyz'", &["c", "a|b"], true),
            ("a != 1", &["a"], false),
            ("a not in (1, 2) and b is null", &["a"], false),
            ("b is null", &["b"], true),
            ("a = 1 and b = 2 and c = 3 and d = 4 and e = 5", &["a", "b", "c", "d"], false),
            ("place contains 'Lake Chargoggagogg of Massachusetts'", &["place"], false),
        ] {
            let expected = (steps.iter().map(|step| String::from(*step)).collect(), proves);
            assert_eq!(plan(expression), expected, "{expression}");
        }
    }

    #[test]
    fn what_costs_too_much_is_left_to_the_matcher() {
        let many = |n: usize| Condition::is_in("a", 0..n);
        let steps = |filter: Filter| Plan::new(&filter).steps.len();
        assert_eq!(steps(many(MAX_KEYS).into()), 1);
        assert_eq!(steps(many(MAX_KEYS + 1).into()), 0);
        assert_eq!(steps(Filter::from(many(MAX_PLACES)).eq("b", 1)), 2);
        assert_eq!(steps(Filter::from(many(MAX_PLACES + 1)).eq("b", 1)), 1);
    }
}
