//! `cocobase chat` and `cocobase broadcast`: messages both ways.

mod human;
mod input;
mod ndjson;

use std::pin::pin;

use cocobase_proto::{Event, Fault};
use cocobase_tokio::Sender;
use futures_util::Stream;
use tokio::time::{Instant, sleep_until};

use crate::args::{Broadcast, Chat, Talk};
use crate::commands::link::trouble;
use crate::connect;
use crate::exit::{End, Exit, Failure};
use crate::output::{counted, line, on_terminal, remark};
use crate::signals::Signals;
use input::Input;

/// Talks in a room until the input, `--max`, `--timeout`, the user or a refusal ends it.
pub(crate) async fn chat(args: Chat) -> Result<(), End> {
    let signals = Signals::listen()?;
    let client = connect::client(&args.connection)?;
    let mut room = client.room(args.room.as_str());
    if let Some((id, name)) = args.talk.user() {
        room = room.user(id, name);
    }
    let room = match args.title.as_ref() {
        Some(title) => room.join_or_create(title.as_str()),
        None if args.create => room.join_or_create(args.room.as_str()),
        None => room.join(),
    };
    let room = room.stream();
    let input = if args.listen { Input::Nothing } else { Input::Lines };
    let show = Some(Show::new(&args.talk, Some(&args.room), !args.listen));
    talk(room.sender(), room, input, show, &args.talk, signals).await
}

/// Sends to everyone in the project, or shows what everyone sends.
pub(crate) async fn broadcast(args: Broadcast) -> Result<(), End> {
    let signals = Signals::listen()?;
    let client = connect::client(&args.connection)?;
    let mut all = client.broadcast();
    if let Some((id, name)) = args.talk.user() {
        all = all.user(id, name);
    }
    let all = all.stream();
    let input = match args.message {
        Some(message) => Input::One { message, goes_on: args.listen },
        None if args.listen => Input::Nothing,
        None => Input::Lines,
    };
    let show = args.listen.then(|| Show::new(&args.talk, None, false));
    talk(all.sender(), all, input, show, &args.talk, signals).await
}

/// How events are shown.
struct Show<'a> {
    as_json: bool,
    room: Option<&'a str>,
    /// Own messages stand on the terminal already, where they were typed.
    hides_own: bool,
    /// This client's id among the others.
    me: Option<String>,
    lost_at: Option<Instant>,
}

impl<'a> Show<'a> {
    fn new(args: &Talk, room: Option<&'a str>, reads: bool) -> Self {
        let as_json = args.json || !on_terminal();
        let hides_own = reads && !as_json && input::from_terminal();
        Self { as_json, room, hides_own, me: None, lost_at: None }
    }

    fn show(&mut self, event: &Event) -> Result<(), End> {
        let outage = match event {
            Event::Joined(joined) => {
                self.me = joined.user_id.as_ref().map(ToString::to_string);
                self.lost_at.take()
            }
            Event::Connected(_) if self.room.is_none() => self.lost_at.take(),
            Event::Disconnected(_) => {
                self.lost_at.get_or_insert_with(Instant::now);
                None
            }
            _ => None,
        };
        let outage = outage.map(|at| at.elapsed());
        let is_own = |id: Option<&str>| self.me.is_some() && id == self.me.as_deref();
        let text = match event {
            _ if self.as_json => ndjson::line(event, self.room, outage),
            Event::Message(said) if self.hides_own && is_own(said.user_id.as_deref()) => None,
            _ => human::line(event, self.room, outage),
        };
        Ok(text.map_or(Ok(()), line)?)
    }
}

async fn talk(
    sender: Sender,
    events: impl Stream<Item = Event> + Unpin,
    input: Input,
    show: Option<Show<'_>>,
    args: &Talk,
    mut signals: Signals,
) -> Result<(), End> {
    let is_alone = matches!(input, Input::One { .. });
    let sending = input.send(&sender, args.raw);
    let result = tokio::select! {
        result = follow(events, sending, show, args, is_alone) => result,
        () = signals.next() => Ok(()),
    };
    let unsent = sender.unsent() as u64;
    sender.handle().close().await;
    match result {
        Ok(()) if unsent > 0 => {
            let what = format!("stopped before {} could be sent", counted(unsent, "message"));
            Err(Failure::new(Exit::Interrupted, what).into())
        }
        result => result,
    }
}

/// Shows events while `sending` goes on. `gives_up` is for those who do not wait for a server.
async fn follow(
    mut events: impl Stream<Item = Event> + Unpin,
    sending: impl Future<Output = Result<(), End>>,
    mut show: Option<Show<'_>>,
    args: &Talk,
    gives_up: bool,
) -> Result<(), End> {
    use futures_util::StreamExt;
    // A time-out beyond the clock's range is none.
    let end = args.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut sending = pin!(sending);
    let (mut messages, mut was_connected) = (0, false);
    loop {
        let event = tokio::select! {
            biased;
            event = events.next() => event,
            // With the last message, the work is done.
            result = &mut sending => return result,
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                return timed_out(was_connected, messages, args);
            }
        };
        let Some(event) = event else {
            return Err(Failure::new(Exit::Failed, "the conversation ended by itself").into());
        };
        if matches!(&event, Event::Disconnected(lost) if lost.cause == Fault::Requested) {
            // A missing room is created on another link, which is no trouble.
            continue;
        }
        if let Some(show) = &mut show {
            show.show(&event)?;
        }
        match event {
            Event::Message(_) => messages += 1,
            Event::Connected(_) => was_connected = true,
            Event::Disconnected(lost) if gives_up && !was_connected => {
                let failure = Failure::new(Exit::Unreachable, &lost.cause);
                return Err(failure.next("check --url, and that the server runs").into());
            }
            Event::Disconnected(lost) => remark(trouble(&lost)),
            Event::Refused(refusal) => return Err(connect::refused(&refusal).into()),
            _ => {}
        }
        if args.max.is_some_and(|max| messages >= max) {
            return Ok(());
        }
    }
}

fn timed_out(was_connected: bool, messages: u64, args: &Talk) -> Result<(), End> {
    if !was_connected {
        let what = "no connection came about in the time that --timeout gives";
        let failure = Failure::new(Exit::Unreachable, what);
        return Err(failure.next("check --url, and that the server runs").into());
    }
    match args.max {
        None => Ok(()),
        Some(max) => Err(Failure::new(
            Exit::Failed,
            format_args!("{messages} of {max} messages came in the time that --timeout gives"),
        )
        .into()),
    }
}
