//! Changes whose documents are decoded while they are read.

use serde::de::DeserializeOwned;

use crate::document::{Typed, read_document};
use crate::sse::Item;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{Change, ServerMessage, Surface};

use super::continuity::Verdict;
use super::event::Event;
use super::link::{Input, LinkId};
use super::{Phase, Session};

/// # Inputs
impl Session {
    /// [`handle_input`](Self::handle_input) for a driver whose user wants documents as `T`, and has
    /// taken all events that there were.
    ///
    /// It answers with the event that it would lead to, [decoded](Event::decode), if that is a created
    /// or updated document whose message begins like one before, and there is no other event: such a
    /// document is decoded in the pass that reads its message, and the event need not be queued.
    /// Otherwise the events are polled as ever, and decoded then. Which of both is a matter of time
    /// only.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    /// use cocobase_proto::{
    ///     Access, Action, Credentials, Event, Input, Instant, Session, SessionConfig, Subscription,
    /// };
    /// #[derive(serde::Deserialize)]
    /// struct Quake { mag: f64 }
    ///
    /// let now = Instant::default();
    /// let quakes = Subscription::new("quakes", Filter::new())?;
    /// let access = Access::Fixed(Credentials::ApiKey("coco_1234".into()));
    /// let mut session = Session::new(quakes, access, SessionConfig::default(), 7, now);
    /// let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
    /// session.handle_input(link, Input::Opened, now);
    /// session.handle_input(link, Input::Text(r#"{"event":"connected"}"#.into()), now);
    /// assert!(matches!(session.poll_event(), Some(Event::Connected(_))));
    ///
    /// let mut seen = Vec::new();
    /// for text in [
    ///     r#"{"event":"create","data":{"id":"doc_1","mag":4.5}}"#,
    ///     r#"{"event":"create","data":{"id":"doc_2","mag":5.1}}"#,
    /// ] {
    ///     let first = session.handle_input_as::<Quake>(link, Input::Text(text.into()), now);
    ///     let others = std::iter::from_fn(|| session.poll_event().map(Event::decode));
    ///     seen.extend(first.into_iter().chain(others));
    /// }
    /// assert!(matches!(&seen[..], [Event::Created(_), Event::Created(new)] if new.document.mag == 5.1));
    /// # Ok::<(), cocobase_proto::SubscriptionError>(())
    /// ```
    pub fn handle_input_as<T: DeserializeOwned>(
        &mut self,
        link: LinkId,
        input: Input,
        now: Instant,
    ) -> Option<Event<Typed<T>>> {
        let is_live = self.phase == Phase::Live(link) && self.events.is_empty();
        let is_stream = self.surface == Surface::Events;
        match input {
            Input::Text(text) if is_live => self.receive_as(link, text, now),
            Input::Item(Item::Message(message)) if is_live && is_stream => {
                self.last_event_id = message.last_event_id;
                self.receive_as(link, message.data, now)
            }
            input => {
                self.handle_input(link, input, now);
                None
            }
        }
    }

    fn receive_as<T: DeserializeOwned>(
        &mut self,
        link: LinkId,
        text: Text,
        now: Instant,
    ) -> Option<Event<Typed<T>>> {
        let mut value = None;
        let message = self.templates.read(&text, |at, shape| read_document(at, shape, &mut value));
        let (Some(message), Some(value)) = (message, value) else {
            self.hear(now, |session| session.receive(link, text, now));
            return None;
        };
        let is_awaited = self.is_awaited(link, &message, now);
        let is_new = matches!(message, ServerMessage::Created(_));
        let (ServerMessage::Created(mut change) | ServerMessage::Updated(mut change)) = message
        else {
            return None;
        };
        let verdict = self.hear(now, |session| match is_awaited {
            true => session.judge(link, &mut change, now),
            false => Verdict::Ignore,
        });
        if verdict != Verdict::Deliver || !self.events.is_empty() {
            let event = if is_new { Event::Created(change) } else { Event::Updated(change) };
            self.tell_verdict(verdict, event, now);
            return None;
        }
        let Change { collection, document, old, seq } = change;
        let change = Change { collection, document: Typed { value, document }, old, seq };
        Some(if is_new { Event::Created(change) } else { Event::Updated(change) })
    }
}
