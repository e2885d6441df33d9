//! Random calls of [`Rooms`], beside a model that is slow and obvious: plain lists, searched.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use cocobase_proto::Position;
use cocobase_proto::rest::ListedRoom;
use proptest::prelude::*;

use super::*;

const CONFIG: RoomsConfig = RoomsConfig {
    max_rooms: 3,
    max_members: 4,
    history_len: 3,
    history_bytes: 4 * UNIT,
    total_history_bytes: 6 * UNIT,
    grace: Duration::from_nanos(20),
    max_id_bytes: 3,
    max_title_bytes: 3,
    max_user_bytes: 3,
};

/// Messages take a whole number of these, so that the bounds are met exactly as well as crossed.
const UNIT: usize = 200;

/// One of the rooms has an id that is too long.
const ROOMS: [&str; 6] = ["a", "b", "c", "d", "", "long"];

/// Whose connection it is, by its number: a user has several, under several names.
const USERS: [(&str, Option<&str>); 9] = [
    ("u1", Some("Ada")),
    ("u1", Some("ada")),
    ("u1", None),
    ("u2", None),
    ("u2", Some("Bob")),
    ("u3", None),
    ("u4", Some("Eve")),
    ("long", None),
    ("u5", Some("long")),
];

#[derive(Debug, Clone)]
enum Step {
    Enter(usize, usize, Mode<'static>),
    Leave(usize, usize),
    Post(usize, usize, usize),
    Timeout,
    Time(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let mode = prop_oneof![
        Just(Mode::Join),
        Just(Mode::JoinOrCreate),
        prop::sample::select(&[None, Some("T"), Some("U"), Some("long")])
            .prop_map(|title| Mode::Create { title }),
    ];
    // Mostly the first rooms and connections, so that they meet.
    let room = || prop_oneof![4 => 0..2_usize, 2 => 2..4_usize, 1 => 4..ROOMS.len()];
    let connection = || prop_oneof![6 => 0..7_usize, 1 => 7..USERS.len()];
    prop_oneof![
        4 => (room(), connection(), mode).prop_map(|(room, by, mode)| Step::Enter(room, by, mode)),
        3 => (room(), connection()).prop_map(|(room, by)| Step::Leave(room, by)),
        6 => (room(), connection(), prop_oneof![8 => Just(1), 2 => Just(2), 1 => Just(5)])
            .prop_map(|(room, by, units)| Step::Post(room, by, units)),
        1 => Just(Step::Timeout),
        // Backwards, too.
        3 => (0..100_u64).prop_map(Step::Time),
    ]
}

#[derive(Debug, Default)]
struct Model {
    now: u64,
    made: u64,
    rooms: Vec<ModelRoom>,
    /// Room and connection, in the order of entering.
    seats: Vec<(&'static str, usize)>,
}

#[derive(Debug)]
struct ModelRoom {
    id: &'static str,
    number: u64,
    title: Option<&'static str>,
    created_by: &'static str,
    /// User and name, as they were last given.
    names: Vec<(&'static str, Option<&'static str>)>,
    /// The number, the time, the sender and the content of all there were.
    said: Vec<(u64, u64, usize, String)>,
    /// How many of these were given up.
    forgotten: usize,
    empty_since: Option<u64>,
}

impl ModelRoom {
    fn bytes(&self) -> usize {
        let kept = self.said[self.forgotten..].iter();
        kept.map(|(seq, at, by, content)| message(*seq, *at, *by, content).weight()).sum()
    }

    /// When the oldest message was sent.
    fn oldest(&self) -> Option<u64> {
        self.said.get(self.forgotten).map(|(_, at, ..)| *at)
    }
}

impl Model {
    fn room(&mut self, id: &str) -> Option<&mut ModelRoom> {
        self.rooms.iter_mut().find(|room| room.id == id)
    }

    fn connections(&self, room: &str, user: Option<&str>) -> usize {
        let of_user = |by: usize| user.is_none_or(|user| USERS[by].0 == user);
        self.seats.iter().filter(|(id, by)| *id == room && of_user(*by)).count()
    }

    fn is_here(&self, room: &str, by: usize) -> bool {
        self.seats.contains(&(room, by))
    }

    /// Whether the connection's user is new.
    fn enter(
        &mut self,
        id: &'static str,
        by: usize,
        mode: Mode<'static>,
    ) -> Result<bool, &'static str> {
        let (user, name) = USERS[by];
        let title = if let Mode::Create { title } = mode { title } else { None };
        for text in [id, user, name.unwrap_or(""), title.unwrap_or("")] {
            if text == "long" {
                return Err("too long");
            }
        }
        if self.is_here(id, by) {
            return Ok(false);
        }
        if self.connections(id, None) == CONFIG.max_members {
            return Err("full");
        }
        if self.room(id).is_none() {
            if mode == Mode::Join {
                return Err("not found");
            }
            if self.rooms.len() == CONFIG.max_rooms {
                let empty = self.rooms.iter().filter(|room| room.empty_since.is_some());
                let first =
                    empty.min_by_key(|room| (room.empty_since, room.id)).map(|room| room.id);
                let Some(first) = first else { return Err("too many rooms") };
                self.rooms.retain(|room| room.id != first);
            }
            self.made += 1;
            self.rooms.push(ModelRoom {
                id,
                number: self.made,
                title,
                created_by: user,
                names: Vec::new(),
                said: Vec::new(),
                forgotten: 0,
                empty_since: None,
            });
        }
        let is_first = self.connections(id, Some(user)) == 0;
        self.seats.push((id, by));
        let room = self.room(id).unwrap();
        room.empty_since = None;
        if is_first {
            room.names.retain(|(other, _)| *other != user);
            room.names.push((user, name));
        } else if name.is_some() {
            room.names.iter_mut().find(|(other, _)| *other == user).unwrap().1 = name;
        }
        Ok(is_first)
    }

    /// Whether it was the user's last connection.
    fn leave(&mut self, id: &str, by: usize) -> Option<bool> {
        let at = self.seats.iter().position(|seat| *seat == (id, by))?;
        self.seats.remove(at);
        if self.connections(id, None) == 0 {
            let now = self.now;
            self.room(id).unwrap().empty_since = Some(now);
        }
        Some(self.connections(id, Some(USERS[by].0)) == 0)
    }

    fn post(&mut self, id: &str, by: usize, content: &str) -> Option<u64> {
        if !self.is_here(id, by) {
            return None;
        }
        let now = self.now;
        let room = self.room(id).unwrap();
        let seq = room.said.len() as u64 + 1;
        room.said.push((seq, now, by, content.to_string()));
        while room.said.len() - room.forgotten > CONFIG.history_len
            || room.bytes() > CONFIG.history_bytes
        {
            room.forgotten += 1;
        }
        while self.rooms.iter().map(ModelRoom::bytes).sum::<usize>() > CONFIG.total_history_bytes {
            let some = self.rooms.iter_mut().filter(|room| room.oldest().is_some());
            some.min_by_key(|room| (room.oldest(), room.id)).unwrap().forgotten += 1;
        }
        Some(seq)
    }

    fn timeout(&mut self) {
        let now = self.now;
        self.rooms.retain(|room| room.empty_since.is_none_or(|since| since + 20 > now));
    }

    fn listed(&self, room: &ModelRoom) -> ListedRoom {
        let here = room.names.iter().filter(|(user, _)| self.connections(room.id, Some(user)) > 0);
        let mut participant_list: Vec<_> = here.map(|(id, name)| participant(id, *name)).collect();
        participant_list.sort();
        ListedRoom {
            id: room.id.into(),
            title: room.title.map(Text::from),
            created_by: Some(room.created_by.into()),
            participants: Some(participant_list.len() as u64),
            participant_list,
            created_at: Some("0".into()),
        }
    }
}

fn participant(id: &str, name: Option<&str>) -> Participant {
    Participant { id: id.into(), name: name.map(Text::from) }
}

fn message(seq: u64, at: u64, by: usize, content: &str) -> StoredMessage {
    let (id, name) = USERS[by];
    let sender = Arc::new(participant(id, name));
    StoredMessage { seq, at: Instant::from_nanos(at), sender, content: content.into() }
}

/// A call of both, whose answers must agree.
fn take(rooms: &mut Rooms<usize>, model: &mut Model, step: &Step) {
    let now = Instant::from_nanos(model.now);
    match *step {
        Step::Enter(room, by, mode) => {
            let (id, name) = USERS[by];
            let user = Arc::new(participant(id, name));
            let entered = rooms.enter(ROOMS[room], by, &user, mode, now);
            let answer = entered.map(|entered| {
                assert_eq!(&*entered.room.id, ROOMS[room]);
                entered.is_first_of_user
            });
            let answer = answer.map_err(|error| match error {
                EnterError::NotFound => "not found",
                EnterError::TooManyRooms { limit: 3 } => "too many rooms",
                EnterError::Full { limit: 4 } => "full",
                EnterError::TooLong { bytes: 4, limit: 3, .. } => "too long",
                other => panic!("{other:?}"),
            });
            assert_eq!(answer, model.enter(ROOMS[room], by, mode));
        }
        Step::Leave(room, by) => {
            let left = rooms.leave(ROOMS[room], by, now).map(|left| {
                assert_eq!(&*left.room.id, ROOMS[room]);
                let names = &model.room(ROOMS[room]).unwrap().names;
                let (user, name) = names.iter().find(|(user, _)| *user == USERS[by].0).unwrap();
                assert_eq!(*left.user, participant(user, *name));
                left.is_last_of_user
            });
            assert_eq!(left, model.leave(ROOMS[room], by));
        }
        Step::Post(room, by, units) => {
            let content = "7".repeat(units * UNIT - message(0, 0, by, "").weight());
            let posted = rooms.post(ROOMS[room], by, &content, now).map(|posted| {
                assert_eq!(&*posted.room.id, ROOMS[room]);
                posted.message
            });
            let seq = model.post(ROOMS[room], by, &content);
            assert_eq!(posted, seq.map(|seq| message(seq, model.now, by, &content)));
        }
        Step::Timeout => {
            rooms.handle_timeout(now);
            assert!(rooms.poll_timeout().is_none_or(|at| at > now));
            model.timeout();
        }
        Step::Time(nanos) => model.now = nanos,
    }
}

/// Everything there is to see is the same.
fn compare(rooms: &Rooms<usize>, model: &Model) {
    let mut expected: Vec<_> = model.rooms.iter().map(|room| model.listed(room)).collect();
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    let total = expected.len() as u64;
    assert_eq!(rooms.list(), RoomList { rooms: expected, total });

    let deadlines = model.rooms.iter().filter_map(|room| room.empty_since.map(|since| since + 20));
    assert_eq!(rooms.poll_timeout(), deadlines.min().map(Instant::from_nanos));

    for id in ROOMS {
        let Some(expected) = model.rooms.iter().find(|room| room.id == id) else {
            assert!(rooms.get(id).is_none());
            continue;
        };
        let room = rooms.get(id).unwrap();
        let mut members = room.channel().members().to_vec();
        members.sort_unstable();
        assert_eq!(members, (0..9).filter(|by| model.is_here(id, *by)).collect::<Vec<_>>());
        let listed = model.listed(expected);
        assert_eq!(room.participants().cloned().collect::<Vec<_>>(), listed.participant_list);
        assert_eq!(room.info().participants, listed.participants);
        compare_history(room, expected);
    }
}

fn compare_history(room: &Room<usize>, expected: &ModelRoom) {
    let epoch = Text::from(alloc::format!("e.{}", expected.number));
    let last = expected.said.len();
    assert_eq!(room.channel().position(), Position { epoch: epoch.clone(), seq: last as u64 });
    for seq in 0..last + 2 {
        let is_provable = (expected.forgotten..=last).contains(&seq);
        let after = is_provable.then(|| {
            let missed = expected.said[seq..].iter();
            missed.map(|(seq, at, by, text)| message(*seq, *at, *by, text)).collect::<Vec<_>>()
        });
        let position = Position { epoch: epoch.clone(), seq: seq as u64 };
        let since = room.channel().since(&position);
        assert_eq!(since.map(|since| since.cloned().collect::<Vec<_>>()), after, "{seq}");
        // The same number in the room that was here before, or in none.
        for epoch in [alloc::format!("e.{}", expected.number - 1), "e".into(), "".into()] {
            let position = Position { epoch: epoch.into(), seq: seq as u64 };
            assert!(room.channel().since(&position).is_none());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn rooms_are_what_plain_lists_would_be(steps in prop::collection::vec(step(), 1..120)) {
        let mut rooms = Rooms::new(CONFIG, "e".into());
        let mut model = Model::default();
        let mut epochs = BTreeSet::new();
        for step in steps {
            take(&mut rooms, &mut model, &step);
            compare(&rooms, &model);
            epochs.extend(model.rooms.iter().map(|room| room.number));
        }
        // Each room that was made had an epoch of its own.
        prop_assert_eq!(epochs.len() as u64, model.made);
    }
}
