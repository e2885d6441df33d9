//! Timed scenes: what a session does and tells when this and that happens.

mod set_up;
mod show;

use core::time::Duration;

use bytes::Bytes;
use cocobase_proto::sse::{DEFAULT_LIMIT, Item, Message, Overflow};
use cocobase_proto::trace::{Recorder, Trace};
use cocobase_proto::{Action, CloseCause, Input, Instant, LinkId, Text, Topic, Unpublished};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::Access;
use set_up::{Config, Target, Watch};
use show::{show_action, show_published, show_result, show_room, show_wakeup};
pub(crate) use show::{show_event, show_state};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    target: Target,
    #[serde(default = "default_access")]
    access: Access,
    #[serde(default)]
    config: Config,
    /// The first pause, over this many seeds, varies by at least so many seconds.
    spread: Option<Spread>,
    steps: Vec<Step>,
}

fn default_access() -> Access {
    Access::ApiKey("k".into())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spread {
    seeds: u64,
    seconds: f64,
}

/// Something happens, and everything that follows from it is listed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[allow(dead_code, reason = "for readers")]
    about: Option<String>,
    /// Seconds since the step before.
    #[serde(default)]
    after: f64,
    input: Option<Reported>,
    /// Of which link, counted from 1; the newest if absent.
    link: Option<usize>,
    command: Option<Command>,
    time: Option<Time>,
    /// What the command answers.
    result: Option<Value>,
    #[serde(default)]
    actions: Vec<Value>,
    #[serde(default)]
    events: Vec<Value>,
    /// Leaves the events where they are.
    #[serde(default)]
    leave_events: bool,
    /// Leaves the actions where they are: a driver that does not get around to them.
    #[serde(default)]
    leave_actions: bool,
    wakeup: Option<Value>,
    state: Option<String>,
    rooms: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Time {
    /// The session is asked to do what is due now.
    Now,
    /// The clock jumps to the next wake-up first.
    Wakeup,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Reported {
    Opened,
    Json(Value),
    Text(String),
    Bytes(String),
    Item(Read),
    Binary,
    Alive,
    Refused {
        status: u16,
        retry_after: Option<f64>,
        #[serde(default)]
        body: String,
    },
    Closed {
        code: Option<u16>,
        #[serde(default)]
        reason: String,
    },
    Io(String),
    Unreachable(String),
}

/// An item of an event stream, spelled as in `event-streams.json`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Read {
    Message {
        #[serde(default)]
        name: String,
        data: String,
        #[serde(default)]
        last_event_id: String,
    },
    Comment,
    Retry(u64),
    Dropped(u64),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Command {
    Subscribe(Watch),
    Unsubscribe(String),
    Join(String),
    Leave(String),
    Broadcast(String),
    Say { room: String, content: String },
    Credentials(Access),
    NoCredentials(String),
    Reconnect,
    NetworkChanged,
    Close,
}

impl Vector for Scenario {
    fn check(&self) -> Result<(), String> {
        for seed in [0, 1, 7, 42, u64::MAX] {
            self.play(seed).map_err(|error| format!("with the seed {seed}, {error}"))?;
        }
        let Some(spread) = &self.spread else { return Ok(()) };
        let pauses: Result<Vec<f64>, String> =
            (0..spread.seeds).map(|seed| self.play(seed)).collect();
        let pauses = pauses?;
        let (low, high) = pauses
            .iter()
            .fold((f64::MAX, f64::MIN), |(low, high), &pause| (low.min(pause), high.max(pause)));
        if high - low < spread.seconds {
            return Err(format!("the pauses vary from {low} s to {high} s only"));
        }
        Ok(())
    }
}

impl Scenario {
    /// Plays the steps; answers how long the session pauses at the end. All of it is recorded, and
    /// the record must play back with the same outputs.
    fn play(&self, seed: u64) -> Result<f64, String> {
        let mut stage = self.stage(seed)?;
        for (at, step) in self.steps.iter().enumerate() {
            stage.play(step).map_err(|error| {
                format!("step {at}, {} s after the start: {error}", seconds(stage.now))
            })?;
        }
        let wakeup = stage.session.poll_timeout();
        let pause = wakeup.map_or(0.0, |wakeup| wakeup.at.since(stage.now).as_secs_f64());
        let (_, trace) = stage.session.into_parts();
        let trace = Trace::parse(&trace).map_err(|error| format!("the record: {error}"))?;
        trace.replay().map_err(|error| format!("the record, played back: {error}"))?;
        Ok(pause)
    }

    /// The record of what happens in the steps, where everything is taken after each of them.
    pub(crate) fn record(&self, seed: u64) -> Result<String, String> {
        let mut stage = self.stage(seed)?;
        for step in &self.steps {
            stage.act(step)?;
            while let Some(action) = stage.session.poll_action() {
                show_action(&action, &mut stage.links);
            }
            while stage.session.poll_event().is_some() {}
        }
        Ok(stage.session.into_parts().1)
    }

    fn stage(&self, seed: u64) -> Result<Stage, String> {
        let now = Instant::default();
        let (target, access) = (self.target.build()?, set_up::access(&self.access));
        let session = Recorder::new(target, access, self.config.build(), seed, now, String::new());
        Ok(Stage { session, now, links: Vec::new() })
    }
}

fn seconds(instant: Instant) -> f64 {
    instant.since(Instant::default()).as_secs_f64()
}

struct Stage {
    session: Recorder<String>,
    now: Instant,
    /// Every link so far, in the order in which they were opened.
    links: Vec<LinkId>,
}

impl Stage {
    fn play(&mut self, step: &Step) -> Result<(), String> {
        let result = self.act(step)?;
        compare("result", step.result.as_ref().unwrap_or(&Value::Null), &result)?;
        if !step.leave_actions {
            let actions: Vec<Action> = std::iter::from_fn(|| self.session.poll_action()).collect();
            let actions: Vec<Value> =
                actions.iter().map(|action| show_action(action, &mut self.links)).collect();
            compare("actions", &json!(step.actions), &json!(actions))?;
        }
        if !step.leave_events {
            let events: Vec<Value> = std::iter::from_fn(|| self.session.poll_event())
                .map(|event| show_event(&event))
                .collect();
            compare("events", &json!(step.events), &json!(events))?;
        }
        if let Some(wakeup) = &step.wakeup {
            let found = show_wakeup(self.session.poll_timeout(), self.now);
            compare("wake-up", wakeup, &found)?;
        }
        if let Some(state) = &step.state {
            compare("state", &json!(state), &json!(show_state(self.session.session().state())))?;
        }
        for (room, expected) in step.rooms.iter().filter_map(Value::as_object).flatten() {
            let found = self.session.session().room(room).map_or(Value::Null, show_room);
            compare("room", expected, &found)?;
        }
        Ok(())
    }

    /// Lets happen what happens, and gives what a command answers.
    fn act(&mut self, step: &Step) -> Result<Value, String> {
        let done = [step.input.is_some(), step.command.is_some(), step.time.is_some()];
        if done.into_iter().filter(|done| *done).count() > 1 {
            return Err("one thing happens at a time".into());
        }
        self.now = self.now + Duration::from_secs_f64(step.after);
        if let Some(input) = &step.input {
            let number = step.link.unwrap_or(self.links.len());
            let link = number.checked_sub(1).and_then(|at| self.links.get(at));
            let link = *link.ok_or("there is no such link")?;
            self.session.handle_input(link, input.build(), self.now);
        }
        match &step.time {
            Some(Time::Now) => self.session.handle_timeout(self.now),
            Some(Time::Wakeup) => {
                let wakeup = self.session.poll_timeout().ok_or("there is no wake-up")?;
                self.now = self.now.max(wakeup.at);
                self.session.handle_timeout(self.now);
            }
            None => {}
        }
        Ok(step.command.as_ref().map_or(Value::Null, |command| self.command(command)))
    }

    fn command(&mut self, command: &Command) -> Value {
        let (session, now) = (&mut self.session, self.now);
        match command {
            Command::Subscribe(watch) => match watch.build() {
                Ok(subscription) => show_result(session.subscribe_to(subscription, now)),
                Err(error) => json!(error),
            },
            Command::Unsubscribe(name) => show_result(session.unsubscribe_from(name)),
            Command::Join(room) => show_result(session.join(room)),
            Command::Leave(room) => show_result(session.leave(room)),
            Command::Broadcast(content) => self.publish(Topic::Broadcast, content),
            Command::Say { room, content } => {
                self.publish(Topic::Room(room.as_str().into()), content)
            }
            Command::Credentials(access) => {
                if let Some(credentials) = access.credentials() {
                    session.set_credentials(credentials, now);
                }
                Value::Null
            }
            Command::NoCredentials(reason) => {
                session.credentials_unavailable(reason.as_str(), now);
                Value::Null
            }
            Command::Reconnect => {
                session.reconnect(now);
                Value::Null
            }
            Command::NetworkChanged => {
                session.network_changed(now);
                Value::Null
            }
            Command::Close => {
                session.close();
                Value::Null
            }
        }
    }

    fn publish(&mut self, topic: Topic, content: &str) -> Value {
        let published = self.session.publish(topic, content.into(), self.now);
        match published {
            Err(Unpublished { content: back, .. }) if back != content => {
                json!("it is not given back")
            }
            published => show_published(&published),
        }
    }
}

impl Reported {
    fn build(&self) -> Input {
        match self {
            Self::Opened => Input::Opened,
            Self::Json(json) => Input::Text(json.to_string().into()),
            Self::Text(text) => Input::Text(Text::from(text.as_str())),
            Self::Bytes(text) => Input::Bytes(Bytes::from(text.clone())),
            Self::Item(read) => Input::Item(read.build()),
            Self::Binary => Input::Binary,
            Self::Alive => Input::Alive,
            Self::Refused { status, retry_after, body } => Input::Refused {
                status: *status,
                retry_after: retry_after.map(Duration::from_secs_f64),
                body: body.as_str().into(),
            },
            Self::Closed { code, reason } => {
                Input::Closed(CloseCause::Closed { code: *code, reason: reason.as_str().into() })
            }
            Self::Io(reason) => Input::Closed(CloseCause::Io(reason.as_str().into())),
            Self::Unreachable(reason) => Input::Closed(CloseCause::Connect(reason.as_str().into())),
        }
    }
}

impl Read {
    fn build(&self) -> Item {
        match self {
            Self::Message { name, data, last_event_id } => Item::Message(Message {
                name: name.as_str().into(),
                data: data.as_str().into(),
                last_event_id: last_event_id.as_str().into(),
            }),
            Self::Comment => Item::Comment,
            Self::Retry(millis) => Item::Retry(Duration::from_millis(*millis)),
            Self::Dropped(dropped) => {
                Item::Overflow(Overflow { dropped: *dropped, limit: DEFAULT_LIMIT })
            }
        }
    }
}
