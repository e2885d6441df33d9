//! What clients say: text to meaning and meaning to text.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::{
    BroadcastHello, ClientMessage, ClientMessageError, Hello, HelloError, RoomAction, RoomHello,
    SelfHostedHello, Surface, User,
};
use cocobase_proto::{ChangeKind, Credentials, Position};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Vector;
use crate::filters::error_value;
use crate::pattern::compare;
use crate::server::value;
use crate::shapes::{self, At, Letter, Said, share};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientVector {
    surface: Letter,
    /// The first message of a link on C, C', B and R.
    #[serde(default)]
    hello: bool,
    message: Said,
    means: Option<ClientMeaning>,
    error: Option<Value>,
    #[serde(default)]
    direction: Direction,
}

/// Whether a client writes it so, a server reads it so, or both.
#[derive(Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Direction {
    #[default]
    Both,
    Read,
    Write,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ClientMeaning {
    kind: String,
    api_key: Option<String>,
    token: Option<String>,
    user_id: Option<String>,
    user_name: Option<String>,
    filters: Option<Value>,
    actions: Option<Vec<String>>,
    resume: Option<At>,
    snapshot: Option<bool>,
    action: Option<String>,
    room_title: Option<String>,
    collection: Option<String>,
    room: Option<String>,
    content: Option<Value>,
}

impl Vector for ClientVector {
    fn check(&self) -> Result<(), String> {
        let surface = self.surface.into();
        let text = self.message.text();
        if self.direction != Direction::Write {
            let found = if self.hello { read_hello(surface, &text) } else { read(&text) };
            match (&self.means, &self.error, found) {
                (Some(means), None, Ok(found)) => compare("reading", &value(means), &value(&found)),
                (None, Some(error), Err(found)) => compare("reading", error, &found),
                (_, _, found) => Err(format!("reading gave {found:?}")),
            }?;
        }
        match &self.means {
            Some(means) if self.direction != Direction::Read => {
                let written =
                    if self.hello { means.hello(surface) } else { means.message(surface) }?;
                compare("writing", &self.message.json()?, &shapes::json(&written))
            }
            _ => Ok(()),
        }
    }
}

fn read_hello(surface: Surface, text: &str) -> Result<ClientMeaning, Value> {
    let meaning = ClientMeaning::of("hello");
    Ok(match surface {
        Surface::Broadcast => {
            let hello = BroadcastHello::decode(text).map_err(hello_error)?;
            let resume = hello.resume.as_ref().map(At::from);
            ClientMeaning { resume, ..meaning.by(&hello.credentials).user(&hello.user) }
        }
        Surface::Room => {
            let hello = RoomHello::decode(text).map_err(hello_error)?;
            ClientMeaning {
                action: Some(hello.action.as_str().into()),
                room_title: shapes::string(&hello.title),
                resume: hello.resume.as_ref().map(At::from),
                ..meaning.by(&hello.credentials).user(&hello.user)
            }
        }
        Surface::SelfHosted => {
            let hello = SelfHostedHello::decode(text).map_err(hello_error)?;
            let actions = hello.actions.iter().map(|kind| word(*kind).into()).collect();
            ClientMeaning {
                actions: (!hello.actions.is_empty()).then_some(actions),
                ..meaning.by(&hello.credentials).filters(&hello.filter)
            }
        }
        _ => {
            let hello = Hello::decode(text).map_err(hello_error)?;
            ClientMeaning {
                resume: hello.resume.as_ref().map(At::from),
                snapshot: hello.snapshot.then_some(true),
                ..meaning.by(&hello.credentials).filters(&hello.filter)
            }
        }
    })
}

fn hello_error(error: HelloError) -> Value {
    match error {
        HelloError::Json(error) => {
            json!({"kind": "malformed", "line": error.line, "column": error.column})
        }
        HelloError::NoCredentials => json!({"kind": "no_credentials"}),
        HelloError::Filter(error) => error_value(&error),
        HelloError::Action(said) => json!({"kind": "action", "said": *said}),
        HelloError::Actions(said) => json!({"kind": "actions", "said": *said}),
        other => json!(other.to_string()),
    }
}

