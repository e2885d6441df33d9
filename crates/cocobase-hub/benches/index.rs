//! What one event costs against n filters, beside a linear scan of the same filters in the same run;
//! what a filter costs to add, to remove and to keep.
//!
//! `cargo bench -p cocobase-hub --bench index`; only the mixes whose names start so: `-- mixed`
//!
//! Documents are given as parsed JSON. An event is timed from there: reading the fields, finding,
//! trying and sorting the receivers. Bytes are those on the heap, counted by the allocator, of the
//! whole set divided by its filters; the filter itself and its matcher are among them.
#![allow(clippy::disallowed_types, clippy::disallowed_methods)]
#![allow(clippy::print_stdout, clippy::indexing_slicing)]

use std::alloc::System;
use std::hint::black_box;
use std::time::{Duration, Instant};

use cocobase_hub::{ConnectionId, FilterSet};
use cocobase_proto::filter::{Condition, Filter, Matcher};
use serde_json::{Map, Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const DOCUMENTS: usize = 256;
const ROUNDS: usize = 7;

/// A sequence that looks random and repeats with its seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn unit(&mut self) -> f64 {
        self.roll(1 << 30) as f64 / f64::from(1 << 30)
    }

    fn word(&mut self, letters: usize) -> String {
        (0..letters).map(|_| char::from(b'a' + self.roll(26) as u8)).collect()
    }
}

/// A way to make the nth of so many filters.
type Mix = fn(&mut Dice, usize) -> Filter;

const MIXES: [(&str, Mix); 8] = [
    ("owner = x", |dice, n| Filter::new().eq("owner", owner(dice, n))),
    ("mixed", |dice, n| match dice.roll(20) {
        0..9 => Filter::new().eq("room", room(dice, n)).gte("age", dice.roll(90)),
        9..14 => Filter::new().eq("owner", owner(dice, n)),
        14..17 => {
            let rooms = [room(dice, n), room(dice, n)];
            Filter::new().is_in("room", rooms).ne("kind", "draft").eq("active", true)
        }
        17 => Filter::new()
            .any_of([Condition::eq("owner", owner(dice, n)), Condition::eq("room", room(dice, n))]),
        18 => Filter::new().starts_with("path", format!("Projects/{:05}/", dice.roll(n.max(20)))),
        _ => Filter::new().contains("place", dice.word(6)).gte("mag", 1.0),
    }),
    ("broad", |dice, _| {
        let status = ["active", "away", "busy", "new", "gone"][dice.roll(5)];
        Filter::new().eq("status", status).gte("mag", 10.0 * dice.unit())
    }),
    ("3 few-valued", |dice, _| {
        let [a, b, c] = ["x", "y", "z"].map(|field| (field, dice.roll(20)));
        Filter::new().eq(a.0, a.1).eq(b.0, b.1).eq(c.0, c.1)
    }),
    ("ranges", |dice, n| {
        let low = 10.0 * dice.unit();
        Filter::new().gte("lat", low).lt("lat", low + 40.0 / n as f64)
    }),
    ("times", |dice, n| {
        let low = dice.roll(86_400_000);
        Filter::new().gt("at", time(low)).lte("at", time(low + 400_000_000 / n))
    }),
    ("prefixes", |dice, n| {
        Filter::new().starts_with("path", format!("projects/{:06}/", dice.roll(n)))
    }),
    ("substrings", |dice, _| Filter::new().contains("place", dice.word(4 + dice.0 as usize % 4))),
];

fn owner(dice: &mut Dice, n: usize) -> String {
    format!("user_{:08}", dice.roll(n * 10 / 3))
}

fn room(dice: &mut Dice, n: usize) -> String {
    format!("room_{:06}", dice.roll(n))
}

fn time(milliseconds: usize) -> String {
    let [h, m, s] = [3_600_000, 60_000, 1_000].map(|unit| milliseconds / unit);
    format!("2026-01-31T{:02}:{:02}:{:02}.{:03}Z", h, m % 60, s % 60, milliseconds % 1_000)
}

