//! CPU time for an event.

use std::process::{Command, Stdio};

use comfy_table::Table;

use crate::child::Server;
use crate::targets::{self, Target};
use crate::{Outcome, system};

const ROUNDS: usize = 9;
const EVENTS: u64 = 200_000;

/// Every target in turn, several times: what drifts drifts for all of them. Each time in a process of
/// its own: how the system happens to lay it out in memory changes some figures by a tenth.
pub(crate) fn measure(only: Option<&str>) -> Outcome<()> {
    let wanted = |target: &&Target| only.is_none_or(|name| target.name.contains(name));
    let targets: Vec<&Target> = targets::ALL.iter().filter(wanted).collect();
    let server = Server::start()?;
    let mut figures = vec![Vec::new(); targets.len()];
    for round in 1..=ROUNDS {
        eprintln!("events: round {round} of {ROUNDS}, {} targets", figures.len());
        for (target, figures) in targets.iter().zip(&mut figures) {
            let output = Command::new(std::env::current_exe()?)
                .args(["--consume", target.name, &server.address])
                .stderr(Stdio::inherit())
                .output()?;
            let text = String::from_utf8(output.stdout)?;
            let figure: f64 =
                text.trim().parse().map_err(|_| format!("{} came to nothing", target.name))?;
            figures.push(figure);
        }
    }
    let medians: Vec<f64> = figures.into_iter().map(median).collect();
    let mut table = Table::new();
    table.set_header(["consumer", "ns an event", "× its library", "goal", ""]);
    for (target, figure) in targets.iter().zip(&medians) {
        let floor = targets.iter().zip(&medians).find(|(it, _)| it.name == target.floor);
        let ratio = floor.map_or(f64::NAN, |(_, floor)| figure / floor);
        let (goal, verdict) = match target.goal {
            Some(goal) => (format!("{goal:.2}"), if ratio <= goal { "met" } else { "NOT MET" }),
            None => (String::new(), ""),
        };
        let figures = [format!("{figure:.0}"), format!("{ratio:.2}"), goal, verdict.into()];
        table.add_row([target.name.to_owned()].into_iter().chain(figures));
    }
    println!("{EVENTS} events in each of {ROUNDS} rounds, medians\n{table}");
    Ok(())
}

/// Consumes, and prints what an event took, in nanoseconds.
pub(crate) fn consume(name: &str, address: &str) -> Outcome<()> {
    // The server writes on the other core.
    system::stay_on(1)?;
    let target = targets::ALL.iter().find(|it| it.name == name).ok_or("no such target")?;
    // Caches are filled, and the runtimes' threads started.
    (target.consume)(address, EVENTS / 10)?;
    let before = system::cpu_time();
    let sum = (target.consume)(address, EVENTS)?;
    let spent = system::cpu_time().saturating_sub(before);
    assert!(sum > 0.0, "{name} has decoded nothing");
    println!("{}", spent.as_nanos() as f64 / EVENTS as f64);
    Ok(())
}

pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
