//! What goes out by `tracing`: enough to follow a connection, and nothing of what it carries.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../bare/runtime.rs"]
#[allow(dead_code, reason = "not all that its other users need is needed here")]
mod runtime;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex, Once};

use cocobase_driver::Client;
use cocobase_proto::{CloseCause, Credentials, Event};
use futures_util::future::join;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use runtime::{Bare, World, run};

type Fields = BTreeMap<&'static str, String>;

/// All that is told on one thread, from its beginning on.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Told>>);

thread_local! {
    static LOG: RefCell<Log> = RefCell::default();
}

/// Writes into the log of the thread that tells. There is one for the process: where each thread has
/// its own, what one of them has no interest in may be kept from another.
struct ToThread;

#[derive(Default)]
struct Told {
    spans: Vec<ToldSpan>,
    events: Vec<ToldEvent>,
}

#[derive(Debug)]
struct ToldSpan {
    id: Id,
    name: &'static str,
    fields: Fields,
    has_parent: bool,
    follows: Vec<Id>,
}

#[derive(Debug)]
struct ToldEvent {
    level: Level,
    fields: Fields,
    span: Option<Id>,
}

struct Reading<'a>(&'a mut Fields);

impl Visit for Reading<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ToThread {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reading(&mut fields));
        let has_parent = context.span(id).unwrap().parent().is_some();
        let name = attributes.metadata().name();
        let span = ToldSpan { id: id.clone(), name, fields, has_parent, follows: Vec::new() };
        Log::of_thread().0.lock().unwrap().spans.push(span);
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, _: Context<'_, S>) {
        let log = Log::of_thread();
        let mut told = log.0.lock().unwrap();
        let span = told.spans.iter_mut().find(|span| span.id == *id).unwrap();
        span.follows.push(follows.clone());
    }

    fn on_event(&self, event: &tracing::Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Reading(&mut fields));
        let span = context.event_span(event).map(|span| span.id());
        let event = ToldEvent { level: *event.metadata().level(), fields, span };
        Log::of_thread().0.lock().unwrap().events.push(event);
    }
}

impl Log {
    /// A new log of this thread.
    fn begin() -> Self {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing_subscriber::registry().with(ToThread).init());
        LOG.set(Self::default());
        Self::of_thread()
    }

    fn of_thread() -> Self {
        LOG.with_borrow(Self::clone)
    }

    /// The events of a connection: their level, their message, and the names of their fields.
    fn of(&self, connection: &str) -> Vec<(Level, String, String)> {
        let told = self.0.lock().unwrap();
        let is_it = |span: &&ToldSpan| {
            span.name == "connection" && span.fields["name"] == format!("{connection:?}")
        };
        let id = &told.spans.iter().find(is_it).unwrap().id;
        let events = told.events.iter().filter(|event| event.span.as_ref() == Some(id));
        let events = events.map(|event| {
            let names = event.fields.keys().filter(|name| **name != "message");
            let names: Vec<&str> = names.copied().collect();
            (event.level, event.fields["message"].clone(), names.join(" "))
        });
        events.collect()
    }

    fn text(&self) -> String {
        let told = self.0.lock().unwrap();
        format!("{:?} {:?}", told.spans, told.events)
    }
}

const CONNECTED: &str = r#"{"event":"connected"}"#;

