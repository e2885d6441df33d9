//! What a room's life looks like, case by case. [`model`](super::model) tries the rest at random.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::time::Duration;

use cocobase_proto::Position;

use super::error::Field;
use super::*;

const START: Instant = Instant::from_nanos(1_705_315_800_000_000_000);
const LATER: Instant = Instant::from_nanos(1_705_315_900_000_000_000);

fn rooms(config: RoomsConfig) -> Rooms<u32> {
    Rooms::new(config, "e".into())
}

fn user(id: &str, name: &str) -> Arc<Participant> {
    Arc::new(Participant { id: id.into(), name: Some(name.into()) })
}

fn enter(rooms: &mut Rooms<u32>, id: &str, member: u32, mode: Mode<'_>) {
    let user = user(&member.to_string(), "N");
    rooms.enter(id, member, &user, mode, START).unwrap();
}

#[test]
fn a_creator_comes_back_to_the_room_as_it_is() {
    let mut rooms = rooms(RoomsConfig::default());
    let (ada, bob) = (user("u1", "Ada"), user("u2", "Bob"));
    let create = Mode::Create { title: Some("General") };
    let other = Mode::Create { title: Some("Other") };
    for (member, user, mode, now, is_first) in [
        (1, &ada, create, START, true),
        (2, &bob, other, LATER, true),
        (3, &ada, other, LATER, false),
    ] {
        let entered = rooms.enter("r", member, user, mode, now).unwrap();
        assert_eq!(entered.is_first_of_user, is_first, "{member}");
    }
    assert_eq!(
        rooms.list().encode(),
        concat!(
            r#"{"rooms":[{"id":"r","title":"General","created_by":"u1","participants":2,"#,
            r#""participant_list":[{"id":"u1","name":"Ada"},{"id":"u2","name":"Bob"}],"#,
            r#""created_at":1705315800}],"total":1}"#,
        ),
    );
    for (member, expected) in [(1, Some(false)), (1, None), (3, Some(true)), (2, Some(true))] {
        let left = rooms.leave("r", member, LATER).map(|left| left.is_last_of_user);
        assert_eq!(left, expected, "{member}");
    }
}

#[test]
fn a_room_made_anew_does_not_continue_the_one_that_vanished() {
    let mut rooms = rooms(RoomsConfig::default());
    enter(&mut rooms, "r", 1, Mode::JoinOrCreate);
    rooms.post("r", 1, "1", START).unwrap();
    let before = rooms.get("r").unwrap().channel().position();

    // Within the grace time it does.
    rooms.leave("r", 1, START).unwrap();
    let end = START + Duration::from_secs(60);
    assert_eq!(rooms.poll_timeout(), Some(end));
    rooms.handle_timeout(end.earlier(Duration::from_nanos(1)));
    enter(&mut rooms, "r", 1, Mode::Join);
    assert_eq!(rooms.poll_timeout(), None);
    assert_eq!(rooms.get("r").unwrap().channel().since(&before).unwrap().len(), 0);

    rooms.leave("r", 1, START).unwrap();
    rooms.handle_timeout(end);
    assert_eq!((rooms.poll_timeout(), rooms.list().total), (None, 0));
    let join = rooms.enter("r", 1, &user("u", "N"), Mode::Join, end);
    assert_eq!(join.map(|_| ()), Err(EnterError::NotFound));

    enter(&mut rooms, "r", 1, Mode::JoinOrCreate);
    rooms.post("r", 1, "1", START).unwrap();
    let channel = rooms.get("r").unwrap().channel();
    assert_eq!(channel.position().seq, before.seq);
    assert!(channel.since(&before).is_none());
}

#[test]
fn what_is_refused_leaves_no_trace() {
    let long = "x".repeat(256);
    let (plain, named) = (user("u", "N"), user("u", &long));
    let unwieldy = user(&long, "N");
    let too_long = |field| EnterError::TooLong { field, bytes: 256, limit: 255 };
    let create = Mode::Create { title: None };
    for (id, user, mode, max_rooms, max_members, expected) in [
        ("r", &plain, Mode::Join, 1, 1, EnterError::NotFound),
        ("r", &plain, create, 0, 1, EnterError::TooManyRooms { limit: 0 }),
        ("r", &plain, Mode::JoinOrCreate, 1, 0, EnterError::Full { limit: 0 }),
        (&long, &plain, create, 1, 1, too_long(Field::RoomId)),
        ("r", &plain, Mode::Create { title: Some(&long) }, 1, 1, too_long(Field::RoomTitle)),
        ("r", &unwieldy, create, 1, 1, too_long(Field::UserId)),
        ("r", &named, create, 1, 1, too_long(Field::UserName)),
    ] {
        let mut rooms = rooms(RoomsConfig { max_rooms, max_members, ..RoomsConfig::default() });
        let answer = rooms.enter(id, 1, user, mode, START).map(|_| ());
        assert_eq!(answer, Err(expected));
        assert_eq!((rooms.list().total, rooms.made), (0, 0));
    }
    assert_eq!(
        too_long(Field::RoomTitle).to_string(),
        "the room's title takes 256 bytes; shorten it to 255",
    );
}

