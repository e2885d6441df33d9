//! The driver of a session, between the session, the network and the user.

use std::time::Duration;

use cocobase_proto::{Action, Credentials, Event, Input, RefusalKind, RoomMode, Text, Topic};

use super::link::{Down, Link, Pipe, Up};
use super::plan::Right;
use super::server::{KEY, content_in};
use super::world::{Happening, Verdict, World};

/// # The driver
impl World {
    pub(super) fn wake_client(&mut self, at: usize) -> Verdict {
        let oversleeps = self.injected.oversleeps();
        let Some(client) = self.clients.get_mut(at).filter(|_| !oversleeps) else { return Ok(()) };
        let now = client.clock(self.now);
        client.session.handle_timeout(now);
        let next = client.session.poll_timeout();
        if next.is_some_and(|next| next.at <= now) {
            return Err(format!("client {at}: {next:?} is due again after it was served"));
        }
        self.drive(at)
    }

    /// Does what the session wants and tells the user, until there is nothing more.
    pub(super) fn drive(&mut self, at: usize) -> Verdict {
        loop {
            let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
            match client.session.poll_action() {
                Some(action) => self.act(at, action)?,
                None => break,
            }
        }
        self.take_events(at, false)
    }

    fn act(&mut self, at: usize, action: Action) -> Verdict {
        self.say(|_| format!("client {at}: {}", show(&action)));
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        match action {
            Action::Open { link: id, path, carrier } => {
                if client.link.is_some() {
                    return Err(format!("client {at}: opens a second link"));
                }
                let link = self.links.len();
                client.link = Some(link);
                client.audit.reconnects();
                self.links.push(Link {
                    client: at,
                    id,
                    path,
                    carrier,
                    connection: None,
                    incarnation: 0,
                    epoch: Text::default(),
                    up: Pipe::new(now),
                    down: Pipe::new(now),
                    is_open: true,
                    is_expiring: false,
                    window: client.plan.window,
                    piece: client.plan.piece,
                });
                self.send_up(link, Up::Connect);
            }
            Action::Send { link: id, text } => {
                let Some(link) = client.link else { return Ok(()) };
                if self.links.get(link).is_none_or(|link| link.id != id) {
                    return Err(format!("client {at}: sends on a link that it gave up"));
                }
                let content = content_in(&text);
                if let Some(content) = &content {
                    let topic = client.topics_of.get(content).unwrap_or(&Topic::Everything);
                    let sent = client.audit.sent(topic, content);
                    sent.map_err(|problem| format!("client {at}: {problem}"))?;
                    self.board.sent(content.clone(), link);
                }
                if !self.injected.loses(content.is_some()) {
                    self.send_up(link, Up::Text(text));
                }
            }
            Action::Close { link: id } => {
                let Some(link) = client.link else { return Ok(()) };
                if let Some(link) = self.links.get_mut(link).filter(|link| link.id == id) {
                    link.is_open = false;
                    client.link = None;
                }
                self.send_up(link, Up::Gone);
            }
        }
        Ok(())
    }

    /// Tells the user. A slow one takes events only when it is its time.
    pub(super) fn take_events(&mut self, at: usize, is_time: bool) -> Verdict {
        let (now, calm) = (self.now, self.is_calm);
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        if is_time {
            client.is_about_to_take = false;
        } else if client.plan.is_slow && !calm {
            if !std::mem::replace(&mut client.is_about_to_take, true) {
                let (least, most) = (Duration::from_millis(50), Duration::from_secs(3));
                let pause = self.random.between(least, most);
                self.agenda.enter(now + pause, Happening::Take(at));
            }
            return Ok(());
        }
        while let Some(client) = self.clients.get_mut(at)
            && let Some(event) = client.session.poll_event()
        {
            self.tell(at, &event).map_err(|problem| format!("client {at}: {problem}"))?;
        }
        self.look_at_views(at)
    }

