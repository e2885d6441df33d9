//! The demo's talk: a desk that announces strong earthquakes in a room, and tells everyone when the
//! replay begins and ends, with somebody at the other end of each.

use cocobase_proto::Event;
use cocobase_tokio::{Broadcast, Client, Error, Room};
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::quake::Quake;

/// The room of the announcements.
const ROOM: &str = "desk";

/// From this magnitude on an earthquake is announced.
const STRONG: f64 = 4.5;

/// Behind it, nothing is left to come.
const LAST_WORD: &str = "That is all.";

/// The desk, and those who listen to it.
pub(crate) struct Desk {
    room: Room,
    everyone: Broadcast,
    in_room: Vec<String>,
    to_everyone: Vec<String>,
    listeners: JoinSet<(Place, Vec<String>)>,
}

/// Where something is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Room,
    Broadcast,
}

/// What was said in a place, and what was heard there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Talk {
    said: Vec<String>,
    heard: Vec<String>,
}

/// All that was said and heard.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Talks {
    pub(crate) room: Talk,
    pub(crate) broadcast: Talk,
}

impl Desk {
    /// Makes the room, and brings everyone in.
    pub(crate) async fn open(client: &Client) -> Result<Self, Error> {
        let room = client.room(ROOM).user("desk", "Desk").create("Earthquake desk").await?;
        let reader = client.room(ROOM).user("reader", "Reader").join().await?;
        let everyone = client.broadcast().user("desk", "Desk").connect().await?;
        let listener = client.broadcast().user("listener", "Listener").connect().await?;
        let mut listeners = JoinSet::new();
        listeners.spawn(listen(Place::Room, reader));
        listeners.spawn(listen(Place::Broadcast, listener));
        let (room, everyone) = (room.spawn()?, everyone.spawn()?);
        let mut desk =
            Self { room, everyone, in_room: Vec::new(), to_everyone: Vec::new(), listeners };
        desk.tell_everyone("A week of earthquakes begins.").await?;
        Ok(desk)
    }

    /// Announces an earthquake, if it is strong.
    pub(crate) async fn announce(&mut self, quake: &Quake) -> Result<(), Error> {
        if quake.mag < STRONG {
            return Ok(());
        }
        let text = format!("M {:.1}, {}", quake.mag, quake.place);
        self.room.send(&text).await?;
        self.in_room.push(text);
        Ok(())
    }

    async fn tell_everyone(&mut self, text: &str) -> Result<(), Error> {
        self.everyone.send(text).await?;
        self.to_everyone.push(text.into());
        Ok(())
    }

    /// Says the last word and waits until everyone has heard it.
    pub(crate) async fn close(mut self) -> Result<Talks, Error> {
        self.room.send(LAST_WORD).await?;
        self.tell_everyone("The week is over.").await?;
        self.everyone.send(LAST_WORD).await?;
        let mut talks = Talks {
            room: Talk { said: self.in_room, heard: Vec::new() },
            broadcast: Talk { said: self.to_everyone, heard: Vec::new() },
        };
        while let Some(listener) = self.listeners.join_next().await {
            match listener {
                Ok((Place::Room, heard)) => talks.room.heard = heard,
                Ok((Place::Broadcast, heard)) => talks.broadcast.heard = heard,
                // What nobody heard is missing from the books.
                Err(_) => {}
            }
        }
        Ok(talks)
    }
}

async fn listen(
    place: Place,
    mut events: impl Stream<Item = Event> + Unpin,
) -> (Place, Vec<String>) {
    let mut heard = Vec::new();
    while let Some(event) = events.next().await {
        if let Event::Message(message) = event {
            let text: String = message.get().unwrap_or_default();
            if text == LAST_WORD {
                break;
            }
            heard.push(text);
        }
    }
    (place, heard)
}

impl Talk {
    /// Whether everything was heard, once and in order.
    pub(crate) fn is_right(&self) -> bool {
        self.said == self.heard
    }

    /// How much was said and heard.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.said.len(), self.heard.len())
    }

    /// The same for programs.
    pub(crate) fn to_json(&self) -> Value {
        let (said, heard) = self.counts();
        json!({"said": said, "heard": heard, "in_order": self.is_right()})
    }
}
