//! The lists that a view asks for: read page by page, and again when that fails.

use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_proto::live::{LiveView, Read};
use cocobase_proto::query::ListQuery;
use cocobase_proto::rest::{self, Request, header};
use cocobase_proto::{Document, Instant, Position};

use crate::client::Client;
use crate::error::Error;
use crate::runtime::{BoxFuture, HttpAnswer, Runtime, Timer};

/// What a list says, and the position it stands at, if the server tells.
type List = (Vec<Document>, Option<Position>);

/// Reads the lists of one collection for one view.
pub(crate) struct Lists<R: Runtime> {
    client: Client<R>,
    collection: String,
    timer: R::Timer,
    current: Option<Reading>,
    /// Failures in a row.
    failures: u32,
}

/// A list on its way.
struct Reading {
    read: Read,
    stage: Stage,
}

enum Stage {
    Asked(BoxFuture<Result<List, Error>>),
    Pausing(Instant),
}

impl<R: Runtime> Lists<R> {
    pub(crate) fn new(client: Client<R>, collection: String) -> Self {
        let timer = client.shared().runtime.timer();
        Self { client, collection, timer, current: None, failures: 0 }
    }

    /// Reads what the view wants. Ready when it has been told something, or with what went wrong.
    pub(crate) fn poll(
        &mut self,
        view: &mut LiveView,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Error>> {
        if self.current.as_ref().is_some_and(|reading| !view.is_wanted(reading.read.id)) {
            self.current = None;
        }
        loop {
            if self.current.is_none() {
                self.current = view.poll_read().map(|read| self.ask(read));
            }
            let Some(Reading { read, stage }) = &mut self.current else { return Poll::Pending };
            match stage {
                Stage::Asked(list) => {
                    let list = std::task::ready!(list.as_mut().poll(cx));
                    let read = read.clone();
                    return Poll::Ready(match list {
                        Ok((documents, position)) => {
                            (self.current, self.failures) = (None, 0);
                            view.handle_list(read.id, documents, position);
                            None
                        }
                        Err(error) => {
                            let stage = Stage::Pausing(self.pause());
                            self.current = Some(Reading { read, stage });
                            Some(error)
                        }
                    });
                }
                Stage::Pausing(until) => {
                    std::task::ready!(self.timer.poll_until(*until, cx));
                    let read = read.clone();
                    self.current = Some(self.ask(read));
                }
            }
        }
    }

    fn ask(&self, read: Read) -> Reading {
        let (client, collection) = (self.client.clone(), self.collection.clone());
        let query = read.query.clone();
        let list = Box::pin(async move { whole(&client, &collection, query).await });
        Reading { read, stage: Stage::Asked(list) }
    }

    /// Until when to wait after a failure: as long as for a connection, with a jitter of half.
    fn pause(&mut self) -> Instant {
        let shared = self.client.shared();
        let doubled = shared.config.backoff_initial.saturating_mul(1 << self.failures.min(16));
        self.failures += 1;
        let longest = doubled.min(shared.config.backoff_max);
        let jitter = Duration::from_nanos(
            shared.runtime.seed() % u64::try_from(longest.as_nanos() / 2).unwrap_or(1).max(1),
        );
        shared.runtime.now() + longest.saturating_sub(jitter)
    }
}

/// How often a list that changes under our hands is begun again before there is a pause.
const MAX_RESTARTS: u32 = 4;

/// How many documents are asked for at once: what every server gives.
const PAGE: u64 = 500;

/// Reads page after page, to an empty one, as a server may give fewer than it was asked for. A change in between moves documents from one page to another, so then it
/// begins again; a server that tells no positions is taken at its word.
async fn whole<R: Runtime>(
    client: &Client<R>,
    collection: &str,
    mut query: ListQuery,
) -> Result<List, Error> {
    let wanted = query.limit.unwrap_or(u64::MAX);
    let (mut documents, mut position, mut restarts) = (Vec::new(), None, 0);
    loop {
        query.limit = Some(PAGE.min(wanted - query.offset));
        let answer = client.send(Request::list(collection, &query)?, None).await?;
        let page = rest::documents(&answer.body)?;
        let at = position_of(&answer);
        if query.offset > 0 && at != position {
            restarts += 1;
            if restarts > MAX_RESTARTS {
                return Err(Error::Transport("the list changes faster than it can be read".into()));
            }
            (documents, position, query.offset) = (Vec::new(), None, 0);
            continue;
        }
        position = at;
        query.offset += page.len() as u64;
        let is_last = page.is_empty() || query.offset >= wanted;
        documents.extend(page);
        if is_last {
            return Ok((documents, position));
        }
    }
}

/// The position in the headers of our server.
fn position_of(answer: &HttpAnswer) -> Option<Position> {
    let value = |name| answer.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let (epoch, seq) = (value(header::EPOCH)?, value(header::SEQ)?);
    Position::from_event_id(&format!("{epoch}:{seq}"))
}
