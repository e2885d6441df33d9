//! The driver of one session, for a page that does what it is told.

use std::error::Error;
use std::mem;
use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::sse::{Item, Message};
use cocobase_proto::{
    Access, Action, BaseUrl, Carrier, CloseCause, Credentials, Event, Input, Instant, LinkId,
    Session, SessionConfig, Subscription, Target, Text,
};
use serde::Deserialize;

/// How long an event stream may be silent. An EventSource keeps the comments to itself by which a
/// server shows that it is alive; so a quiet collection looks like a dead server, and is asked for anew,
/// from the last event, now and then.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// What to watch, as the page's JSON says it. The example is that of [`Page`].
#[derive(Debug, Deserialize)]
pub struct Options {
    /// Where the server is.
    pub url: String,
    /// The project's key.
    pub key: String,
    /// The collection.
    pub collection: String,
    /// Which of its documents, such as `mag >= 4.5`.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// By EventSource in the place of WebSocket.
    #[serde(default)]
    pub events: bool,
}

/// What the page is to do. The example is that of [`Page`].
#[derive(Debug, PartialEq)]
pub enum Effect {
    /// Open a WebSocket, or an EventSource. Any older one is history.
    Open {
        /// Its number.
        link: u32,
        /// Its address. It may hold the key.
        url: String,
        /// Whether it is an EventSource.
        is_events: bool,
    },
    /// Send a text by the open WebSocket.
    Send(Text),
    /// Close what is open or opening.
    Close,
    /// Show a line to the user.
    Show(String),
    /// Come back after this time, in the place of any earlier appointment.
    Wake(Option<Duration>),
}

/// A session in a page.
///
/// ```
/// use browser::{Effect, Options, Page};
/// use cocobase_proto::Instant;
///
/// let options = r#"{"url":"http://h:4200","key":"k","collection":"users","events":true}"#;
/// let now = Instant::from_nanos(0);
/// let mut page = Page::start(serde_json::from_str(options)?, 7, now)?;
/// let url = "http://h:4200/realtime/sse/users?greeting=true&api_key=k".to_owned();
/// assert_eq!(page.effects(now)[0], Effect::Open { link: 1, url, is_events: true });
///
/// page.opened(1, now);
/// page.item(1, "e:7", r#"{"type":"subscribed","collection":"users"}"#.into(), now);
/// assert_eq!(page.effects(now)[0], Effect::Show("live".into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Page {
    base: BaseUrl,
    session: Session,
    credentials: Credentials,
    /// The number of the newest link, by which the page calls it.
    number: u32,
    link: Option<LinkId>,
    is_open: bool,
    last_event_id: Text,
    wakes_at: Option<Instant>,
}

impl Page {
    /// Begins to watch.
    ///
    /// # Errors
    ///
    /// When the address, the collection's name or the filter is none.
    pub fn start(options: Options, seed: u64, now: Instant) -> Result<Self, Box<dyn Error>> {
        let base = BaseUrl::parse(&options.url)?;
        let filter = options.filter.as_deref().map(Filter::parse_where).transpose()?;
        let watched = Subscription::new(&options.collection, filter.unwrap_or_default())?;
        let mut config = SessionConfig::default();
        let target = if options.events {
            config.silence_timeout = LONGEST_SILENCE;
            Target::Events(watched)
        } else {
            Target::Collection(watched)
        };
        let credentials = Credentials::ApiKey(options.key.into());
        let session = Session::new(target, Access::Fixed(credentials.clone()), config, seed, now);
        Ok(Self {
            base,
            session,
            credentials,
            number: 0,
            link: None,
            is_open: false,
            last_event_id: Text::default(),
            wakes_at: None,
        })
    }

    /// The WebSocket or EventSource is open.
    pub fn opened(&mut self, number: u32, now: Instant) {
        self.is_open = true;
        self.tell(number, Input::Opened, now);
    }

