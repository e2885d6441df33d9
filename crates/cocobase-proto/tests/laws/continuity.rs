//! Law 11, against a model of a server with a history.

use cocobase_proto::{
    Access, Action, CloseCause, Credentials, Event, Input, Instant, LinkId, Missed, Session,
    SessionConfig,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

use crate::steps::subscription;

/// What happens while one link lasts, and before the next.
#[derive(Debug, Clone)]
struct Scene {
    /// The link breaks before the server greets.
    breaks_off: bool,
    /// The server's history reaches back far enough to resume, if it is asked to.
    resumes: bool,
    /// The server says each event twice.
    repeats: bool,
    /// Commits while the link is live.
    online: u64,
    /// Commits while there is none.
    offline: u64,
}

fn scene() -> impl Strategy<Value = Scene> {
    (any::<bool>(), any::<bool>(), any::<bool>(), 0..5u64, 0..5u64).prop_map(
        |(breaks_off, resumes, repeats, online, offline)| Scene {
            breaks_off,
            resumes,
            repeats,
            online,
            offline,
        },
    )
}

/// A server, a session, and the books of what has become of every commit.
struct Model {
    session: Session,
    committed: u64,
    /// The position at which the session was first live.
    first: Option<u64>,
    /// Commits since then that were delivered or lie in a gap.
    accounted: u64,
}

const NOW: Instant = Instant::from_nanos(0);

impl Model {
    fn new(seed: u64) -> Self {
        let access = Access::Fixed(Credentials::ApiKey("k".into()));
        let session = Session::new(subscription(), access, SessionConfig::default(), seed, NOW);
        Self { session, committed: 0, first: None, accounted: 0 }
    }

    fn play(&mut self, scene: &Scene) {
        let link = self.open();
        self.session.handle_input(link, Input::Opened, NOW);
        let asked = self.resume_asked_for();
        if !scene.breaks_off {
            self.first.get_or_insert(self.committed);
            let from = asked.filter(|_| scene.resumes);
            let (position, resumed) = match (from, asked) {
                (Some(from), _) => (from, r#","resumed":true"#),
                (None, Some(_)) => (self.committed, r#","resumed":false"#),
                (None, None) => (self.committed, ""),
            };
            self.say(
                link,
                format!(r#"{{"event":"connected","epoch":"e","seq":{position}{resumed}}}"#),
            );
            self.committed += scene.online;
            for seq in position + 1..=self.committed {
                for _ in 0..=u8::from(scene.repeats) {
                    self.say(
                        link,
                        format!(r#"{{"event":"delete","data":{{"id":"d"}},"seq":{seq}}}"#),
                    );
                }
            }
        }
        self.read();
        if !scene.breaks_off {
            assert_eq!(self.first.unwrap() + self.accounted, self.committed);
        }
        self.session.handle_input(link, Input::Closed(CloseCause::Io("cut".into())), NOW);
        self.committed += scene.offline;
    }

    fn open(&mut self) -> LinkId {
        loop {
            match self.session.poll_action() {
                Some(Action::Open { link, .. }) => return link,
                Some(_) => {}
                None => self.session.handle_timeout(self.session.poll_timeout().unwrap().at),
            }
        }
    }

    fn resume_asked_for(&mut self) -> Option<u64> {
        let Some(Action::Send { text, .. }) = self.session.poll_action() else { panic!() };
        let hello: Value = serde_json::from_str(&text).unwrap();
        hello["resume"]["seq"].as_u64()
    }

    fn say(&mut self, link: LinkId, text: String) {
        self.session.handle_input(link, Input::Text(text.into()), NOW);
    }

    fn read(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Deleted(deleted) => {
                    self.accounted += 1;
                    assert_eq!(deleted.seq, Some(self.first.unwrap() + self.accounted));
                }
                Event::Gap(gap) => {
                    let Missed::Known(missed) = gap.missed else { panic!("{gap:?}") };
                    assert!(missed > 0);
                    self.accounted += missed;
                }
                _ => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_11_each_commit_is_delivered_once_in_order_or_lies_in_a_gap(
        seed in any::<u64>(),
        scenes in vec(scene(), 1..20),
    ) {
        let mut model = Model::new(seed);
        for scene in &scenes {
            model.play(scene);
        }
    }
}