    fn tell(&mut self, at: usize, event: &Event) -> Verdict {
        self.say(|_| format!("client {at}: is told {event:?}"));
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let incarnation = client.link.and_then(|link| self.links.get(link));
        let epoch = match incarnation {
            Some(link) if link.incarnation != 0 => link.epoch.clone(),
            _ => self.server.epoch.clone(),
        };
        client.audit.note(event, &epoch, &self.store, &mut self.board)?;
        for view in client.views.values_mut() {
            view.live.handle_event(event);
        }
        match event {
            Event::CredentialsNeeded { .. } => {
                let (least, most) = (Duration::ZERO, Duration::from_secs(2));
                let pause = self.random.between(least, most);
                self.agenda.enter(now + pause, Happening::Provide(at));
            }
            Event::Refused(refusal) => {
                client.is_refused = true;
                let may_be = match refusal.kind {
                    RefusalKind::Credentials => client.plan.right != Right::Key,
                    RefusalKind::Room => client.plan.mode == RoomMode::Join,
                    _ => false,
                };
                if !may_be {
                    return Err(format!("was refused: {refusal:?}"));
                }
            }
            Event::TopicRefused { .. }
            | Event::ServerError(_)
            | Event::Malformed(_)
            | Event::Unknown(_)
            | Event::Undecodable(_) => return Err(format!("was told {event:?}")),
            _ => {}
        }
        Ok(())
    }
}

/// # Inputs of the session
impl World {
    pub(super) fn at_client(&mut self, at: usize) -> Verdict {
        let now = self.now;
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        let Some(client) = self.clients.get(link.client) else { return Ok(()) };
        let held = client.asleep_until.unwrap_or_default().max(link.down.held_until);
        if held > now {
            self.agenda.enter(held, Happening::AtClient(at));
            return Ok(());
        }
        let Some(item) = link.down.receive(now) else { return Ok(()) };
        self.say(|_| format!("client's link {at}: {item:?}"));
        self.hear(at, item)?;
        self.go_on(at)
    }

    fn hear(&mut self, at: usize, item: Down) -> Verdict {
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        let (owner, is_open, piece) = (link.client, link.is_open, link.piece);
        // A driver may have read a little more from a link before it was told to close it.
        if !is_open && !self.random.chance(30) {
            return Ok(());
        }
        let id = self.injected.link_id(link.id, is_open);
        let Some(client) = self.clients.get_mut(owner) else { return Ok(()) };
        let id = match id {
            Some(id) => id,
            None => match client.link.and_then(|link| self.links.get(link)) {
                Some(link) => link.id,
                None => return Ok(()),
            },
        };
        let now = client.clock(self.now);
        match item {
            Down::Opened => client.session.handle_input(id, Input::Opened, now),
            Down::Refused { status, retry_after } => {
                let body = Text::default();
                let refused = Input::Refused { status, retry_after, body };
                client.session.handle_input(id, refused, now);
                self.over(owner, at);
            }
            Down::Text(text) => client.session.handle_input(id, Input::Text(text), now),
            Down::Bytes(bytes) => {
                let size = if piece == 0 { bytes.len().max(1) } else { piece };
                for start in (0..bytes.len()).step_by(size) {
                    let part = bytes.slice(start..bytes.len().min(start + size));
                    client.session.handle_input(id, Input::Bytes(part), now);
                }
            }
            Down::Ping => {
                client.session.handle_input(id, Input::Alive, now);
                if is_open {
                    self.send_up(at, Up::Pong);
                }
            }
            Down::Pong => client.session.handle_input(id, Input::Alive, now),
            Down::Closed(cause) => {
                if is_open {
                    self.over(owner, at);
                }
                if let Some(client) = self.clients.get_mut(owner) {
                    client.session.handle_input(id, Input::Closed(cause), now);
                }
            }
        }
        self.drive(owner)
    }

    /// The driver's end of a link is gone.
    fn over(&mut self, owner: usize, at: usize) {
        if let Some(link) = self.links.get_mut(at) {
            link.is_open = false;
        }
        if let Some(client) = self.clients.get_mut(owner)
            && client.link == Some(at)
        {
            client.link = None;
        }
        self.send_up(at, Up::Gone);
    }

    pub(super) fn provide(&mut self, at: usize) -> Verdict {
        let (fails, expired) = match self.is_calm {
            true => (false, false),
            false => (self.random.chance(20), self.random.chance(10)),
        };
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let now = client.clock(self.now);
        if fails {
            client.session.credentials_unavailable("none at the moment", now);
        } else {
            let key = if expired { "expired" } else { KEY };
            client.session.set_credentials(Credentials::ApiKey(key.into()), now);
        }
        self.drive(at)
    }

    pub(super) fn awake(&mut self, at: usize) -> Verdict {
        let now = self.now;
        if let Some(client) = self.clients.get_mut(at)
            && client.asleep_until.is_some_and(|until| until <= now)
        {
            client.asleep_until = None;
        }
        self.say(|_| format!("client {at}: is awake"));
        Ok(())
    }
}

fn show(action: &Action) -> String {
    match action {
        Action::Send { text, .. } => format!("sends {text}"),
        action => format!("{action:?}"),
    }
}