fn read(text: &str) -> Result<ClientMeaning, Value> {
    use ClientMessage as M;
    let message = ClientMessage::decode(text).map_err(|error| match error {
        ClientMessageError::Json(error) => {
            json!({"kind": "malformed", "line": error.line, "column": error.column})
        }
        ClientMessageError::Missing { kind, key } => {
            json!({"kind": "missing", "of": kind, "key": key.split('`').next()})
        }
        ClientMessageError::Filter { collection, error } => {
            json!({"kind": "filter", "collection": collection, "error": error_value(&error)})
        }
        other => json!(other.to_string()),
    })?;
    let of = ClientMeaning::of;
    Ok(match message {
        M::Auth { credentials, user } => of("auth").by(&credentials).user(&user),
        M::Subscribe { collection, filter, resume, snapshot } => ClientMeaning {
            collection: Some(collection.into()),
            resume: resume.as_ref().map(At::from),
            snapshot: snapshot.then_some(true),
            ..of("subscribe").filters(&filter)
        },
        M::Unsubscribe { collection } => {
            ClientMeaning { collection: Some(collection.into()), ..of("unsubscribe") }
        }
        M::Join { room, resume } => ClientMeaning {
            room: Some(room.into()),
            resume: resume.as_ref().map(At::from),
            ..of("join")
        },
        M::Leave { room } => ClientMeaning { room: Some(room.into()), ..of("leave") },
        M::Broadcast { room, message } => ClientMeaning {
            room: Some(room.into()),
            content: Some(shapes::json(&message)),
            ..of("broadcast")
        },
        M::Message { content } => {
            ClientMeaning { content: Some(shapes::json(&content)), ..of("message") }
        }
        M::Ping => of("ping"),
        M::Unknown => of("unknown"),
        _ => of("not in this format"),
    })
}

impl ClientMeaning {
    fn of(kind: &str) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    fn by(mut self, credentials: &Credentials) -> Self {
        match credentials {
            Credentials::ApiKey(key) => self.api_key = Some(key.expose().into()),
            Credentials::Token(token) => self.token = Some(token.expose().into()),
        }
        self
    }

    fn user(mut self, user: &User) -> Self {
        self.user_id = shapes::string(&user.id);
        self.user_name = shapes::string(&user.name);
        self
    }

    fn filters(mut self, filter: &Filter) -> Self {
        self.filters =
            (!filter.is_empty()).then(|| shapes::json(&filter.to_json().unwrap_or_default()));
        self
    }

    fn credentials(&self) -> Result<Credentials, String> {
        match (&self.api_key, &self.token) {
            (Some(key), None) => Ok(Credentials::ApiKey(key.as_str().into())),
            (None, Some(token)) => Ok(Credentials::Token(token.as_str().into())),
            _ => Err("a hello has a key or a token".into()),
        }
    }

    fn filter(&self) -> Result<Filter, String> {
        let filters = self.filters.as_ref().map_or_else(|| "{}".into(), Value::to_string);
        Filter::from_json(&filters).map_err(|error| error.to_string())
    }

    fn resume(&self) -> Option<Position> {
        self.resume.as_ref().map(Position::from)
    }

    fn who(&self) -> User {
        User { id: share(&self.user_id), name: share(&self.user_name) }
    }

    fn hello(&self, surface: Surface) -> Result<String, String> {
        let (credentials, user, resume) = (self.credentials()?, self.who(), self.resume());
        Ok(match surface {
            Surface::Broadcast => BroadcastHello { credentials, user, resume }.encode(),
            Surface::Room => {
                let action = match self.action.as_deref() {
                    Some("create") => RoomAction::Create,
                    _ => RoomAction::Join,
                };
                let title = share(&self.room_title);
                RoomHello { credentials, user, action, title, resume }.encode()
            }
            Surface::SelfHosted => {
                let actions: Vec<ChangeKind> =
                    self.actions.iter().flatten().map(|word| change_kind(word)).collect();
                SelfHostedHello { credentials, actions, filter: self.filter()? }.encode()
            }
            _ => Hello {
                credentials,
                filter: self.filter()?,
                resume,
                snapshot: self.snapshot == Some(true),
            }
            .encode()
            .map_err(|error| error.to_string())?,
        })
    }

    fn message(&self, surface: Surface) -> Result<String, String> {
        use ClientMessage as M;
        let collection = || self.collection.as_deref().unwrap_or_default().into();
        let room = || self.room.as_deref().unwrap_or_default().into();
        let content = || self.content.as_ref().unwrap_or(&Value::Null).to_string().into();
        let message = match self.kind.as_str() {
            "auth" => M::Auth { credentials: self.credentials()?, user: self.who() },
            "subscribe" => M::Subscribe {
                collection: collection(),
                filter: self.filter()?,
                resume: self.resume(),
                snapshot: self.snapshot == Some(true),
            },
            "unsubscribe" => M::Unsubscribe { collection: collection() },
            "join" => M::Join { room: room(), resume: self.resume() },
            "leave" => M::Leave { room: room() },
            "broadcast" => M::Broadcast { room: room(), message: content() },
            "message" => M::Message { content: content() },
            "ping" => M::Ping,
            other => return Err(format!("no client writes {other:?}")),
        };
        message.encode(surface).map_err(|error| error.to_string())
    }
}

const KINDS: [ChangeKind; 3] = [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted];

const fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Created => "created",
        ChangeKind::Updated => "updated",
        ChangeKind::Deleted => "deleted",
    }
}

fn change_kind(said: &str) -> ChangeKind {
    KINDS.into_iter().find(|kind| word(*kind) == said).unwrap()
}
