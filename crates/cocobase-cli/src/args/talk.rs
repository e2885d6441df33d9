//! `cocobase chat`, `broadcast` and `rooms`.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::Connection;
use super::watch::seconds;

const CHAT_HELP: &str = "\
Lines of standard input are sent, and what happens in the room is shown. The end of the input
(ctrl-D) leaves the room once everything is sent; ctrl-C leaves at once.

With --json, or where standard output is no terminal, every line is one object. `event` says what it
is, `time` when it arrived:
  joined        room, title, participants (how many), people ([{\"id\",\"name\"}], or null: unknown),
                user_id (this client's own), outage_ms (how long there was no connection, or null)
  message       user_id, user_name, content (any JSON), sent_at, seq
  user_joined, user_left: user_id, user_name, participants
  gap, disconnected, refused, server_error, malformed, unknown: as `cocobase watch --help` has them
What the server does not tell is null. More keys and more kinds may come; these stay.

A lost connection is mended by itself, and what is written meanwhile is sent then.

Examples:
  cocobase chat general --create --title 'General Chat' --user-id u1 --user-name Alice
  cocobase chat general --user-name Bob
  cocobase chat general --listen --json | jq .content";

const BROADCAST_HELP: &str = "\
Sends MESSAGE, or else the lines of standard input, to everyone who is connected to the project's
broadcast, and ends once everything is sent. With --listen it shows what everyone sends, and goes on.

The lines of --listen are those of `cocobase chat --help`, and `connected` (user_id, outage_ms) for
`joined`.

Examples:
  cocobase broadcast 'The server restarts at noon'
  cocobase broadcast --raw '{\"kind\":\"alert\",\"level\":3}'
  cocobase broadcast --listen";

const ROOMS_HELP: &str = "\
With --json, every line is one room: id, title, created_by, participants (how many),
participant_list ([{\"id\",\"name\"}]) and created_at; what the server does not tell is null.

Examples:
  cocobase rooms
  cocobase rooms --json | jq -r 'select(.participants > 0).id'";

/// Talk in a room
#[derive(Debug, Args)]
#[command(after_help = CHAT_HELP)]
pub(crate) struct Chat {
    /// The room's id
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) room: String,
    /// Create the room if it is missing
    #[arg(long)]
    pub(crate) create: bool,
    /// The title of a room that is created. Default: its id
    #[arg(long, value_name = "TITLE", requires = "create")]
    pub(crate) title: Option<String>,
    /// Send nothing: standard input is not read
    #[arg(long)]
    pub(crate) listen: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Send a message to everyone in the project, or hear what they send
#[derive(Debug, Args)]
#[command(after_help = BROADCAST_HELP)]
pub(crate) struct Broadcast {
    /// The message. Without it, and without --listen, each line of standard input is one
    pub(crate) message: Option<String>,
    /// Show what everyone sends
    #[arg(long)]
    pub(crate) listen: bool,
    #[command(flatten)]
    pub(crate) talk: Talk,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How to talk.
#[derive(Debug, Args)]
pub(crate) struct Talk {
    /// Who the others see. Default: --user-name, or else what the server makes up
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user_id: Option<String>,
    /// The name that the others see. Default: --user-id
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user_name: Option<String>,
    /// Messages are JSON, and sent as they are, instead of as texts
    #[arg(long)]
    pub(crate) raw: bool,
    /// One JSON object a line, on a terminal too
    #[arg(long)]
    pub(crate) json: bool,
    /// End after N messages have come
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,
    /// End after so many seconds: with code 1 when --max messages have not come by then
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
}

impl Talk {
    /// Id and name, if one of them is given.
    pub(crate) fn user(&self) -> Option<(&str, &str)> {
        let id = self.user_id.as_deref().or(self.user_name.as_deref())?;
        Some((id, self.user_name.as_deref().unwrap_or(id)))
    }
}

/// List the rooms and who is in them
#[derive(Debug, Args)]
#[command(after_help = ROOMS_HELP)]
pub(crate) struct Rooms {
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}
