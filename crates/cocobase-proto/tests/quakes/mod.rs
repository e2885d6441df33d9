//! Real collection events of about 300 bytes: earthquakes, as a server writes them.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::encode::{CollectionEvent, StoredDocument};
use cocobase_proto::{
    Access, Action, ChangeKind, Credentials, Input, Instant, LinkId, Session, SessionConfig, Shape,
    Subscription,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A document, as a user would type it.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub(crate) struct Quake {
    pub(crate) id: String,
    pub(crate) time: String,
    pub(crate) mag: f64,
    pub(crate) place: String,
    pub(crate) status: String,
    pub(crate) longitude: f64,
    pub(crate) latitude: f64,
}

/// The whole message, as one would write it by hand for this one dialect.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
pub(crate) struct Message {
    pub(crate) event: String,
    pub(crate) collection_id: String,
    pub(crate) data: Quake,
    pub(crate) seq: Option<u64>,
}

/// The fields that make an event of about 300 bytes.
const FIELDS: [&str; 6] = ["time", "mag", "place", "status", "longitude", "latitude"];

/// The text of one `create` for each earthquake, without a number, so that a session takes it twice.
pub(crate) fn frames() -> Vec<Vec<u8>> {
    let lines = include_str!("../../../cocobase-cli/data/earthquakes.jsonl").lines();
    let quakes = lines.map(|line| serde_json::from_str::<Map<String, Value>>(line).unwrap());
    quakes.filter(|quake| quake["mag"].is_number()).map(|quake| frame(&quake)).collect()
}

fn frame(quake: &Map<String, Value>) -> Vec<u8> {
    let fields: Map<String, Value> =
        FIELDS.iter().map(|field| ((*field).into(), quake[*field].clone())).collect();
    let fields = Value::Object(fields).to_string();
    let document = StoredDocument {
        collection: "earthquakes",
        id: quake["event"].as_str().unwrap(),
        created_at: quake["time"].as_str().unwrap(),
        updated_at: quake["updated"].as_str().unwrap(),
        fields: &fields,
    };
    let event = CollectionEvent { kind: ChangeKind::Created, document, old: None, seq: 0 };
    let text = event.encode(Shape::Flat).unwrap();
    // Without spare room, the first slice of a frame costs an allocation.
    text.replace(",\"seq\":0", "").into_bytes().into_boxed_slice().into_vec()
}

/// A session on surface C whose link is live, with nothing left to tell.
pub(crate) fn live_session() -> (Session, LinkId, Instant) {
    let now = Instant::from_nanos(1);
    let subscription = Subscription::new("earthquakes", Filter::new()).unwrap();
    let access = Access::Fixed(Credentials::ApiKey("k".into()));
    let mut session = Session::new(subscription, access, SessionConfig::default(), 1, now);
    let Some(Action::Open { link, .. }) = session.poll_action() else { panic!("no link") };
    session.handle_input(link, Input::Opened, now);
    session.handle_input(link, Input::Text(r#"{"event":"connected"}"#.into()), now);
    while session.poll_event().is_some() {}
    while session.poll_action().is_some() {}
    (session, link, now)
}
