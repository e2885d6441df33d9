//! The rules of the session, each as a small timed scene.

mod collection;
mod credentials;
mod events;
mod gateway;
mod outbox;
mod rooms;
mod self_hosted;

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::*;
use crate::filter::Filter;
use crate::wire::encode;

fn quakes(filter: Filter) -> Subscription {
    Subscription::new("quakes", filter).unwrap()
}

fn key() -> Access {
    Access::Fixed(Credentials::ApiKey("k".into()))
}

const GREETING: &str = r#"{"event":"connected","collection_id":"quakes","epoch":"e","seq":7}"#;

/// A session and the time, with the shorthands that the scenes are written in.
struct Scene {
    session: Session,
    now: Instant,
}

impl Scene {
    fn new(access: Access) -> Self {
        Self::about(quakes(Filter::new()), access, SessionConfig::default())
    }

    fn about(target: impl Into<Target>, access: Access, config: SessionConfig) -> Self {
        let now = Instant::from_nanos(0);
        Self { session: Session::new(target, access, config, 1, now), now }
    }

    fn of(target: impl Into<Target>) -> Self {
        Self::about(target, key(), SessionConfig::default())
    }

    fn keyed() -> Self {
        Self::new(key())
    }

    fn live() -> (Self, LinkId) {
        let mut scene = Self::keyed();
        let link = scene.greeted();
        scene.events();
        (scene, link)
    }

    fn opened(&mut self) -> LinkId {
        let link = loop {
            match self.session.poll_action() {
                Some(Action::Open { link, .. }) => break link,
                Some(_) => {}
                None => panic!("nothing to open: {:?}", self.session),
            }
        };
        self.input(link, Input::Opened);
        assert!(matches!(self.session.poll_action(), Some(Action::Send { .. })));
        link
    }

    /// Opens the next link, and answers with what the session says on it first.
    fn hello(&mut self) -> (LinkId, Vec<String>) {
        let link = loop {
            match self.session.poll_action() {
                Some(Action::Open { link, .. }) => break link,
                Some(_) => {}
                None => assert_eq!(self.wait_for_wakeup(), WakeReason::Reconnect),
            }
        };
        self.input(link, Input::Opened);
        (link, self.sent())
    }

    fn sent(&mut self) -> Vec<String> {
        let send = |action| match action {
            Action::Send { text, .. } => Some(text.to_string()),
            _ => None,
        };
        self.actions().into_iter().filter_map(send).collect()
    }

    fn cut(&mut self, link: LinkId) {
        self.input(link, Input::Closed(CloseCause::Io("cut".into())));
    }

    fn greeted(&mut self) -> LinkId {
        let link = self.opened();
        self.text(link, GREETING);
        link
    }

    fn input(&mut self, link: LinkId, input: Input) {
        self.session.handle_input(link, input, self.now);
    }

    fn text(&mut self, link: LinkId, text: &str) {
        self.input(link, Input::Text(text.into()));
    }

    fn wait(&mut self, seconds: f64) {
        self.now = self.now + Duration::from_secs_f64(seconds);
        self.session.handle_timeout(self.now);
    }

    fn wait_for_wakeup(&mut self) -> WakeReason {
        let wakeup = self.session.poll_timeout().expect("a deadline");
        self.now = self.now.max(wakeup.at);
        self.session.handle_timeout(self.now);
        wakeup.reason
    }

    fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.session.poll_event()).collect()
    }

    fn actions(&mut self) -> Vec<Action> {
        core::iter::from_fn(|| self.session.poll_action()).collect()
    }

    fn fault(&mut self) -> Fault {
        match self.events().pop() {
            Some(Event::Disconnected(Disconnected { cause, .. })) => cause,
            other => panic!("expected a fault, got {other:?}"),
        }
    }

    fn is_ping(action: &Action) -> bool {
        matches!(action, Action::Send { text, .. } if text == encode::PING)
    }
}
