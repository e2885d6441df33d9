//! The phase diagram in `docs/session.md`, tested against the session: each cell is what really
//! happens. `UPDATE_DOCS=1` writes the tables anew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::User;
use cocobase_proto::{
    Access, Action, CloseCause, Credentials, Event, Input, Instant, LinkId, RoomEntry, Session,
    SessionConfig, State, Subscription, Target, Text, Topic, WakeReason,
};

/// What happens to a session.
#[derive(Clone, Copy)]
enum Happening {
    Input(fn() -> Input),
    Wakeup,
    LateWakeup,
    /// The wake-ups of a live link, on time, until one is for the server's silence.
    Silence,
    Command(fn(&mut Session, Instant)),
}

use Happening::{Command, LateWakeup, Silence, Wakeup};

const HAPPENINGS: [(&str, Happening); 21] = [
    ("`Opened`", Happening::Input(|| Input::Opened)),
    ("`Refused` 401", Happening::Input(|| refused(401))),
    ("`Refused` 404", Happening::Input(|| refused(404))),
    ("`Refused` 503", Happening::Input(|| refused(503))),
    ("`Closed`", Happening::Input(|| Input::Closed(CloseCause::Io("reset".into())))),
    ("greeting", Happening::Input(|| said(r#"{"event":"connected"}"#))),
    ("change", Happening::Input(|| said(r#"{"event":"create","data":{"id":"1"}}"#))),
    ("pong, `Alive`", Happening::Input(|| said(r#"{"type":"pong"}"#))),
    ("unknown message", Happening::Input(|| said(r#"{"type":"new"}"#))),
    ("no JSON, `Binary`", Happening::Input(|| said("<html>"))),
    ("passing error", Happening::Input(|| said(r#"{"error":"Authentication timeout"}"#))),
    ("refused credentials", Happening::Input(|| said(r#"{"error":"Invalid API key"}"#))),
    (
        "no such collection",
        Happening::Input(|| said(r#"{"error":"Collection not found or access denied"}"#)),
    ),
    ("wake-up", Wakeup),
    ("wake-up, much too late", LateWakeup),
    ("60 s of silence", Silence),
    ("`set_credentials`", Command(|session, now| session.set_credentials(key(), now))),
    (
        "`credentials_unavailable`",
        Command(|session, now| session.credentials_unavailable("none", now)),
    ),
    ("`reconnect`", Command(Session::reconnect)),
    ("`network_changed`", Command(Session::network_changed)),
    ("`close`", Command(|session, _| session.close())),
];

const PHASES: [&str; 6] = ["Asking", "Opening", "Greeting", "Live", "Waiting", "Closed"];

#[test]
fn the_phase_diagram_is_true() {
    let fixed = Access::Fixed(key());
    check("with credentials that are given", &phase_table(&fixed, &PHASES[1..]));
    check("with a provider of credentials", &phase_table(&Access::Ask, &PHASES));
    check("what proves a link", &proof_table());
}

/// What stands in the documentation below this title is this table.
fn check(title: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/session.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (start, end) = (format!("<!-- table: {title} -->\n"), "<!-- end of table -->");
    let from = text.find(&start).expect(title) + start.len();
    let to = from + text[from..].find(end).expect(title);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return std::fs::write(path, [&text[..from], table, &text[to..]].concat()).unwrap();
    }
    assert_eq!(
        &text[from..to],
        table,
        "docs/session.md is not what the session does; UPDATE_DOCS=1 writes it anew"
    );
}

fn key() -> Credentials {
    Credentials::ApiKey("k".into())
}

fn said(text: &'static str) -> Input {
    Input::Text(Text::from_static(text))
}

fn refused(status: u16) -> Input {
    Input::Refused { status, retry_after: None, body: Text::default() }
}

fn phase_table(access: &Access, phases: &[&str]) -> String {
    let mut table = String::from("| |");
    for phase in phases {
        write!(table, " {phase} |").unwrap();
    }
    table.push_str(&format!("\n|---|{}\n", "---|".repeat(phases.len())));
    for (name, happening) in HAPPENINGS {
        write!(table, "| {name} |").unwrap();
        for phase in phases {
            let mut scene = Scene::at(phase, access.clone());
            scene.happen(happening);
            write!(table, " {} |", scene.tell(phase)).unwrap();
        }
        table.push('\n');
    }
    table
}

/// A session, what was done with it, and where it is.
struct Scene {
    session: Session,
    link: Option<LinkId>,
    now: Instant,
}

impl Scene {
    fn new(target: impl Into<Target>, access: Access) -> Self {
        let now = Instant::from_nanos(1 << 40);
        let session = Session::new(target, access, SessionConfig::default(), 1, now);
        let mut scene = Self { session, link: None, now };
        scene.drain();
        scene
    }

    /// A session on surface C in this phase, with nothing left to tell.
    fn at(phase: &str, access: Access) -> Self {
        let subscription = Subscription::new("users", Filter::new()).unwrap();
        let mut scene = Self::new(subscription, access);
        match phase {
            "Asking" => {}
            "Opening" => scene.open(),
            "Greeting" => scene.open_and(&[Input::Opened]),
            "Live" => scene.open_and(&[Input::Opened, said(r#"{"event":"connected"}"#)]),
            "Waiting" => scene.open_and(&[Input::Closed(CloseCause::Io("reset".into()))]),
            _ => scene.session.close(),
        }
        scene.drain();
        assert_eq!(scene.phase(), phase);
        scene
    }

    fn open(&mut self) {
        if self.link.is_none() {
            self.session.set_credentials(key(), self.now);
            self.drain();
        }
    }

    fn open_and(&mut self, inputs: &[Input]) {
        self.open();
        for input in inputs {
            self.session.handle_input(self.link.unwrap(), input.clone(), self.now);
        }
    }

    fn happen(&mut self, happening: Happening) {
        let due = self.session.poll_timeout().map(|wakeup| wakeup.at);
        match happening {
            Happening::Input(input) => {
                if let Some(link) = self.link {
                    self.session.handle_input(link, input(), self.now);
                }
            }
            Wakeup => due.into_iter().for_each(|due| self.session.handle_timeout(due)),
            LateWakeup => {
                let late = Duration::from_secs(3600);
                due.into_iter().for_each(|due| self.session.handle_timeout(due + late));
            }
            Silence => {
                let mut reason = None;
                while let Some(wakeup) = self.session.poll_timeout()
                    && matches!(wakeup.reason, WakeReason::Ping | WakeReason::Silence)
                    && reason != Some(WakeReason::Silence)
                {
                    reason = Some(wakeup.reason);
                    self.session.handle_timeout(wakeup.at);
                }
            }
            Command(command) => command(&mut self.session, self.now),
        }
    }

    fn phase(&self) -> &'static str {
        let wakeup = self.session.poll_timeout().map(|wakeup| wakeup.reason);
        match (self.session.state(), wakeup) {
            (State::Connecting, Some(WakeReason::Connect)) => "Opening",
            (State::Connecting, Some(WakeReason::Greeting)) => "Greeting",
            (State::Connecting, _) => "Asking",
            (State::Live, _) => "Live",
            (State::Waiting, _) => "Waiting",
            (State::Closed, _) => "Closed",
        }
    }

    /// Takes everything out, in words.
    fn drain(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(event) = self.session.poll_event() {
            let name = format!("{event:?}");
            told.push(match event {
                Event::CredentialsNeeded { refused: true } => "CredentialsNeeded(refused)".into(),
                _ => name.split(['(', ' ', '{']).next().unwrap().to_owned(),
            });
        }
        while let Some(action) = self.session.poll_action() {
            told.push(match action {
                Action::Open { link, .. } => {
                    self.link = Some(link);
                    "*open*".into()
                }
                Action::Send { text, .. } if text.contains("ping") => "*ping*".into(),
                Action::Send { .. } => "*hello*".into(),
                Action::Close { .. } => "*close*".into(),
            });
        }
        told
    }

    /// The phase if it is another one, and what is told and done.
    fn tell(&mut self, before: &str) -> String {
        let mut parts = Vec::new();
        if self.phase() != before {
            parts.push(format!("→ **{}**", self.phase()));
        }
        parts.extend(self.drain());
        if parts.is_empty() { "·".into() } else { parts.join(", ") }
    }
}

/// What a surface's session is about.
type ToTarget = fn(Subscription) -> Target;

/// Whether a message makes each surface's session live.
fn proof_table() -> String {
    let subscription = || Subscription::new("users", Filter::new()).unwrap();
    let surfaces: [(&str, ToTarget); 6] = [
        ("C", Target::Collection),
        ("C′", Target::SelfHosted),
        ("S", Target::Events),
        ("B", |_| Target::Broadcast(User::default())),
        ("R", |_| RoomEntry::join("general").into()),
        ("G", |_| Target::Gateway(User::default())),
    ];
    let messages = [
        ("`connected`", r#"{"event":"connected"}"#),
        ("`authenticated` (C′'s greeting)", r#"{"action":"authenticated"}"#),
        ("`subscribed`", r#"{"type":"subscribed","collection":"users"}"#),
        ("`joined`", r#"{"event":"joined","room_id":"general"}"#),
        ("a change", r#"{"event":"create","collection_id":"users","data":{"id":"1"}}"#),
        ("a message", r#"{"type":"message","data":1}"#),
        ("`pong`", r#"{"type":"pong"}"#),
        ("an unknown message", r#"{"type":"new"}"#),
        ("nothing, until the wake-up", ""),
    ];
    let mut table = String::from("| |");
    surfaces.iter().for_each(|(name, _)| write!(table, " {name} |").unwrap());
    table.push_str(&format!("\n|---|{}\n", "---|".repeat(surfaces.len())));
    for (name, text) in messages {
        write!(table, "| {name} |").unwrap();
        for (surface, target) in surfaces {
            let mut scene = Scene::new(target(subscription()), Access::Fixed(key()));
            let input = match (text, surface) {
                ("", _) => None,
                (text, "S") => Some(Input::Bytes(format!("data: {text}\n\n").into())),
                (text, _) => Some(said(text)),
            };
            scene.open_and(&[Input::Opened]);
            scene.drain();
            match input {
                Some(input) => scene.session.handle_input(scene.link.unwrap(), input, scene.now),
                None => scene.happen(Wakeup),
            }
            write!(table, " {} |", scene.phase()).unwrap();
        }
        table.push('\n');
    }
    table
}

/// A publish has no row of its own, because it never changes the phase.
#[test]
fn publishing_changes_no_phase() {
    let target = Target::Broadcast(User::default());
    let mut scene = Scene::new(target, Access::Fixed(key()));
    for input in [None, Some(Input::Opened), Some(said(r#"{"event":"connected"}"#))] {
        if let Some(input) = input {
            scene.open_and(&[input]);
        }
        let before = scene.phase();
        let _ = scene.session.publish(Topic::Broadcast, "1".into(), scene.now);
        assert_eq!(scene.phase(), before);
    }
}
