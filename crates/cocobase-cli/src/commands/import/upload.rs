//! Storing batches: in order, again when the server was away, and in halves when it says no.

use std::time::{Duration, Instant};

use serde_json::value::RawValue;
use tokio::time::sleep;

use super::batch::{Batch, Item};
use super::record::Fault;
use super::token::Token;
use crate::connect::Trouble;
use crate::exit::Failure;

const FIRST_DELAY: Duration = Duration::from_millis(200);
const LONGEST_DELAY: Duration = Duration::from_secs(5);

/// What stores documents under an idempotency key: all of them or none.
pub(crate) trait Store {
    /// Stores `documents` in their order.
    async fn store(&self, documents: &[&RawValue], key: &str) -> Result<(), Trouble>;
}

/// An import as far as it came. Stopping it between any two polls leaves it true.
pub(crate) struct Upload<S> {
    store: S,
    retry_for: Duration,
    skip_bad: bool,
    token: Token,
    /// How many documents this run stored.
    pub(crate) stored: u64,
    /// The line of the last document that is stored.
    pub(crate) last_line: Option<u64>,
    /// How many records were left out.
    pub(crate) left_out: u64,
}

/// Why an import stops.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The file cannot be opened: the import has not begun.
    Unread(Failure),
    /// A record is bad.
    Bad(Fault),
    /// The server has been away for too long.
    Away(String),
    /// Trying again cannot help.
    Failed(Failure),
}

impl<S: Store> Upload<S> {
    /// Goes on where `token` says.
    pub(crate) fn new(store: S, token: Token, retry_for: Duration, skip_bad: bool) -> Self {
        Self { store, retry_for, skip_bad, token, stored: 0, last_line: None, left_out: 0 }
    }

    /// Where another import would go on.
    pub(crate) fn token(&self) -> &Token {
        &self.token
    }

    /// Stores a batch. `remark` is told of bad records and of the server's absence.
    pub(crate) async fn store(
        &mut self,
        batch: Batch,
        remark: &mut impl FnMut(String),
    ) -> Result<(), Stop> {
        for fault in &batch.bad {
            remark(format!("{fault}; left out"));
        }
        self.left_out += batch.bad.len() as u64;
        // A batch that the server rejects is sent again in halves, down to the document to blame.
        let mut parts = vec![(batch.start, batch.end, batch.items.as_slice())];
        while let Some((start, end, items)) = parts.pop() {
            let Some(first) = items.first() else {
                self.settle(end);
                continue;
            };
            self.token.end = end;
            let key = self.token.key(start, end);
            match self.persist(items, &key, remark).await {
                Ok(()) => {
                    self.stored += items.len() as u64;
                    self.last_line = items.last().map(|item| item.line);
                    self.settle(end);
                }
                Err(Trouble::Rejected(what)) if items.len() == 1 => {
                    let fault = Fault::new(first.line, format!("the server says: {what}"));
                    if !self.skip_bad {
                        return Err(Stop::Bad(fault));
                    }
                    remark(format!("{fault}; left out"));
                    self.left_out += 1;
                    self.settle(end);
                }
                Err(Trouble::Rejected(_)) => {
                    let (left, right) = items.split_at(items.len() / 2);
                    let middle = right.first().map_or(end, |item| item.index);
                    parts.push((middle, end, right));
                    parts.push((start, middle, left));
                }
                Err(Trouble::Passing(what)) => return Err(Stop::Away(what)),
                Err(Trouble::Fatal(failure)) => return Err(Stop::Failed(failure)),
            }
        }
        batch.stop.map_or(Ok(()), |fault| Err(Stop::Bad(fault)))
    }

    fn settle(&mut self, end: u64) {
        self.token.start = end;
        self.token.end = end;
    }

