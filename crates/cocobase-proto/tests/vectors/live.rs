//! Live views: what the session tells and which lists come, to what the view tells and shows.

use std::collections::BTreeMap;

use cocobase_proto::live::{LeftCause, LiveConfig, LiveEvent, LiveView, Read, ReadId};
use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::{Disconnected, Document, Event, Fault, Gap, GapCause, Instant, Missed, Topic};
use core::time::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::rest::Query;
use crate::shapes::{At, Said, event, json as parsed};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LiveVector {
    query: Query,
    /// The one that events must name, behind a gateway.
    collection: Option<String>,
    #[serde(default)]
    config: Config,
    steps: Vec<Step>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Config {
    max_documents: Option<usize>,
    spare: Option<usize>,
    max_late: Option<usize>,
    max_events: Option<usize>,
}

/// One thing comes in, and everything that follows from it is listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[allow(dead_code, reason = "for readers")]
    about: Option<String>,
    /// An event of the session, as a server spells it.
    message: Option<Said>,
    event: Option<Own>,
    list: Option<List>,
    /// The list that is asked for.
    asks: Option<Value>,
    #[serde(default)]
    told: Vec<Value>,
    /// Leaves what is told where it is.
    #[serde(default)]
    leave_told: bool,
    /// The ids of the documents that are shown, in order.
    shown: Option<Vec<String>>,
    /// The documents that are shown, as their flat views.
    documents: Option<Vec<Value>>,
    current: Option<bool>,
}

/// Events of the session that no message spells.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Own {
    Disconnected,
    Gap(About),
    Unsubscribed(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum About {
    Collection(String),
    Broadcast,
    Everything,
}

/// The answer to the request of this number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    read: usize,
    documents: Vec<Value>,
    position: Option<At>,
}

impl Vector for LiveVector {
    fn check(&self) -> Result<(), String> {
        let d = LiveConfig::default();
        let config = LiveConfig {
            max_documents: self.config.max_documents.unwrap_or(d.max_documents),
            spare: self.config.spare.unwrap_or(d.spare),
            max_late: self.config.max_late.unwrap_or(d.max_late),
            max_events: self.config.max_events.unwrap_or(d.max_events),
        };
        let query = self.query.list()?;
        let view = LiveView::new(query, config).map_err(|error| error.to_string())?;
        let view = match &self.collection {
            Some(name) => view.of_collection(name.as_str()),
            None => view,
        };
        let mut stage = Stage { view, reads: Vec::new(), mirror: Vec::new() };
        for (at, step) in self.steps.iter().enumerate() {
            stage.play(step).map_err(|error| format!("step {at}: {error}"))?;
        }
        Ok(())
    }
}

struct Stage {
    view: LiveView,
    /// Every request so far.
    reads: Vec<ReadId>,
    /// Whoever applies what is told.
    mirror: Vec<Document>,
}

impl Stage {
    fn play(&mut self, step: &Step) -> Result<(), String> {
        let comes = [step.message.is_some(), step.event.is_some(), step.list.is_some()];
        if comes.into_iter().filter(|comes| *comes).count() != 1 {
            return Err("one thing comes in at a time".into());
        }
        if let Some(message) = &step.message {
            self.view.handle_event(&event(&message.text())?);
        }
        if let Some(own) = &step.event {
            self.view.handle_event(&own.build());
        }
        if let Some(List { read, documents, position }) = &step.list {
            let id = read.checked_sub(1).and_then(|at| self.reads.get(at));
            let documents = documents.iter().map(|json| Document::new(json.to_string().into()));
            let id = *id.ok_or("there was no such request")?;
            self.view.handle_list(id, documents, position.as_ref().map(Into::into));
        }
        let asked = self.view.poll_read();
        let asks = asked.as_ref().map_or(Value::Null, show_read);
        compare("asks", step.asks.as_ref().unwrap_or(&Value::Null), &asks)?;
        self.reads.extend(asked.map(|read| read.id));
        if !step.leave_told {
            let mut told = Vec::new();
            while let Some(event) = self.view.poll_event() {
                self.mirror(&event);
                told.push(show_event(&event));
            }
            compare("told", &json!(step.told), &json!(told))?;
            if !self.view.documents().map(Document::id).eq(self.mirror.iter().map(Document::id)) {
                return Err("what is told does not lead to what is shown".into());
            }
        }
        if let Some(shown) = &step.shown {
            let found: Vec<Value> = self.view.documents().map(id).collect();
            compare("shown", &json!(shown), &json!(found))?;
        }
        if let Some(documents) = &step.documents {
            let found: Vec<Value> = self.view.documents().map(flat).collect();
            compare("documents", &json!(documents), &json!(found))?;
        }
        if let Some(current) = step.current {
            compare("current", &json!(current), &json!(self.view.is_current()))?;
        }
        Ok(())
    }

