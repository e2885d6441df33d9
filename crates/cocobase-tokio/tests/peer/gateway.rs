//! Many subscriptions on one connection.

use cocobase_tokio::{CommandError, Error, Event, Filter, Gateway, Topic, UnpublishedReason};
use serde_json::json;

use crate::support::{Peer, Socket, soon};

async fn connected(peer: &Peer) -> (Socket, Gateway) {
    let client = peer.client();
    let (gate, socket) = tokio::join!(client.gateway().into_future(), async {
        let mut socket = peer.socket().await;
        assert_eq!(socket.hear().await, json!({"type": "auth", "token": "k"}));
        assert_eq!(socket.hear().await, json!({"type": "ping"}));
        socket.say(json!({"type": "pong"})).await;
        socket
    });
    (socket, gate.unwrap())
}

#[tokio::test]
async fn subscriptions_and_rooms_come_and_go_and_outlive_a_link() {
    let peer = Peer::start().await;
    let (mut socket, mut gate) = connected(&peer).await;
    assert!(gate.statistics().round_trip.is_some());
    gate.subscribe("users", Filter::new().gte("age", 18)).unwrap();
    gate.subscribe("posts", Filter::new()).unwrap();
    gate.unsubscribe("posts").unwrap();
    gate.join("general").unwrap();
    // Nobody reads, and yet it has left.
    let subscribe = json!({"type": "subscribe", "collection": "users", "filters": {"age_gte": 18}});
    assert_eq!(socket.hear().await, subscribe);
    assert_eq!(socket.hear().await["collection"], "posts");
    assert_eq!(socket.hear().await, json!({"type": "unsubscribe", "collection": "posts"}));
    assert_eq!(socket.hear().await, json!({"type": "join", "room": "general"}));
    gate.publish("general", "Hello!").await.unwrap();
    let said = json!({"type": "broadcast", "room": "general", "message": "Hello!"});
    assert_eq!(socket.hear().await, said);
    let refused = gate.publish("elsewhere", &1).await.unwrap_err();
    let Error::Unpublished(unpublished) = refused else { panic!() };
    assert_eq!(unpublished.reason, UnpublishedReason::NotThere);

    socket
        .say(json!({"type": "event", "collection": "users", "event": "created",
            "document": {"id": "1", "data": {"age": 20}}}))
        .await;
    socket
        .say(json!({"type": "event", "event": "broadcast", "room": "general", "message": "Hi"}))
        .await;
    assert!(matches!(soon(gate.next()).await, Some(Event::Connected(_))));
    let Some(Event::Created(change)) = soon(gate.next()).await else { panic!() };
    assert_eq!(change.collection.unwrap(), "users");
    let Some(Event::Message(message)) = soon(gate.next()).await else { panic!() };
    assert_eq!(message.content, r#""Hi""#);

    gate.commands().leave("general").unwrap();
    assert_eq!(socket.hear().await, json!({"type": "leave", "room": "general"}));
    drop(socket);
    let (_, ()) = tokio::join!(soon(gate.next()), async {});
    let reader = tokio::spawn(async move { while gate.next().await.is_some() {} });
    let mut socket = peer.socket().await;
    assert_eq!(socket.hear().await["type"], "auth");
    assert_eq!(socket.hear().await, subscribe);
    reader.abort();
}

#[tokio::test]
async fn one_refused_subscription_leaves_the_others_alone() {
    let peer = Peer::start().await;
    let (mut socket, mut gate) = connected(&peer).await;
    gate.subscribe("secret", Filter::new()).unwrap();
    socket.hear().await;
    socket
        .say(json!({"type": "error", "code": "INVALID_COLLECTION", "message": "no",
            "collection": "secret"}))
        .await;
    assert!(matches!(soon(gate.next()).await, Some(Event::Connected(_))));
    let Some(Event::TopicRefused { topic, .. }) = soon(gate.next()).await else { panic!() };
    assert_eq!(topic, Topic::Collection("secret".into()));
    assert!(!gate.is_closed());
    let commands = gate.commands();
    soon(gate.close()).await;
    let error = commands.join("general").unwrap_err();
    assert!(matches!(error, Error::Command(CommandError::Closed)), "{error}");
}
