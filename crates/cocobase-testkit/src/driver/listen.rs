//! Functions that are called with changes, as a subject of the suite.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use cocobase_driver::{Collection, Error, Listening, Runtime, Trouble};
use cocobase_proto::{Document, Event, RefusalKind};
use serde_json::Value;

use crate::suite::{Kind, Next, Ready, Told};

/// What listens, and what its functions were called with.
pub(super) struct Heard<R: Runtime> {
    pub(super) listening: Listening<R>,
    inbox: Arc<Mutex<Inbox>>,
}

#[derive(Default)]
struct Inbox {
    told: VecDeque<Told>,
    reader: Option<Waker>,
    has_lived: bool,
    refusal: Option<RefusalKind>,
    /// No function is left that could be called.
    is_over: bool,
}

impl<R: Runtime> Heard<R> {
    pub(super) fn start(collection: &Collection<R>) -> Result<Self, Error> {
        let inbox = Arc::<Mutex<Inbox>>::default();
        let writer = Arc::new(Writer(Arc::clone(&inbox)));
        let [connected, created, updated, deleted, error] =
            std::array::from_fn(|_| Arc::clone(&writer));
        drop(writer);
        let listening = collection
            .listen::<Value>()
            .on_connected(move |greeting| {
                connected.tell(Told::of::<Document>(&Event::Connected(greeting)));
            })
            .on_created(move |change| {
                let told = Told::of(&Event::Created(change));
                panic_if(told.id.as_deref() == Some("panic"));
                created.tell(told);
            })
            .on_updated(move |change| updated.tell(Told::of(&Event::Updated(change))))
            .on_deleted(move |change| {
                deleted.tell(Told::of::<Document>(&Event::Deleted(change)));
            })
            .on_error(move |trouble| {
                let told = told_of_trouble(trouble);
                panic_if(told.kind == Kind::ServerError && told.words.contains("panic"));
                error.tell(told);
            })
            .start()?;
        Ok(Self { listening, inbox })
    }

    pub(super) async fn next(&mut self) -> Next {
        poll_fn(|cx| {
            let mut inbox = lock(&self.inbox);
            match inbox.told.pop_front() {
                Some(told) => return Poll::Ready(Next::Told(told)),
                None if inbox.is_over => return Poll::Ready(Next::End),
                None => inbox.reader = Some(cx.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }

    /// Waits until a function was called for that.
    pub(super) async fn ready(&mut self) -> Ready {
        poll_fn(|cx| {
            let mut inbox = lock(&self.inbox);
            match inbox.refusal {
                Some(kind) => return Poll::Ready(Ready::Refused(Some(kind))),
                None if inbox.has_lived => return Poll::Ready(Ready::Live),
                None if inbox.is_over => return Poll::Ready(Ready::NotYet),
                None => inbox.reader = Some(cx.waker().clone()),
            }
            Poll::Pending
        })
        .await
    }
}

/// As a function with a defect does, without a word on the standard error output.
fn panic_if(wanted: bool) {
    if wanted {
        std::panic::resume_unwind(Box::new("as the case wants"));
    }
}

fn told_of_trouble(trouble: Trouble) -> Told {
    let event = match trouble {
        Trouble::Disconnected(lost) => Event::Disconnected(lost),
        Trouble::Gap(gap) => Event::Gap(gap),
        Trouble::Undecodable(undecodable) => Event::Undecodable(undecodable),
        Trouble::Server(error) => Event::ServerError(error),
        Trouble::Malformed(malformed) => Event::Malformed(malformed),
        Trouble::Refused(refusal) => Event::Refused(refusal),
        panicked @ Trouble::Panicked { .. } => {
            return Told { kind: Kind::Panicked, words: panicked.to_string(), ..Told::default() };
        }
        _ => return Told::default(),
    };
    Told::of::<Document>(&event)
}

/// Held by the functions; it goes with the last of them.
struct Writer(Arc<Mutex<Inbox>>);

impl Writer {
    fn tell(&self, told: Told) {
        let mut inbox = lock(&self.0);
        inbox.has_lived |= told.kind == Kind::Connected;
        inbox.refusal = inbox.refusal.or(told.refusal);
        inbox.told.push_back(told);
        wake(inbox);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        let mut inbox = lock(&self.0);
        inbox.is_over = true;
        wake(inbox);
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wake(mut inbox: MutexGuard<'_, Inbox>) {
    let reader = inbox.reader.take();
    drop(inbox);
    if let Some(reader) = reader {
        reader.wake();
    }
}
