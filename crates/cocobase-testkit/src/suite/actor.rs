//! A subject as a case sees it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cocobase_proto::{RefusalKind, State};

use super::adapter::{Command, Handle, Next, Ready, Seen, Subject};
use super::stage::{A_WHILE, Failure, KEY, Outcome, SOON, hold, same};
use super::told::{Kind, Told};
use crate::peer::{Heard, Peer};

/// A subject, with what a case expects of it.
pub(crate) struct Actor {
    pub(super) subject: Box<dyn Subject>,
}

impl Actor {
    /// The next event.
    pub(crate) fn next(&mut self) -> Outcome<Told> {
        match self.subject.next(SOON) {
            Next::Told(told) => Ok(told),
            Next::Nothing => Err(format!("no event came within {SOON:?}").into()),
            Next::End => Err(Failure::Wrong("the events have ended".into())),
        }
    }

    /// The next event, which must be of this kind.
    pub(crate) fn expect(&mut self, kind: Kind) -> Outcome<Told> {
        let told = self.next()?;
        hold!(told.kind == kind, "told {told:?}, and should have been told {kind:?}");
        Ok(told)
    }

    /// The next event of this kind, and what came before it.
    pub(crate) fn until(&mut self, kind: Kind) -> Outcome<(Told, Vec<Told>)> {
        let mut before = Vec::new();
        loop {
            match self.next()? {
                told if told.kind == kind => return Ok((told, before)),
                told => before.push(told),
            }
        }
    }

    /// The next events, which must be of these kinds.
    pub(crate) fn expect_all(&mut self, kinds: &[Kind]) -> Outcome {
        kinds.iter().try_for_each(|kind| self.expect(*kind).map(drop))
    }

    /// The changes with these numbers, in this order, and nothing else.
    pub(crate) fn expect_seqs(&mut self, seqs: impl IntoIterator<Item = u64>) -> Outcome {
        for seq in seqs {
            let told = self.expect(Kind::Created)?;
            same!(told.seq, Some(seq));
        }
        Ok(())
    }

    /// A lost link and its successor.
    pub(crate) fn expect_reconnect(&mut self) -> Outcome<Told> {
        let lost = self.expect(Kind::Disconnected)?;
        self.expect(Kind::Connected)?;
        Ok(lost)
    }

    /// A refusal, which is the end.
    pub(crate) fn expect_refusal(&mut self, kind: RefusalKind) -> Outcome<Told> {
        let told = self.expect(Kind::Refused)?;
        same!(told.refusal, Some(kind));
        hold!(!told.words.contains(KEY), "the key is shown: {}", told.words);
        self.expect_end()?;
        same!(self.state(), State::Closed);
        Ok(told)
    }

    pub(crate) fn expect_end(&mut self) -> Outcome {
        match self.subject.next(SOON) {
            Next::End => Ok(()),
            other => Err(format!("{other:?}, and should have ended").into()),
        }
    }

    /// The next event, if one comes within a while.
    pub(crate) fn next_if_any(&mut self) -> Outcome<Option<Told>> {
        match self.subject.next(A_WHILE) {
            Next::Told(told) => Ok(Some(told)),
            Next::Nothing => Ok(None),
            Next::End => Err("the events have ended".to_owned().into()),
        }
    }

    /// Reads whatever still comes, until the connection is over.
    pub(crate) fn read_to_the_end(&mut self) -> Outcome {
        loop {
            match self.subject.next(SOON) {
                Next::Told(_) => {}
                Next::Nothing => return Err("it does not end".to_owned().into()),
                Next::End => return Ok(()),
            }
        }
    }

    /// Reads for a while, in which nothing must be told.
    pub(crate) fn expect_silence(&mut self) -> Outcome {
        match self.subject.next(A_WHILE) {
            Next::Nothing => Ok(()),
            other => Err(format!("{other:?}, and should have been silent").into()),
        }
    }

    /// Reads until something holds, and gives what was told meanwhile.
    pub(crate) fn read_until(&mut self, mut holds: impl FnMut() -> bool) -> Outcome<Vec<Told>> {
        let (end, mut told) = (Instant::now() + SOON, Vec::new());
        while !holds() {
            hold!(Instant::now() < end, "it never came about; told meanwhile: {told:?}");
            match self.subject.next(Duration::from_millis(10)) {
                Next::Told(event) => told.push(event),
                Next::Nothing => {}
                Next::End => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Ok(told)
    }

    /// Reads until the peer has heard what is wanted.
    pub(crate) fn read_until_heard(
        &mut self,
        peer: &Peer,
        mut wanted: impl FnMut(&[Heard]) -> bool,
    ) -> Outcome<Vec<Told>> {
        self.read_until(|| wanted(&peer.heard()))
    }

    pub(crate) fn touch(&mut self) -> Next {
        self.subject.touch()
    }

    /// Waits until the connection is live.
    pub(crate) fn ready(&mut self) -> Outcome {
        same!(self.subject.ready(SOON), Ready::Live);
        Ok(())
    }

    pub(crate) fn ready_within(&mut self, within: Duration) -> Ready {
        self.subject.ready(within)
    }

    pub(crate) fn documents(&self) -> Vec<String> {
        self.subject.documents()
    }

    pub(crate) fn people(&self) -> Vec<String> {
        self.subject.people()
    }

    pub(crate) fn handle(&self) -> Arc<dyn Handle> {
        self.subject.handle()
    }

    pub(crate) fn state(&self) -> State {
        self.handle().state()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.handle().seen()
    }

    pub(crate) fn command(&self, command: Command) -> Outcome {
        Ok(self.handle().command(command)?)
    }
}
