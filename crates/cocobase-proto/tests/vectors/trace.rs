//! Traces: scenes and their record, and records that are played back.

use cocobase_proto::trace::Trace;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::scenario::{Scenario, show_state};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TraceVector {
    /// What is recorded.
    scene: Option<Scenario>,
    #[serde(default)]
    seed: u64,
    /// The record, line by line; a line that is a text stands as it is.
    trace: Vec<Value>,
    /// What must not stand anywhere in it.
    #[serde(default)]
    secrets: Vec<String>,
    replays: Option<Replays>,
    /// The first line, counted from 1, that now gives something else.
    differs: Option<usize>,
    error: Option<Unreadable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Replays {
    calls: usize,
    state: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unreadable {
    line: usize,
    /// A part of the words.
    says: String,
}

impl Vector for TraceVector {
    fn check(&self) -> Result<(), String> {
        if let Some(scene) = &self.scene {
            let recorded = scene.record(self.seed)?;
            let lines: Vec<Value> = recorded.lines().map(crate::shapes::json).collect();
            compare("the record", &json!(self.trace), &json!(lines))?;
            if let Some(secret) = self.secrets.iter().find(|secret| recorded.contains(&***secret)) {
                return Err(format!("the record tells {secret}"));
            }
        }
        let lines: Vec<String> = self.trace.iter().map(line).collect();
        let trace = match (Trace::parse(&lines.join("\n")), &self.error) {
            (Ok(trace), None) => trace,
            (Err(error), Some(Unreadable { line, says })) => {
                let found = error.problem.to_string();
                let fits = error.line == *line && found.contains(says);
                return if fits { Ok(()) } else { Err(format!("reading says {error}")) };
            }
            (Err(error), None) => return Err(format!("reading says {error}")),
            (Ok(_), Some(_)) => return Err("it can be read".into()),
        };
        match (trace.replay(), &self.replays, self.differs) {
            (Ok(played), Some(Replays { calls, state }), None) => {
                compare("calls", &json!(calls), &json!(played.calls))?;
                compare("state", &json!(state), &json!(show_state(played.session.state())))
            }
            (Err(difference), None, Some(line)) => {
                compare("differs", &json!(line), &json!(difference.line))
            }
            (Ok(_), ..) => Err("it plays back".into()),
            (Err(difference), ..) => Err(difference.to_string()),
        }
    }
}

fn line(line: &Value) -> String {
    line.as_str().map_or_else(|| line.to_string(), String::from)
}
