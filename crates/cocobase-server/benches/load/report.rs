//! The tables.

use crate::figures::{Figures, Measure, Shape, Target};
use crate::goals::{self, Bound, Goal};
use crate::options::Options;

/// So many subscribers are many enough to say what one of them needs.
const MANY: usize = 1_000;

pub(crate) fn print(
    figures: &Figures,
    options: &Options,
    cores: Option<(usize, usize)>,
    left_out: &[Target],
) {
    let report = Report { figures, options };
    println!();
    match cores {
        Some((server, client)) => println!("server on core {server}, client on core {client}"),
        None => println!("server and client on any core"),
    }
    let Options { rounds, time, .. } = options;
    println!("rounds: {rounds}, {time:?} a shape; figures are their medians, times µs of CPU");
    for target in left_out {
        println!("{} is left out: the server answers its address with 404", target.name());
    }
    report.fan_out();
    report.connections();
    report.goals();
}

struct Report<'a> {
    figures: &'a Figures,
    options: &'a Options,
}

impl Report<'_> {
    fn fan_out(&self) {
        let mut rows = vec![row([
            "subscribers",
            "load",
            "target",
            "deliveries/s",
            "CPU/delivery",
            "fan-out",
            "× floor",
            "CPU/publish",
            "bytes",
            "client busy",
        ])];
        for (subscribers, shape, target) in self.combinations() {
            let get = |measure: fn(Shape) -> Measure| {
                self.figures.get(target, subscribers, measure(shape))
            };
            let Some(deliveries) = get(Measure::Deliveries) else { continue };
            let floor = if shape == Shape::One { Target::FloorEach } else { Target::FloorJoined };
            rows.push(row([
                &subscribers.to_string(),
                shape.name(),
                target.name(),
                &whole(Some(deliveries)),
                &decimals(get(Measure::Whole)),
                &decimals(get(Measure::FanOut)),
                &decimals(self.times(target, subscribers, Measure::FanOut(shape), floor)),
                &decimals(get(Measure::Publish)),
                &whole(get(Measure::Bytes)),
                &get(Measure::ClientBusy).map_or_else(none, |it| format!("{:.0} %", it * 100.0)),
            ]));
        }
        table(&rows, 3);
    }

    fn connections(&self) {
        let mut rows = vec![row([
            "subscribers",
            "target",
            "accepted/s",
            "CPU each",
            "events/s",
            "p50, ms",
            "p99, ms",
            "bytes idle",
            "after events",
            "CPU/s at rest",
        ])];
        for (subscribers, target) in self.pairs() {
            let get = |measure| self.figures.get(target, subscribers, measure);
            let Some(accepted) = get(Measure::Accepted) else { continue };
            let milliseconds = |measure| decimals(get(measure).map(|it| it / 1000.0));
            rows.push(row([
                &subscribers.to_string(),
                target.name(),
                &whole(Some(accepted)),
                &decimals(get(Measure::Accept)),
                &decimals(get(Measure::Pace)),
                &milliseconds(Measure::Median),
                &milliseconds(Measure::P99),
                &whole(get(Measure::Idle)),
                &whole(get(Measure::Used)),
                &whole(get(Measure::Rest)),
            ]));
        }
        table(&rows, 2);
    }

    fn goals(&self) {
        let mut rows = vec![row(["subscribers", "target", "goal", "figure", "bound", ""])];
        for goal in &goals::ALL {
            for subscribers in &self.options.subscribers {
                rows.extend(self.goal(goal, *subscribers));
            }
        }
        table(&rows, 3);
    }

    fn goal(&self, goal: &Goal, subscribers: usize) -> Option<Vec<String>> {
        if goal.is_for_many && subscribers < MANY {
            return None;
        }
        let (figure, unit) = match goal.beside {
            Some(other) => (
                self.times(goal.of, subscribers, goal.measure, other)?,
                format!(" × {}", other.name()),
            ),
            None => (self.figures.get(goal.of, subscribers, goal.measure)?, String::new()),
        };
        let bound = match goal.bound {
            Bound::AtMost(bound) => format!("≤ {bound}{unit}"),
            Bound::AtLeast(bound) => format!("≥ {bound}{unit}"),
        };
        let figure_text = if goal.beside.is_some() { decimals } else { whole };
        let verdict = if goal.bound.is_met(figure) { "met" } else { "NOT MET" };
        Some(row([
            &subscribers.to_string(),
            goal.of.name(),
            goal.what,
            &figure_text(Some(figure)),
            &bound,
            verdict,
        ]))
    }

    fn times(
        &self,
        of: Target,
        subscribers: usize,
        measure: Measure,
        beside: Target,
    ) -> Option<f64> {
        let figure = self.figures.get(of, subscribers, measure)?;
        let other = self.figures.get(beside, subscribers, measure)?;
        (other > 0.0).then_some(figure / other)
    }

    fn pairs(&self) -> impl Iterator<Item = (usize, Target)> {
        let targets = |n: usize| Target::ALL.iter().map(move |target| (n, *target));
        self.options.subscribers.iter().copied().flat_map(targets)
    }

    fn combinations(&self) -> impl Iterator<Item = (usize, Shape, Target)> {
        let shapes = |n: usize| Shape::ALL.iter().map(move |shape| (n, *shape));
        self.options
            .subscribers
            .iter()
            .copied()
            .flat_map(shapes)
            .flat_map(|(n, shape)| Target::ALL.iter().map(move |target| (n, shape, *target)))
    }
}

fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).into()
}

fn none() -> String {
    "-".to_owned()
}

fn whole(figure: Option<f64>) -> String {
    figure.map_or_else(none, |it| format!("{it:.0}"))
}

fn decimals(figure: Option<f64>) -> String {
    figure.map_or_else(none, |it| format!("{it:.2}"))
}

/// Prints the rows in columns as wide as they need: the first `left` of them words, the rest
/// numbers.
fn table(rows: &[Vec<String>], left: usize) {
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    println!();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column < left { format!("{cell:width$}") } else { format!("{cell:>width$}") }
        });
        println!("{}", cells.collect::<Vec<_>>().join("  ").trim_end());
    }
}
