//! The messages of the project.

use cocobase_tokio::{Event, Published};
use serde_json::json;

use crate::support::{Peer, soon};

#[tokio::test]
async fn everyone_hears_everyone() {
    let peer = Peer::start().await;
    let client = peer.client();
    let (all, mut socket) = tokio::join!(client.broadcast().user("u1", "Alice").connect(), async {
        let mut socket = peer.socket().await;
        let hello = json!({"api_key": "k", "user_id": "u1", "user_name": "Alice"});
        assert_eq!(socket.hear().await, hello);
        socket.say(json!({"event": "connected", "project_id": "p", "user_id": "u1"})).await;
        socket
    });
    let mut all = all.unwrap();
    assert_eq!(all.send(&json!({"n": 1})).await.unwrap(), Published::Sent);
    assert_eq!(socket.hear().await, json!({"type": "message", "data": {"n": 1}}));
    let said = json!({"type": "message", "user_id": "u2", "user_name": "Bob", "data": [1, 2]});
    socket.say(said).await;
    assert!(matches!(soon(all.next()).await, Some(Event::Connected(_))));
    let Some(Event::Message(message)) = soon(all.next()).await else { panic!() };
    assert_eq!(message.get::<Vec<u32>>().unwrap(), [1, 2]);
    soon(all.close()).await;
    assert!(socket.goodbye().await);
}
