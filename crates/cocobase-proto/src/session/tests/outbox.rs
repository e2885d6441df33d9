//! Messages on their way out: sent, queued, refused or given back, never lost silently.

use alloc::vec;

use super::*;
use crate::wire::User;

const CONNECTED: &str = r#"{"event":"connected"}"#;

fn broadcast(config: OutboxConfig) -> Scene {
    let config = SessionConfig { outbox: config, ..SessionConfig::default() };
    Scene::about(Target::Broadcast(User::default()), key(), config)
}

impl Scene {
    fn publish(&mut self, content: &str) -> Result<Published, UnpublishedReason> {
        let published = self.session.publish(Topic::Broadcast, content.into(), self.now);
        published.map_err(|unpublished| {
            assert_eq!(unpublished.content, content, "it comes back");
            unpublished.reason
        })
    }
}

#[test]
fn what_is_said_too_early_is_sent_after_the_greeting() {
    let mut scene = broadcast(OutboxConfig::default());
    assert_eq!(scene.publish("1"), Ok(Published::Queued));
    let (link, hello) = scene.hello();
    assert_eq!(hello.len(), 1, "nothing goes out before the greeting: {hello:?}");
    assert_eq!(scene.publish("2"), Ok(Published::Queued));
    scene.text(link, CONNECTED);
    let message = |n: &str| alloc::format!(r#"{{"type":"message","data":{n}}}"#);
    assert_eq!(scene.sent(), [message("1"), message("2")]);
    assert_eq!(scene.publish("3"), Ok(Published::Sent));
    assert_eq!(scene.publish("4"), Ok(Published::Queued), "the one before it still waits");
    assert_eq!(scene.sent(), [message("3"), message("4")]);
}

#[test]
fn what_still_waits_can_be_counted() {
    let mut scene = broadcast(OutboxConfig::default());
    scene.publish("1").unwrap();
    scene.publish("2").unwrap();
    assert_eq!(scene.session.unsent(), 2);
    let (link, _) = scene.hello();
    scene.text(link, CONNECTED);
    assert_eq!(scene.sent().len(), 2);
    assert_eq!(scene.session.unsent(), 0);
}

#[test]
fn what_the_driver_has_not_taken_survives_the_link() {
    let mut scene = broadcast(OutboxConfig::default());
    let (link, _) = scene.hello();
    scene.text(link, CONNECTED);
    assert_eq!(scene.publish("1"), Ok(Published::Sent));
    scene.cut(link);
    let (link, _) = scene.hello();
    scene.text(link, CONNECTED);
    assert_eq!(scene.sent(), [r#"{"type":"message","data":1}"#]);
}

#[test]
fn a_message_may_be_refused() {
    let mut scene = broadcast(OutboxConfig { offline: Offline::Refuse, ..OutboxConfig::default() });
    assert_eq!(scene.publish("1"), Err(UnpublishedReason::Offline));
    let mut scene = broadcast(OutboxConfig { max_messages: 1, ..OutboxConfig::default() });
    assert_eq!(scene.publish("1"), Ok(Published::Queued));
    assert_eq!(scene.publish("2"), Err(UnpublishedReason::Full));
    assert!(matches!(scene.publish("{"), Err(UnpublishedReason::Json(_))));
    let elsewhere = scene.session.publish(Topic::Room("r".into()), "1".into(), scene.now);
    assert_eq!(elsewhere.unwrap_err().reason, UnpublishedReason::NotThere);
    scene.session.close();
    assert_eq!(scene.publish("1"), Err(UnpublishedReason::Closed));
}

#[test]
fn a_message_that_waits_too_long_is_given_back() {
    let expires_after = Some(Duration::from_secs(5));
    let mut scene = broadcast(OutboxConfig { expires_after, ..OutboxConfig::default() });
    scene.publish("1").unwrap();
    scene.wait(3.0);
    scene.publish("2").unwrap();
    scene.wait(1.9);
    assert_eq!(scene.events(), []);
    scene.wait(0.1);
    let expired = |content: &str| {
        Event::Expired(Expired { topic: Topic::Broadcast, content: content.into() })
    };
    assert_eq!(scene.events(), [expired("1")]);
    scene.wait(3.0);
    assert_eq!(scene.events(), [expired("2")]);
}

#[test]
fn a_room_takes_messages_as_content_and_the_gateway_as_broadcasts() {
    let mut scene = Scene::of(RoomEntry::join("general"));
    let (link, _) = scene.hello();
    scene.text(link, r#"{"event":"joined","room_id":"general"}"#);
    let room = Topic::Room("general".into());
    scene.session.publish(room.clone(), r#""Hi""#.into(), scene.now).unwrap();
    assert_eq!(scene.sent(), [r#"{"type":"message","content":"Hi"}"#]);

    let mut scene = Scene::of(Target::Gateway(User::default()));
    scene.session.join("general").unwrap();
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"pong"}"#);
    scene.session.publish(room, r#""Hi""#.into(), scene.now).unwrap();
    assert_eq!(scene.sent(), vec![r#"{"type":"broadcast","room":"general","message":"Hi"}"#]);
}

#[test]
fn what_waits_for_a_room_that_is_left_is_given_back() {
    let mut scene = Scene::of(Target::Gateway(User::default()));
    scene.session.join("general").unwrap();
    let room = Topic::Room("general".into());
    scene.session.publish(room.clone(), "1".into(), scene.now).unwrap();
    scene.session.leave("general").unwrap();
    let given_back = Event::Expired(Expired { topic: room, content: "1".into() });
    assert_eq!(scene.events(), [given_back]);
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"pong"}"#);
    assert_eq!(scene.sent().len(), 0);
}