    /// The WebSocket has brought a text.
    pub fn text(&mut self, number: u32, text: Text, now: Instant) {
        self.tell(number, Input::Text(text), now);
    }

    /// The EventSource has brought a message.
    pub fn item(&mut self, number: u32, id: &str, data: Text, now: Instant) {
        // Each EventSource is a new one and begins without an id.
        if !id.is_empty() {
            self.last_event_id = id.into();
        }
        let last_event_id = self.last_event_id.clone();
        let message = Message { data, last_event_id, ..Message::default() };
        self.tell(number, Input::Item(Item::Message(message)), now);
    }

    /// The WebSocket or EventSource is over, with the code of a WebSocket or 0.
    pub fn closed(&mut self, number: u32, code: u16, reason: Text, now: Instant) {
        let cause = match code {
            // Browsers do not say why.
            0 | 1006 if self.is_open => CloseCause::Io("the browser lost the connection".into()),
            0 | 1006 => CloseCause::Connect("the browser could not connect".into()),
            1005 => CloseCause::Closed { code: None, reason },
            code => CloseCause::Closed { code: Some(code), reason },
        };
        self.tell(number, Input::Closed(cause), now);
    }

    /// The appointed time has come, or so it seems: another one is made if it came too early.
    pub const fn woken(&mut self) {
        self.wakes_at = None;
    }

    /// What the page is to do now, after any of the above.
    pub fn effects(&mut self, now: Instant) -> Vec<Effect> {
        // Before its deadline this changes nothing.
        self.session.handle_timeout(now);
        let mut effects = Vec::new();
        while let Some(action) = self.session.poll_action() {
            effects.push(match action {
                Action::Open { link, path, carrier } => self.open(link, &path, carrier),
                Action::Send { text, .. } => Effect::Send(text),
                Action::Close { .. } => Effect::Close,
            });
        }
        while let Some(event) = self.session.poll_event() {
            effects.extend(line(&event).map(Effect::Show));
        }
        let wakes_at = self.session.poll_timeout().map(|wakeup| wakeup.at);
        if mem::replace(&mut self.wakes_at, wakes_at) != wakes_at {
            effects.push(Effect::Wake(wakes_at.map(|at| at.since(now))));
        }
        effects
    }

    fn open(&mut self, link: LinkId, path: &str, carrier: Carrier) -> Effect {
        self.link = Some(link);
        self.number = self.number.wrapping_add(1);
        self.is_open = false;
        let (url, is_events) = match carrier {
            Carrier::WebSocket => (self.base.websocket(path), false),
            Carrier::EventStream { headers } => {
                (self.base.http(&self.in_query(path, &headers)), true)
            }
        };
        Effect::Open { link: self.number, url, is_events }
    }

    /// An EventSource sends no headers: the server takes what matters of them in the query as well.
    fn in_query(&self, path: &str, headers: &[(&'static str, String)]) -> String {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut query = form_urlencoded::Serializer::new(query.to_owned());
        query.append_pair("api_key", self.credentials.secret().expose());
        if let Some((_, id)) = headers.iter().find(|(name, _)| *name == "last-event-id") {
            query.append_pair("last_event_id", id);
        }
        format!("{path}?{}", query.finish())
    }

    fn tell(&mut self, number: u32, input: Input, now: Instant) {
        if let Some(link) = self.link.filter(|_| number == self.number) {
            self.session.handle_input(link, input, now);
        }
    }
}

fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Connected(_) => "live".into(),
        Event::Created(new) => format!("+ {}", new.document.json()),
        Event::Updated(new) => format!("~ {}", new.document.json()),
        Event::Deleted(old) => format!("- {}", old.id.as_deref().unwrap_or("?")),
        Event::Gap(gap) => gap.to_string(),
        Event::Disconnected(disconnected) => disconnected.to_string(),
        Event::Refused(refusal) => format!("refused: {refusal}"),
        _ => return None,
    })
}