    /// Stores some documents, and tries again while the trouble may pass.
    async fn persist(
        &mut self,
        items: &[Item],
        key: &str,
        remark: &mut impl FnMut(String),
    ) -> Result<(), Trouble> {
        let documents: Vec<&RawValue> = items.iter().map(|item| &*item.document).collect();
        let mut delay = FIRST_DELAY;
        let mut since = None;
        loop {
            let what = match self.store.store(&documents, key).await {
                Err(Trouble::Passing(what)) => what,
                Err(trouble) if since.is_none() => {
                    // The first answer is a no: nothing of this is stored.
                    self.token.end = self.token.start;
                    return Err(trouble);
                }
                answer => return answer,
            };
            let since: Instant = *since.get_or_insert_with(Instant::now);
            if since.elapsed() + delay > self.retry_for {
                return Err(Trouble::Passing(what));
            }
            remark(format!("{what}; trying again in {:.1} s", delay.as_secs_f64()));
            sleep(delay).await;
            delay = (delay * 2).min(LONGEST_DELAY);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::super::batch::Batches;
    use super::super::lines::Lines;
    use super::*;

    /// A server that forgets to answer, is away, or rejects documents that hold `bad`.
    #[derive(Default)]
    struct Fake {
        stored: RefCell<BTreeMap<String, Vec<String>>>,
        order: RefCell<Vec<String>>,
        away: RefCell<u32>,
        answers_lost: RefCell<u32>,
    }

    fn take(count: &RefCell<u32>) -> bool {
        let mut count = count.borrow_mut();
        let any = *count > 0;
        *count = count.saturating_sub(1);
        any
    }

    impl Store for &Fake {
        async fn store(&self, documents: &[&RawValue], key: &str) -> Result<(), Trouble> {
            if take(&self.away) {
                return Err(Trouble::Passing("connection refused".into()));
            }
            if documents.iter().any(|document| document.get().contains("bad")) {
                return Err(Trouble::Rejected("bad field".into()));
            }
            let texts: Vec<String> = documents.iter().map(|raw| raw.get().to_owned()).collect();
            if self.stored.borrow_mut().insert(key.to_owned(), texts.clone()).is_none() {
                self.order.borrow_mut().extend(texts);
            }
            if take(&self.answers_lost) {
                Err(Trouble::Passing("connection reset".into()))
            } else {
                Ok(())
            }
        }
    }

    async fn run(
        fake: &Fake,
        text: &str,
        token: Token,
        (retry_for, skip_bad): (f64, bool),
    ) -> (Result<(), Stop>, Token, Vec<String>) {
        let records = Box::new(Lines::new(std::io::Cursor::new(text.to_owned())));
        let batches = Batches::new(records, &token, skip_bad);
        let mut upload = Upload::new(fake, token, Duration::from_secs_f64(retry_for), skip_bad);
        let mut remarks = Vec::new();
        for batch in batches {
            if let Err(stop) = upload.store(batch, &mut |remark| remarks.push(remark)).await {
                return (Err(stop), upload.token.clone(), remarks);
            }
        }
        (Ok(()), upload.token.clone(), remarks)
    }

    fn text(lines: &[&str]) -> String {
        lines.iter().map(|line| format!("{{\"a\":\"{line}\"}}\n")).collect()
    }

    #[tokio::test]
    async fn an_answer_lost_stores_nothing_twice() {
        let fake = Fake { answers_lost: 1.into(), ..Fake::default() };
        let lines = text(&["1", "2", "3"]);
        let (result, token, remarks) =
            run(&fake, &lines, Token::new(2).unwrap(), (9.0, false)).await;
        assert!(result.is_ok());
        assert_eq!((token.start, token.end), (3, 3));
        assert_eq!(remarks, ["connection reset; trying again in 0.2 s"]);
        assert_eq!(fake.order.borrow().concat(), lines.replace('\n', ""));
    }

    #[tokio::test]
    async fn an_import_in_doubt_resumes_with_the_same_batch() {
        let fake = Fake { answers_lost: 1.into(), ..Fake::default() };
        let lines = text(&["1", "2", "3"]);
        let (result, token, _) = run(&fake, &lines, Token::new(2).unwrap(), (0.0, false)).await;
        assert!(matches!(result, Err(Stop::Away(what)) if what == "connection reset"));
        assert_eq!((token.start, token.end), (0, 2));
        let (result, ..) = run(&fake, &lines, token, (0.0, false)).await;
        assert!(result.is_ok());
        assert_eq!(fake.order.borrow().concat(), lines.replace('\n', ""));
    }

    #[tokio::test]
    async fn the_document_to_blame_is_found_and_what_stands_before_it_stored() {
        let fake = Fake::default();
        let lines = text(&["1", "2", "3", "4", "bad", "6"]);
        let (result, token, _) = run(&fake, &lines, Token::new(100).unwrap(), (0.0, false)).await;
        let Err(Stop::Bad(fault)) = result else { panic!("{result:?}") };
        assert_eq!(fault.to_string(), "line 5: the server says: bad field");
        assert_eq!((token.start, token.end), (4, 4));
        assert_eq!(fake.order.borrow().len(), 4);
        let mended = lines.replace("bad", "5");
        assert!(run(&fake, &mended, token, (0.0, false)).await.0.is_ok());
        assert_eq!(fake.order.borrow().concat(), mended.replace('\n', ""));
    }

    #[tokio::test]
    async fn bad_documents_are_left_out_when_the_user_says_so() {
        let fake = Fake::default();
        let lines = text(&["1", "bad", "3", "bad", "bad", "6"]) + "nonsense\n";
        let (result, token, remarks) =
            run(&fake, &lines, Token::new(4).unwrap(), (0.0, true)).await;
        assert!(result.is_ok());
        assert_eq!((token.start, remarks.len()), (7, 4));
        assert_eq!(fake.order.borrow().concat(), text(&["1", "3", "6"]).replace('\n', ""));
    }

    #[tokio::test]
    async fn a_bad_line_stops_behind_what_is_stored() {
        let fake = Fake { away: 1.into(), ..Fake::default() };
        let lines = text(&["1", "2", "3"]) + "nonsense\n";
        let (result, token, _) = run(&fake, &lines, Token::new(2).unwrap(), (9.0, false)).await;
        assert!(matches!(result, Err(Stop::Bad(fault)) if fault.line == 4));
        assert_eq!((token.start, fake.order.borrow().len()), (3, 3));
    }
}