    fn mirror(&mut self, event: &LiveEvent) {
        match event {
            LiveEvent::Entered { document, at } => self.mirror.insert(*at, document.clone()),
            LiveEvent::Changed { document, from, to, .. } => {
                self.mirror.remove(*from);
                self.mirror.insert(*to, document.clone());
            }
            LiveEvent::Left { from, .. } => drop(self.mirror.remove(*from)),
            LiveEvent::Reset => self.mirror = self.view.documents().cloned().collect(),
            _ => {}
        }
    }
}

impl Own {
    fn build(&self) -> Event {
        match self {
            Self::Disconnected => Event::Disconnected(Disconnected {
                cause: Fault::ConnectTimeout,
                retry_in: Duration::ZERO,
                attempt: 1,
            }),
            Self::Gap(about) => Event::Gap(Gap {
                topic: match about {
                    About::Collection(name) => Topic::Collection(name.as_str().into()),
                    About::Broadcast => Topic::Broadcast,
                    About::Everything => Topic::Everything,
                },
                since: Instant::default(),
                lasted: Duration::ZERO,
                missed: Missed::Unknown,
                cause: GapCause::Reconnected,
            }),
            Self::Unsubscribed(name) => Event::Unsubscribed { collection: name.as_str().into() },
        }
    }
}

fn id(document: &Document) -> Value {
    document.id().map_or(Value::Null, |id| json!(*id))
}

fn flat(document: &Document) -> Value {
    document.to_map().map_or_else(|error| json!(error.to_string()), Value::Object)
}

fn show_read(read: &Read) -> Value {
    let ListQuery { filter, sort, order, limit, offset } = &read.query;
    let shown = BTreeMap::from([
        ("filters", (!filter.is_empty()).then(|| parsed(&filter.to_json().unwrap_or_default()))),
        ("sort", sort.as_deref().map(Value::from)),
        ("ascending", (*order == Order::Ascending).then_some(json!(true))),
        ("limit", limit.map(Value::from)),
        ("offset", (*offset > 0).then(|| json!(offset))),
    ]);
    shown.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
}

fn show_event(event: &LiveEvent) -> Value {
    match event {
        LiveEvent::Entered { document, at } => json!({"entered": id(document), "at": at}),
        LiveEvent::Changed { document, from, to, .. } => {
            json!({"changed": id(document), "from": from, "to": to})
        }
        LiveEvent::Left { old, from, cause } => {
            let cause = match cause {
                LeftCause::Deleted => "deleted",
                LeftCause::Unmatched => "unmatched",
                LeftCause::Displaced => "displaced",
                LeftCause::Missed => "missed",
                _ => "not in this format",
            };
            json!({"left": id(old), "from": from, "cause": cause})
        }
        LiveEvent::Reset => json!("reset"),
        LiveEvent::Current => json!("current"),
        LiveEvent::Stale => json!("stale"),
        LiveEvent::Overflow { max } => json!({"overflow": max}),
        LiveEvent::Unusable(document) => json!({"unusable": flat(document)}),
        _ => json!("not in this format"),
    }
}