/// About 300 bytes of JSON.
fn document(dice: &mut Dice, n: usize) -> Map<String, Value> {
    let value = json!({
        "id": format!("doc_{:08}", dice.roll(n)),
        "owner": owner(dice, n),
        "room": room(dice, n),
        "age": dice.roll(100),
        "status": "active",
        "active": true,
        "kind": "post",
        "mag": 0.7 * dice.unit(),
        "lat": 10.0 * dice.unit(),
        "at": time(dice.roll(86_400_000)),
        "path": format!("projects/{:06}/files/{}", dice.roll(n), dice.word(8)),
        "place": format!("{} km {} of {}, {}", dice.roll(99), dice.word(3), dice.word(8), dice.word(9)),
        "x": dice.roll(20), "y": dice.roll(20), "z": dice.roll(20),
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The shortest of several rounds: what the machine can do when nothing else runs.
fn shortest(rounds: usize, mut round: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn micros(took: Duration, times: usize) -> f64 {
    took.as_secs_f64() * 1e6 / times as f64
}

fn measure(name: &str, mix: Mix, n: usize) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let filters: Vec<Filter> = (0..n).map(|_| mix(&mut dice, n)).collect();
    let documents: Vec<Map<String, Value>> =
        (0..DOCUMENTS).map(|_| document(&mut dice, n)).collect();
    // Half of the subscribers do not come in the order of their numbers.
    let id =
        |at: usize| ConnectionId::from_bits(if at.is_multiple_of(2) { at } else { n - at } as u64);

    let matchers: Vec<Matcher> = filters.iter().map(Matcher::new).collect();
    let mut matches = 0;
    let scanned = documents.len().min(2_000_000 / n).max(8);
    let scan = shortest(2, || {
        matches = 0;
        for document in documents.iter().take(scanned) {
            matches += matchers.iter().filter(|matcher| matcher.matches(document)).count();
        }
    });
    drop(matchers);

    let heap = Region::new(HEAP);
    let mut set = FilterSet::default();
    let start = Instant::now();
    filters.iter().enumerate().for_each(|(at, filter)| set.insert(id(at), filter));
    let add = start.elapsed();
    let heap = heap.change();
    let bytes = (heap.bytes_allocated - heap.bytes_deallocated) / n;

    let mut receivers = Vec::new();
    let mut found = 0;
    for document in documents.iter().take(scanned) {
        receivers.clear();
        set.collect(None, document, &mut receivers);
        found += receivers.len();
    }
    assert_eq!(found, matches, "{name}: the set and the scan differ");

    let created = shortest(ROUNDS, || {
        for document in &documents {
            receivers.clear();
            set.collect(None, black_box(document), &mut receivers);
            black_box(&receivers);
        }
    });
    let updated = shortest(ROUNDS, || {
        for pair in documents.windows(2) {
            receivers.clear();
            set.collect(pair.first(), black_box(&pair[1]), &mut receivers);
            black_box(&receivers);
        }
    });
    let start = Instant::now();
    (0..n).for_each(|at| set.remove(id(at)));
    let remove = start.elapsed();
    assert!(set.is_empty());

    println!(
        "{name:13} {n:7} {:8.1} {:9.1} {:9.2} {:9.2} {:8.2} {:8.2} {bytes:7}",
        matches as f64 / scanned as f64,
        micros(scan, scanned),
        micros(created, DOCUMENTS),
        micros(updated, DOCUMENTS - 1),
        micros(add, n),
        micros(remove, n),
    );
}

fn main() {
    println!(
        "{:13} {:>7} {:>8} {:>9} {:>9} {:>9} {:>8} {:>8} {:>7}",
        "", "", "", "scan", "created", "updated", "add", "remove", "bytes/"
    );
    println!(
        "{:13} {:>7} {:>8} {:>9} {:>9} {:>9} {:>8} {:>8} {:>7}",
        "filters", "n", "matches", "µs/event", "µs/event", "µs/event", "µs", "µs", "filter"
    );
    let wanted = std::env::args().nth(1).filter(|word| !word.starts_with('-')).unwrap_or_default();
    for (name, mix) in MIXES.into_iter().filter(|(name, _)| name.starts_with(&wanted)) {
        for n in [1_000, 10_000, 100_000] {
            measure(name, mix, n);
        }
    }
}
