//! The life of links: how they begin, prove themselves, fall silent and end.

use core::time::Duration;

use crate::credentials::Credentials;
use crate::refusal::Refusal;
use crate::sse::Decoder;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{Greeting, Surface, encode};

use super::topics::Ended;
use super::{
    Access, Action, Disconnected, Event, Fault, LinkId, Phase, Session, WakeReason, token,
};

impl Session {
    pub(super) fn connect(&mut self, now: Instant) {
        self.timers.clear_link();
        match self.access {
            Access::Fixed(_) => self.open(now),
            Access::Ask => self.ask(false),
        }
    }

    /// Gives up the present link, or the pause: another link is made at once.
    pub(super) fn give_up_link(&mut self, now: Instant) {
        self.drop_link();
        self.timers.clear_link();
        let (retry_in, attempt) = (Duration::ZERO, self.backoff.attempts());
        let cause = Fault::Requested;
        self.tell(Event::Disconnected(Disconnected { cause, retry_in, attempt }), now);
    }

    pub(super) fn ask(&mut self, refused: bool) {
        self.phase = Phase::Asking;
        self.is_refreshing = false;
        self.question(refused);
    }

    pub(super) fn question(&mut self, refused: bool) {
        self.events.remove_questions();
        self.events.push_always(Event::CredentialsNeeded { refused });
    }

    pub(super) fn open(&mut self, now: Instant) {
        self.choose_way();
        self.links += 1;
        let link = LinkId(self.links);
        self.phase = Phase::Opening(link);
        self.set_timer(WakeReason::Connect, self.config.connect_timeout, now);
        let (path, carrier) = self.destination();
        self.actions.push_back(Action::Open { link, path, carrier });
    }

    pub(super) fn greet(&mut self, link: LinkId, now: Instant) {
        self.phase = Phase::Greeting(link);
        self.last_heard = now;
        self.asked_at = None;
        // A gateway's hello ends with a ping.
        self.pinged_at = (self.surface == Surface::Gateway).then_some(now);
        self.timers.clear_link();
        let patience = match self.may_go_ungreeted() {
            true => self.config.stream_greeting_timeout,
            false => self.config.greeting_timeout,
        };
        self.set_timer(WakeReason::Greeting, patience, now);
        if self.surface == Surface::Events {
            self.stream = Decoder::with_limit(self.config.max_stream_message);
        }
        self.say_hello(link);
    }

    /// Whether the link may count as live without a greeting: a stream's status and content type are
    /// proof enough, and only our server greets there. One that has greeted before is waited for,
    /// however slow it is: going on without its answer would tell a gap where it resumes.
    pub(super) fn may_go_ungreeted(&mut self) -> bool {
        self.surface == Surface::Events
            && self.topics.only_watched().is_some_and(|watched| !watched.was_confirmed)
    }

    /// The link has proved itself; its greeting, if there is one, tells from where on events follow.
    /// Another greeting on the same link changes nothing.
    pub(super) fn go_live(
        &mut self,
        link: LinkId,
        greeting: impl FnOnce() -> Greeting,
        now: Instant,
    ) {
        if self.phase != Phase::Greeting(link) {
            return;
        }
        self.phase = Phase::Live(link);
        self.backoff.reset();
        self.asked_again = false;
        self.stream_pause = None;
        self.praise_way();
        self.timers.clear_link();
        if self.surface != Surface::Events {
            self.set_timer(WakeReason::Ping, self.config.ping_interval, now);
        }
        self.set_timer(WakeReason::Silence, self.config.silence_timeout, now);
        self.take_up(greeting(), now);
    }

    /// A refusal ends the session, unless a provider may have better credentials.
    pub(super) fn refuse(&mut self, refusal: Refusal, now: Instant) {
        let is_about_credentials = refusal.kind == crate::RefusalKind::Credentials;
        if self.access == Access::Ask && is_about_credentials && !self.asked_again {
            self.asked_again = true;
            self.drop_link();
            self.timers.clear_link();
            self.last_heard = self.last_heard.max(now);
            return self.ask(true);
        }
        self.events.push_always(Event::Refused(refusal));
        self.end();
    }

