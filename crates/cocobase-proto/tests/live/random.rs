//! Random histories: a view equals the server's list whenever everything has arrived.

use cocobase_proto::filter::Filter;
use cocobase_proto::live::{LiveConfig, LiveView, Read};
use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::{Document, Position};
use proptest::collection::vec;
use proptest::prelude::*;

use super::Mirror;
use super::model::{Server, Skills, Stored, VALUES};

#[derive(Debug, Clone)]
enum Step {
    Create {
        value: usize,
        group: u64,
        ticks: bool,
    },
    Update {
        which: usize,
        value: usize,
        group: u64,
    },
    Delete {
        which: usize,
    },
    Connect,
    Cut,
    Arrive(usize),
    Overflow(usize),
    /// The view's request, if it has one, reaches the server.
    List,
    /// The answer reaches the view.
    Answer,
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    let values = 0..VALUES.len();
    prop_oneof![
        6 => (values.clone(), 0..3u64, any::<bool>())
            .prop_map(|(value, group, ticks)| Step::Create { value, group: group.min(1), ticks }),
        6 => (any::<usize>(), values, 0..3u64)
            .prop_map(|(which, value, group)| Step::Update { which, value, group: group.min(1) }),
        4 => any::<usize>().prop_map(|which| Step::Delete { which }),
        2 => Just(Step::Connect),
        1 => Just(Step::Cut),
        6 => (0..4usize).prop_map(Step::Arrive),
        1 => (1..4usize).prop_map(Step::Overflow),
        3 => Just(Step::List),
        3 => Just(Step::Answer),
        1 => Just(Step::Settle),
    ]
}

fn query() -> impl Strategy<Value = ListQuery> {
    let sort = prop_oneof![Just(None), Just(Some("value")), Just(Some("created_at"))];
    let order = prop_oneof![Just(Order::Ascending), Just(Order::Descending)];
    (sort, order, prop::option::of(0..6u64)).prop_map(|(sort, order, limit)| ListQuery {
        filter: Filter::new().eq("group", 1),
        sort: sort.map(Into::into),
        order,
        limit,
        offset: 0,
    })
}

fn skills() -> impl Strategy<Value = Skills> {
    any::<[bool; 3]>().prop_map(|[numbers, resume, snapshot]| Skills { numbers, resume, snapshot })
}

/// The server's own answer, the obvious way.
fn list(server: &Server, query: &ListQuery) -> Vec<Document> {
    let mut found: Vec<&Stored> = server.documents.values().filter(|one| one.matches()).collect();
    found.sort_by_key(|one| (one.created, one.id.clone()));
    let last = VALUES.len() - 1;
    match (query.sort.as_deref(), query.order) {
        (Some("value"), Order::Ascending) => found.sort_by_key(|one| one.value),
        (Some("value"), Order::Descending) => {
            found.sort_by_key(|one| (one.value == last, last - one.value));
        }
        (Some(_), Order::Descending) => found.reverse(),
        _ => {}
    }
    let limit = query.limit.map_or(usize::MAX, |limit| limit as usize);
    found.into_iter().take(limit).map(Stored::nested).collect()
}

struct Run {
    server: Server,
    view: LiveView,
    mirror: Mirror,
    query: ListQuery,
    max: usize,
    answer: Option<(Read, Vec<Document>, Option<Position>)>,
}

impl Run {
    fn step(&mut self, step: &Step) {
        match *step {
            Step::Create { value, group, ticks } => self.server.create(value, group, ticks),
            Step::Update { which, value, group } => self.server.update(which, value, group),
            Step::Delete { which } => self.server.delete(which),
            Step::Connect => self.server.connect(),
            Step::Cut => {
                if let Some(event) = self.server.cut() {
                    self.view.handle_event(&event);
                }
            }
            Step::Arrive(count) => {
                for _ in 0..count {
                    self.arrive();
                }
            }
            Step::Overflow(count) => {
                if let Some(event) = self.server.overflow(count) {
                    self.view.handle_event(&event);
                }
            }
            Step::List => self.list(),
            Step::Answer => self.answer(),
            Step::Settle => self.settle(),
        }
        self.mirror.pull(&mut self.view);
    }

    fn arrive(&mut self) -> bool {
        let event = self.server.arrival();
        if let Some(event) = &event {
            self.view.handle_event(event);
        }
        event.is_some()
    }

    fn list(&mut self) {
        if let Some(read) = self.view.poll_read() {
            assert_eq!(self.view.poll_read(), None, "one at a time");
            let documents = list(&self.server, &read.query);
            self.answer = Some((read, documents, self.server.position()));
        }
    }

    fn answer(&mut self) {
        if let Some((read, documents, position)) = self.answer.take() {
            self.view.handle_list(read.id, documents, position);
        }
    }

    /// Everything arrives; then the view and the server's list are the same.
    fn settle(&mut self) {
        self.server.connect();
        while self.arrive() {}
        self.answer();
        let mut reads = 0;
        while !self.view.is_current() {
            self.list();
            assert!(
                self.answer.is_some(),
                "a view that is not current wants a list: {:?}",
                self.view
            );
            self.answer();
            reads += 1;
            assert!(reads < 4, "the view reads again and again");
        }
        self.mirror.pull(&mut self.view);
        let limit = self.query.limit.unwrap_or(u64::MAX).min(self.max as u64);
        let query = ListQuery { limit: Some(limit), ..self.query.clone() };
        let shown = |document: &Document| document.to_map().unwrap();
        let expected: Vec<_> = list(&self.server, &query).iter().map(shown).collect();
        let found: Vec<_> = self.view.documents().map(shown).collect();
        assert_eq!(found, expected);
        assert!(self.server.is_connected());
    }
}

proptest! {
    #[test]
    fn a_view_equals_the_servers_list_at_every_quiet_point(
        skills in skills(),
        query in query(),
        spare in 0..3usize,
        max_documents in prop_oneof![Just(1000usize), 1..6usize],
        max_events in prop_oneof![Just(1000usize), 1..8usize],
        max_late in prop_oneof![Just(1000usize), 1..3usize],
        steps in vec(step(), 0..150),
    ) {
        let config = LiveConfig { max_documents, spare, max_late, max_events };
        let view = LiveView::new(query.clone(), config).unwrap();
        let mut run = Run {
            server: Server::new(skills),
            view,
            mirror: Mirror::default(),
            query,
            max: max_documents,
            answer: None,
        };
        for step in &steps {
            run.step(step);
        }
        run.settle();
    }
}