#[test]
fn each_step_of_a_connection_is_told_in_its_span() {
    let log = Log::begin();
    let world = World::new();
    world.enter();
    let client = Client::<Bare>::builder("ws://localhost").api_key("k").build().unwrap();
    let request = tracing::info_span!("request");
    let mut users = request.in_scope(|| {
        client.collection("users").named("my users").stream::<serde_json::Value>().unwrap()
    });
    run(&world, async {
        let serve = async {
            for number in 0..2 {
                let mut link = world.accept().await;
                link.hear().await;
                link.say(CONNECTED);
                if number == 0 {
                    link.end(CloseCause::Closed { code: Some(1012), reason: "restart".into() });
                }
            }
            let mut link = world.accept().await;
            link.hear().await;
            link.say(r#"{"error":"Invalid API key"}"#);
        };
        join(serve, async { while users.next().await.is_some() {} }).await;
    });
    let (debug, trace) = (Level::DEBUG, Level::TRACE);
    let expected = [
        (debug, "connecting", "link"),
        (trace, "sending", "bytes"),
        (debug, "live", "again"),
        (debug, "closed by the server", "code link"),
        (debug, "closing", "link"),
        (Level::INFO, "disconnected", "attempt cause retry_in"),
        (debug, "connecting", "link"),
        (trace, "sending", "bytes"),
        (debug, "live", "again"),
        (Level::WARN, "gap", "cause missed topic"),
        // Without a close frame there is no code.
        (debug, "closed by the server", "link"),
        (debug, "closing", "link"),
        (Level::INFO, "disconnected", "attempt cause retry_in"),
        (debug, "connecting", "link"),
        (trace, "sending", "bytes"),
        (debug, "closing", "link"),
        (Level::ERROR, "refused", "what"),
    ];
    let expected = expected.map(|(level, message, fields)| (level, message.into(), fields.into()));
    assert_eq!(log.of("my users"), expected);

    let told = log.0.lock().unwrap();
    let [request, connection] = &told.spans[..] else { panic!("{:?}", told.spans) };
    assert!(!connection.has_parent, "it would keep the request's span open");
    assert_eq!(connection.follows, std::slice::from_ref(&request.id));
}

/// What is said to a server, by it, and by the program's own provider.
const SECRETS: [&str; 8] = [
    "the-key",
    "the-token",
    "the-payload",
    "the-message",
    "the-filter",
    "the-reason",
    "the-detail",
    "the-panic",
];

#[test]
fn nothing_that_is_said_is_told() {
    let log = Log::begin();
    let world = World::new();
    world.enter();
    let builder = || Client::<Bare>::builder("ws://localhost");
    let keyed = builder().api_key("the-key").build().unwrap();
    let mut all = keyed.broadcast().stream();
    run(&world, async {
        let serve = async {
            let mut link = world.accept().await;
            assert!(link.hear().await.contains("the-key"));
            link.say(CONNECTED);
            link.say(r#"{"type":"message","content":"the-payload"}"#);
            link.say("no JSON: the-payload");
            link.say(r#"{"error":"overloaded","error_detail":"the-detail"}"#);
            assert!(link.hear().await.contains("the-message"));
            let reason = "the-reason, you said the-key".into();
            link.end(CloseCause::Closed { code: Some(1011), reason });
            let mut link = world.accept().await;
            link.hear().await;
            link.say(r#"{"error":"Invalid API key","error_detail":"the-key, the-detail"}"#);
        };
        let read = async {
            while let Some(event) = all.next().await {
                if let Event::Message(_) = event {
                    all.send("the-message").await.unwrap();
                }
            }
        };
        join(serve, read).await;
    });

    let asking = builder().token_provider({
        let asked = std::sync::atomic::AtomicU32::new(0);
        move |_| {
            let is_first = asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0;
            async move {
                if is_first {
                    return Err("the-token is too old".into());
                }
                Ok(Credentials::Token("the-token".into()))
            }
        }
    });
    let filter = cocobase_proto::filter::Filter::new().eq("name", "the-filter");
    let users = asking.build().unwrap().collection("users").filter(filter);
    let listening = users
        .listen::<serde_json::Value>()
        .on_created(|_| panic!("the-panic"))
        .on_error(|_| panic!("the-panic"))
        .start()
        .unwrap();
    run(&world, async {
        let mut link = world.accept().await;
        let hello = link.hear().await;
        assert!(hello.contains("the-token") && hello.contains("the-filter"), "{hello}");
        link.say(CONNECTED);
        link.say(r#"{"event":"create","data":{"id":"1","x":"the-payload"}}"#);
        link.say(
            r#"{"error":"Collection not found or access denied","error_detail":"the-detail"}"#,
        );
        link.closed().await;
    });
    assert!(listening.handle().is_closed());

    let text = log.text();
    for told in ["disconnected", "refused", "panicked", "no credentials"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}