    /// A passing fault: the link is given up, and another one made after a pause.
    pub(super) fn lose(&mut self, fault: Fault, retry_after: Option<Duration>, now: Instant) {
        self.blame_way(&fault);
        self.drop_link();
        self.timers.clear_link();
        let retry_in = self.backoff.next(&self.config, retry_after.or(self.stream_pause));
        self.phase = Phase::Waiting;
        self.timers.set(WakeReason::Reconnect, now + retry_in);
        let attempt = self.backoff.attempts();
        self.tell(Event::Disconnected(Disconnected { cause: fault, retry_in, attempt }), now);
    }

    pub(super) fn drop_link(&mut self) {
        if matches!(self.phase, Phase::Live(_)) {
            self.topics.lose(self.last_heard);
        }
        let Some(link) = self.phase.link() else { return };
        let is_unopened = self.actions.iter().any(|action| matches!(action, Action::Open { .. }));
        // What was not yet sent or opened has become pointless.
        self.untold.clear();
        self.ended = Ended::default();
        self.actions.retain(|action| matches!(action, Action::Close { .. }));
        if !is_unopened {
            self.actions.push_back(Action::Close { link });
        }
    }

    pub(super) fn end(&mut self) {
        self.drop_link();
        self.timers.clear();
        self.outbox.clear();
        self.phase = Phase::Closed;
    }

    pub(super) fn ping(&mut self, link: LinkId, now: Instant) {
        self.set_timer(WakeReason::Ping, self.config.ping_interval, now);
        let ping = Action::Send { link, text: Text::from_static(encode::PING) };
        // A driver that does not get around to sending needs no second one.
        if self.surface != Surface::Events && self.actions.back() != Some(&ping) {
            self.actions.push_back(ping);
            self.pinged_at.get_or_insert(now);
        }
    }

    /// The link is dead when the server was silent and we were listening. A deadline that is served
    /// much too late says that it was we who were away: then the server gets one more chance.
    pub(super) fn check_silence(&mut self, link: LinkId, due: Instant, now: Instant) {
        let deadline = match self.asked_at {
            Some(asked_at) => asked_at + self.config.greeting_timeout,
            None => self.last_heard + self.config.silence_timeout,
        };
        if deadline > now {
            return self.timers.set(WakeReason::Silence, deadline);
        }
        if now.since(due.max(deadline)) > self.config.ping_interval / 2 {
            return self.probe(link, now);
        }
        self.lose(Fault::Silence(now.since(self.last_heard)), None, now);
    }

    /// Asks the server for a sign of life, and gives it the time of a greeting to answer.
    pub(super) fn probe(&mut self, link: LinkId, now: Instant) {
        self.ping(link, now);
        self.asked_at = Some(now);
        self.set_timer(WakeReason::Silence, self.config.greeting_timeout, now);
    }

    /// The server gives a sign of life, with whatever it says.
    pub(super) fn hear<T>(&mut self, now: Instant, what: impl FnOnce(&mut Self) -> T) -> T {
        self.asked_at = None;
        let answer = what(self);
        self.last_heard = self.last_heard.max(now);
        answer
    }

    /// Foresees the end of a token, so that a provider can be asked in time.
    pub(super) fn watch_expiry(&mut self, credentials: &Credentials, now: Instant) {
        self.timers.unset(WakeReason::Refresh);
        let Some(epoch) = self.config.unix_epoch.filter(|_| self.access == Access::Ask) else {
            return;
        };
        let Some(expiry) = token::expiry(credentials) else { return };
        let due = Instant::default() + expiry.saturating_sub(epoch + self.config.refresh_ahead);
        if due > now {
            self.timers.set(WakeReason::Refresh, due);
        }
    }

    pub(super) fn set_timer(&mut self, reason: WakeReason, after: Duration, now: Instant) {
        // A deadline in the present would be due again as soon as it was served.
        self.timers.set(reason, now + after.max(Duration::from_millis(1)));
    }

    pub(super) fn tell(&mut self, event: Event, now: Instant) {
        self.events.push(event, now);
    }
}
