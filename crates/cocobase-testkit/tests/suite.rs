//! Whoever checks is checked: adapters with a defect fail, and those that lack something do not pass.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../cocobase-tokio/tests/suite/adapter.rs"]
mod adapter;

use std::sync::Arc;
use std::time::Duration;

use cocobase_proto::{Published, State, Unpublished};
use cocobase_testkit::suite::{
    Adapter, CASES, CannotOpen, Column, Command, Handle, Kind, Next, Question, Ready, Seen, Setup,
    Subject, Totals, Verdict, Wish, table,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Defect {
    None,
    LosesEvents,
    RepeatsEvents,
    HidesGaps,
    ClosesSlowly,
    EndsForNothing,
    Panics,
}

struct Broken {
    adapter: Box<dyn Adapter>,
    defect: Defect,
}

impl Adapter for Broken {
    fn open(&self, setup: Setup, wish: Wish) -> Result<Box<dyn Subject>, CannotOpen> {
        assert!(self.defect != Defect::Panics, "as it should");
        let subject = self.adapter.open(setup, wish)?;
        Ok(Box::new(BrokenSubject { subject, defect: self.defect, last: None }))
    }

    fn ask(&self, setup: Setup, question: Question) -> Result<String, CannotOpen> {
        self.adapter.ask(setup, question)
    }

    fn running(&self) -> Option<usize> {
        self.adapter.running()
    }
}

struct BrokenSubject {
    subject: Box<dyn Subject>,
    defect: Defect,
    last: Option<Next>,
}

impl Subject for BrokenSubject {
    fn next(&mut self, within: Duration) -> Next {
        if let Some(last) = self.last.take() {
            return last;
        }
        let next = self.subject.next(within);
        let Next::Told(told) = &next else { return next };
        match self.defect {
            Defect::LosesEvents if told.seq.is_some_and(|seq| seq % 10 == 0) => self.next(within),
            Defect::HidesGaps if told.kind == Kind::Gap => self.next(within),
            Defect::EndsForNothing if told.kind == Kind::Disconnected => Next::End,
            Defect::RepeatsEvents => {
                self.last = Some(next.clone());
                next
            }
            _ => next,
        }
    }

    fn touch(&mut self) -> Next {
        self.subject.touch()
    }

    fn ready(&mut self, within: Duration) -> Ready {
        self.subject.ready(within)
    }

    fn documents(&self) -> Vec<String> {
        self.subject.documents()
    }

    fn people(&self) -> Vec<String> {
        self.subject.people()
    }

    fn handle(&self) -> Arc<dyn Handle> {
        Arc::new(BrokenHandle { handle: self.subject.handle(), defect: self.defect })
    }
}

struct BrokenHandle {
    handle: Arc<dyn Handle>,
    defect: Defect,
}

impl Handle for BrokenHandle {
    fn name(&self) -> String {
        self.handle.name()
    }

    fn state(&self) -> State {
        self.handle.state()
    }

    fn seen(&self) -> Seen {
        self.handle.seen()
    }

    fn close(&self) {
        if self.defect == Defect::ClosesSlowly {
            std::thread::sleep(Duration::from_secs(1));
        }
        self.handle.close();
    }

    fn reconnect(&self) {
        self.handle.reconnect();
    }

    fn publish(&self, room: &str, json: &str) -> Result<Published, Option<Unpublished>> {
        self.handle.publish(room, json)
    }

    fn flush(&self, within: Duration) -> bool {
        self.handle.flush(within)
    }

    fn command(&self, command: Command) -> Result<(), String> {
        self.handle.command(command)
    }
}

#[test]
fn every_defect_is_found() {
    for (defect, name, reason) in [
        (Defect::LosesEvents, "changes::a_thousand_changes_at_once_come_in_order", "Some(11)"),
        (Defect::RepeatsEvents, "changes::changes_come_in_order_with_all_they_say", "Connected"),
        (Defect::HidesGaps, "resume::another_history_leaves_a_gap", "should have been told Gap"),
        (Defect::ClosesSlowly, "ending::it_is_closed_while_waiting", "closing took"),
        (Defect::EndsForNothing, "closes::code_1001_is_told_and_passes", "ended"),
        (Defect::Panics, "greeting::a_connection_has_a_name", "panicked"),
    ] {
        let case = CASES.iter().find(|case| case.to_string() == name).expect(name);
        let run =
            |defect| case.run(|| Box::new(Broken { adapter: Box::new(adapter::pulled()), defect }));
        let verdict = run(Defect::None);
        assert!(matches!(verdict, Verdict::Passed { .. }), "{case}: {verdict:?}");
        let Verdict::Failed(why) = run(defect) else { panic!("{defect:?} is not found") };
        assert!(why.contains(reason), "{defect:?} shows as: {why}");
    }
}

/// Has no surface at all.
struct Lacking;

impl Adapter for Lacking {
    fn open(&self, _: Setup, _: Wish) -> Result<Box<dyn Subject>, CannotOpen> {
        Err(CannotOpen::Lacking("it is made of wood"))
    }

    fn ask(&self, _: Setup, _: Question) -> Result<String, CannotOpen> {
        Err(CannotOpen::Lacking("it is made of wood"))
    }

    fn running(&self) -> Option<usize> {
        None
    }
}

#[test]
fn what_an_adapter_lacks_does_not_pass() {
    const COLUMNS: &[Column] =
        &[("wood", || Box::new(Lacking)), ("tokio", || Box::new(adapter::spawned()))];
    let mut shown = Vec::new();
    let totals = table(COLUMNS, "broadcast::", &mut shown).unwrap();
    let of_wood = Totals { passed: 0, failed: 0, left_out: 2 };
    let of_tokio = Totals { passed: 2, failed: 0, left_out: 0 };
    assert_eq!(totals, [of_wood, of_tokio]);
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains("messages_go_both_ways") && shown.contains("  n/a"), "{shown}");
    assert!(shown.contains("not applicable to wood, 2 cases"), "{shown}");
    assert!(shown.contains("it is made of wood"), "{shown}");
}
