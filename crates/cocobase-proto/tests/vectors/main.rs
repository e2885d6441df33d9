//! Runs the vectors in `vectors/`: one test per file, and each vector that fails by its name.
//!
//! The format is explained in `vectors/README.md`, for those who run the vectors against another
//! implementation. `cargo test -p cocobase-proto --test vectors -- --nocapture` prints how many
//! there are.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod client;
mod combine;
mod documents;
mod endpoints;
mod errors;
mod filters;
mod live;
mod matching;
mod pattern;
mod queries;
mod rest;
mod scenario;
mod server;
mod server_write;
mod shapes;
mod streams;
mod trace;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// One vector, without its name and its notes.
trait Vector: DeserializeOwned {
    /// Runs it; the error says what differs.
    fn check(&self) -> Result<(), String>;
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: u32,
    #[allow(dead_code, reason = "for readers")]
    about: String,
    vectors: Vec<Map<String, Value>>,
}

const FORMAT: u32 = 1;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn load(file: &str) -> Vec<Map<String, Value>> {
    let text = std::fs::read_to_string(folder().join(file)).expect(file);
    let file_: File = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{file}: {error}"));
    assert_eq!(file_.format, FORMAT, "{file} has another format than this runner");
    assert!(!file_.vectors.is_empty(), "{file} is empty");
    file_.vectors
}

fn run<V: Vector>(file: &str) {
    let mut names = BTreeSet::new();
    let mut failed = 0;
    for mut vector in load(file) {
        let Some(Value::String(name)) = vector.remove("name") else {
            panic!("{file}: a vector has no name: {vector:?}")
        };
        for note in ["about", "source"] {
            let note = vector.remove(note);
            assert!(note.is_none_or(|note| note.is_string()), "{file}: {name}: a note is text");
        }
        assert!(names.insert(name.clone()), "{file}: two vectors are called {name}");
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let vector: V =
                serde_json::from_value(Value::Object(vector)).map_err(|error| error.to_string())?;
            vector.check()
        }));
        if let Err(reason) = outcome.unwrap_or_else(|_| Err("it panicked".into())) {
            failed += 1;
            println!("{file}: FAILED {name}\n    {}", reason.replace('\n', "\n    "));
        }
    }
    assert_eq!(failed, 0, "{failed} of {} vectors in {file} failed", names.len());
}

macro_rules! files {
    ($($test:ident: $file:literal is $vector:ty;)*) => {
        /// Each file with its test.
        const FILES: &[(&str, &str)] = &[$(($file, stringify!($test))),*];

        $(
            #[test]
            fn $test() {
                run::<$vector>($file);
            }
        )*
    };
}

files! {
    server_messages: "server-messages.json" is server::ServerVector;
    client_messages: "client-messages.json" is client::ClientVector;
    errors: "errors.json" is errors::ErrorVector;
    documents: "documents.json" is documents::DocumentVector;
    documents_stored: "documents-stored.json" is documents::StoredVector;
    filters_keys: "filters-keys.json" is filters::KeysVector;
    filters_written: "filters-written.json" is filters::WrittenVector;
    filters_meaning: "filters-meaning.json" is matching::MeaningVector;
    filters_query: "filters-query.json" is queries::QueryVector;
    filters_where: "filters-where.json" is filters::WhereVector;
    watch_queries: "watch-queries.json" is queries::WatchVector;
    event_streams: "event-streams.json" is streams::StreamVector;
    event_streams_written: "event-streams-written.json" is streams::BlockVector;
    positions: "positions.json" is streams::PositionVector;
    rest_requests: "rest-requests.json" is rest::RequestVector;
    rest_bodies: "rest-bodies.json" is rest::BodyVector;
    rest_answers: "rest-answers.json" is rest::AnswerVector;
    endpoints: "endpoints.json" is endpoints::BaseVector;
    paths: "paths.json" is endpoints::PathVector;
    live_views: "live-views.json" is live::LiveVector;
    combinators: "combinators.json" is combine::CombineVector;
    traces: "traces.json" is trace::TraceVector;
    scenarios_life: "scenarios/life.json" is scenario::Scenario;
    scenarios_liveness: "scenarios/liveness.json" is scenario::Scenario;
    scenarios_backoff: "scenarios/backoff.json" is scenario::Scenario;
    scenarios_refusals: "scenarios/refusals.json" is scenario::Scenario;
    scenarios_credentials: "scenarios/credentials.json" is scenario::Scenario;
    scenarios_continuity: "scenarios/continuity.json" is scenario::Scenario;
    scenarios_outbox: "scenarios/outbox.json" is scenario::Scenario;
    scenarios_rooms: "scenarios/rooms.json" is scenario::Scenario;
    scenarios_gateway: "scenarios/gateway.json" is scenario::Scenario;
    scenarios_event_streams: "scenarios/event-streams.json" is scenario::Scenario;
    scenarios_fallback: "scenarios/fallback.json" is scenario::Scenario;
    scenarios_self_hosted: "scenarios/self-hosted.json" is scenario::Scenario;
    scenarios_faults_elsewhere: "scenarios/faults-elsewhere.json" is scenario::Scenario;
}

#[test]
fn summary() {
    let mut total = 0;
    for (file, _) in FILES {
        let count = load(file).len();
        total += count;
        println!("{count:5} {file}");
    }
    println!("{total:5} in {} files", FILES.len());
}

#[test]
fn every_file_is_a_test_of_its_name() {
    let mut found = BTreeSet::new();
    for (folder, prefix) in [(folder(), ""), (folder().join("scenarios"), "scenarios/")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".json") {
                found.insert(format!("{prefix}{name}"));
            }
        }
    }
    let known: BTreeSet<String> = FILES.iter().map(|(file, _)| (*file).into()).collect();
    assert_eq!(found, known);
    for (file, test) in FILES {
        assert_eq!(file.trim_end_matches(".json").replace(['/', '-'], "_"), *test);
    }
}
