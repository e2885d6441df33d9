//! The order of the measurements.

use std::time::{Duration, Instant};

use crate::child::Child;
use crate::client::{Client, Flow};
use crate::figures::{Figures, Measure, Shape, Target};
use crate::options::Options;
use crate::trouble::{Outcome, Trouble};
use crate::{report, system};

/// The load average of a machine on which little else runs.
const QUIET: f64 = 0.7;

/// Memory has settled when it is the same after so long.
const STILL: Duration = Duration::from_millis(300);

/// Some memory is only given back after a while; what is still in motion by then is in use.
const SETTLES_WITHIN: usize = 10;

pub(crate) fn all(options: &Options) -> Outcome<()> {
    let most = options.subscribers.iter().copied().max().unwrap_or_default();
    system::allow_files(most)?;
    let cores = if options.is_pinned { system::two_cores()? } else { None };
    if let Some((_, client)) = cores {
        system::stay_on(client)?;
    }
    if let Some(load) = system::load_average().filter(|load| *load > QUIET) {
        eprintln!("other work runs here (load average {load}): the figures will not be worth much");
    }
    let mut figures = Figures::default();
    let mut left_out = Vec::new();
    for round in 1..=options.rounds {
        for subscribers in &options.subscribers {
            let mut pace = None;
            for target in Target::ALL.iter().filter(|it| options.targets.contains(it)) {
                if left_out.contains(target) {
                    continue;
                }
                eprintln!("round {round}, {subscribers} subscribers, {}", target.name());
                let mut run = Run {
                    target: *target,
                    subscribers: *subscribers,
                    time: options.time,
                    figures: &mut figures,
                    core: cores.map(|(server, _)| server),
                };
                match run.measure(&mut pace) {
                    Ok(()) => {}
                    Err(Trouble::NotServed) => left_out.push(*target),
                    Err(trouble) => return Err(format!("{}: {trouble}", target.name()).into()),
                }
            }
        }
    }
    report::print(&figures, options, cores, &left_out);
    Ok(())
}

/// One target with so many subscribers, in one round.
struct Run<'a> {
    target: Target,
    subscribers: usize,
    time: Duration,
    figures: &'a mut Figures,
    core: Option<usize>,
}

impl Run<'_> {
    /// `pace` is the publishes a second at which latencies are taken, set by whoever comes first.
    fn measure(&mut self, pace: &mut Option<f64>) -> Outcome<()> {
        let mut child = Child::start(self.target.role(), self.core)?;
        let measured = self.measure_child(&mut child, pace);
        // Even after a failure: a server that is killed leaves its data behind.
        let stopped = child.stop();
        measured.and(stopped)
    }

    fn measure_child(&mut self, child: &mut Child, pace: &mut Option<f64>) -> Outcome<()> {
        let mut client = Client::connect(child)?;
        let publishing = self.publishing(child, &mut client)?;
        self.subscribing(child, &mut client)?;
        let one = self.fan_out(child, &mut client, &publishing)?;
        self.latency(&mut client, *pace.get_or_insert(one / 2.0))
    }

    /// What publishing costs while nobody listens: for each shape, a publish's CPU time.
    fn publishing(&mut self, child: &mut Child, client: &mut Client) -> Outcome<Vec<Duration>> {
        let costs = Shape::ALL.iter().map(|shape| {
            let (flow, server, _) = self.load(child, client, *shape, self.time / 3)?;
            let cost = server.div_f64(flow.publishes as f64);
            self.add(Measure::Publish(*shape), micros(cost));
            Ok(cost)
        });
        costs.collect()
    }

    /// What connecting and keeping subscribers costs.
    fn subscribing(&mut self, child: &mut Child, client: &mut Client) -> Outcome<()> {
        let subscribers = self.subscribers as f64;
        let before = settled(child, client)?;
        let cpu = child.cpu_time()?;
        let took = client.subscribe(child, self.target.surface(), self.subscribers)?;
        let cpu = child.cpu_time()?.saturating_sub(cpu);
        self.add(Measure::Accepted, subscribers / took.as_secs_f64());
        self.add(Measure::Accept, micros(cpu) / subscribers);

        let idle = settled(child, client)?;
        self.add(Measure::Idle, idle.saturating_sub(before) as f64 / subscribers);
        let (cpu, start) = (child.cpu_time()?, Instant::now());
        client.rest(self.time / 2)?;
        let cpu = child.cpu_time()?.saturating_sub(cpu);
        self.add(Measure::Rest, micros(cpu) / start.elapsed().as_secs_f64());

        // The first events are on cold paths; a hundred or so are enough to see what they leave
        // behind, and not so many that the log itself weighs.
        client.drive(Shape::Burst.events_a_publish(), 2, self.time / 10)?;
        let used = settled(child, client)?;
        self.add(Measure::Used, used.saturating_sub(before) as f64 / subscribers);
        Ok(())
    }

    /// What deliveries cost; the answer is how many single events a second reached everyone.
    fn fan_out(
        &mut self,
        child: &mut Child,
        client: &mut Client,
        publishing: &[Duration],
    ) -> Outcome<f64> {
        let mut one = 0.0;
        for (shape, publish) in Shape::ALL.iter().zip(publishing) {
            let (flow, server, busy) = self.load(child, client, *shape, self.time)?;
            let deliveries = flow.deliveries as f64;
            let publishing = publish.mul_f64(flow.publishes as f64);
            let seconds = flow.took.as_secs_f64();
            self.add(Measure::Deliveries(*shape), deliveries / seconds);
            self.add(Measure::Whole(*shape), micros(server) / deliveries);
            let fan_out = server.saturating_sub(publishing);
            self.add(Measure::FanOut(*shape), micros(fan_out) / deliveries);
            self.add(Measure::Bytes(*shape), flow.bytes as f64 / deliveries);
            self.add(Measure::ClientBusy(*shape), busy.as_secs_f64() / seconds);
            if *shape == Shape::One {
                one = flow.publishes as f64 / seconds;
            }
        }
        Ok(one)
    }

    fn latency(&mut self, client: &mut Client, pace: f64) -> Outcome<()> {
        let mut latencies = client.pace(pace, self.time)?.latencies;
        latencies.sort_unstable();
        let at = |share: f64| {
            let place = (share * latencies.len() as f64) as usize;
            latencies.get(place).copied().map(f64::from).unwrap_or_default()
        };
        let (median, p99) = (at(0.5), at(0.99));
        self.add(Measure::Pace, pace);
        self.add(Measure::Median, median);
        self.add(Measure::P99, p99);
        Ok(())
    }

    /// One shape of load, the server's CPU time in it, and the client's.
    fn load(
        &self,
        child: &mut Child,
        client: &mut Client,
        shape: Shape,
        time: Duration,
    ) -> Outcome<(Flow, Duration, Duration)> {
        let (server, own) = (child.cpu_time()?, system::cpu_time());
        let flow = client.drive(shape.events_a_publish(), shape.under_way(), time)?;
        let own = system::cpu_time().saturating_sub(own);
        Ok((flow, child.cpu_time()?.saturating_sub(server), own))
    }

    fn add(&mut self, measure: Measure, value: f64) {
        self.figures.add(self.target, self.subscribers, measure, value);
    }
}

/// The memory of a server in which nothing happens, once it stays the same.
fn settled(child: &Child, client: &mut Client) -> Outcome<u64> {
    let mut memory = child.memory()?;
    for _ in 0..SETTLES_WITHIN {
        client.rest(STILL)?;
        let now = child.memory()?;
        if now == memory {
            break;
        }
        memory = now;
    }
    Ok(memory)
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