#[test]
fn an_empty_room_gives_way_before_none_is_made() {
    let mut rooms = rooms(RoomsConfig { max_rooms: 2, ..RoomsConfig::default() });
    enter(&mut rooms, "a", 1, Mode::JoinOrCreate);
    enter(&mut rooms, "b", 2, Mode::JoinOrCreate);
    let refused = rooms.enter("c", 3, &user("u", "N"), Mode::JoinOrCreate, START).map(|_| ());
    assert_eq!(refused, Err(EnterError::TooManyRooms { limit: 2 }));
    rooms.leave("b", 2, START).unwrap();
    enter(&mut rooms, "c", 3, Mode::JoinOrCreate);
    let ids: Vec<_> = rooms.list().rooms.into_iter().map(|room| room.id).collect();
    assert_eq!(ids, ["a", "c"]);
}

/// What a message takes that is posted as below.
fn weight() -> usize {
    let mut rooms = rooms(RoomsConfig::default());
    enter(&mut rooms, "r", 1, Mode::JoinOrCreate);
    rooms.post("r", 1, "1", START).unwrap().message.weight()
}

/// How many messages a room keeps: nobody who misses more can resume.
fn kept(rooms: &Rooms<u32>, id: &str) -> usize {
    let channel = rooms.get(id).unwrap().channel();
    let Position { epoch, seq } = channel.position();
    let is_whole =
        |seq: &u64| channel.since(&Position { epoch: epoch.clone(), seq: *seq }).is_some();
    (0..seq).filter(is_whole).count()
}

#[test]
fn the_oldest_message_of_all_rooms_is_given_up_first() {
    let mut rooms = rooms(RoomsConfig { total_history_bytes: 3 * weight(), ..Default::default() });
    for (id, member) in [("a", 1), ("b", 2), ("c", 3)] {
        enter(&mut rooms, id, member, Mode::JoinOrCreate);
    }
    for (second, id, member, expected) in [
        (0, "b", 2, [0, 1, 0]),
        (1, "a", 1, [1, 1, 0]),
        (2, "a", 1, [2, 1, 0]),
        (3, "c", 3, [2, 0, 1]),
        (4, "c", 3, [1, 0, 2]),
        (5, "b", 2, [0, 1, 2]),
        (6, "b", 2, [0, 2, 1]),
    ] {
        rooms.post(id, member, "1", START + Duration::from_secs(second)).unwrap();
        assert_eq!(["a", "b", "c"].map(|id| kept(&rooms, id)), expected, "{second}");
    }
}

#[test]
fn a_room_that_vanishes_leaves_its_share_of_the_histories_to_others() {
    let mut rooms = rooms(RoomsConfig { total_history_bytes: 2 * weight(), ..Default::default() });
    for id in ["a", "b"] {
        enter(&mut rooms, id, 1, Mode::JoinOrCreate);
        rooms.post(id, 1, "1", START).unwrap();
        rooms.post(id, 1, "1", START).unwrap();
        assert_eq!(kept(&rooms, id), 2, "{id}");
        rooms.leave(id, 1, START).unwrap();
        rooms.handle_timeout(LATER);
    }
}

#[test]
fn a_broadcast_is_a_channel_without_presence() {
    let mut broadcast = Channel::new("b".into(), &RoomsConfig::default());
    assert!(broadcast.enter(1, user("u1", "Ada")));
    assert!(broadcast.enter(2, user("u1", "ada")));
    let start = broadcast.position();
    let message = broadcast.post(2, r#""hi""#, START).unwrap();
    assert_eq!((message.seq, message.sender.name.as_deref()), (1, Some("ada")));
    assert_eq!(broadcast.post(3, "1", START), None);
    assert_eq!(broadcast.since(&start).unwrap().collect::<Vec<_>>(), [&message]);
    assert_eq!(broadcast.leave(1), Some(user("u1", "Ada")));
    assert_eq!(broadcast.leave(1), None);
    assert_eq!(broadcast.members(), [2]);
}
