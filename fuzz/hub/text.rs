//! Text from a client on each surface: it is answered, and disturbs nobody else.

use cocobase_hub::{
    Commit, ConnectionId, Entrance, Frame, FrameKind, HistoryPage, Hub, HubAction, HubConfig,
    PeerInput, Verdict,
};
use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{ChangeKind, Instant, Text};

const NOW: Instant = Instant::from_nanos(1 << 60);

/// Texts line by line, first as all that is said, and then behind a good hello.
pub fn hub_text(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    for entrance in [
        Entrance::Gateway,
        Entrance::Collection("users".into()),
        Entrance::Broadcast,
        Entrance::Room("general".into()),
    ] {
        for is_greeted in [false, true] {
            let mut scene = Scene::new();
            let id = scene.hub.open(entrance.clone(), NOW);
            if is_greeted {
                scene.hear(id, HELLO);
                assert_eq!(scene.write(id), 1);
            }
            // As one text, and then as many.
            scene.hear(id, text);
            for line in text.lines().take(50) {
                let was_closing = scene.hub.is_closing(id);
                scene.hear(id, line);
                assert!(scene.write(id) > 0 || was_closing || !is_greeted, "no answer to {line:?}");
            }
            scene.publish();
            scene.write(id);
            assert!(scene.write(scene.other) > 0, "somebody else was disturbed");
            scene.hub.handle_input(id, PeerInput::Gone, NOW);
            scene.write(scene.other);
            assert_eq!((scene.hub.connections(), scene.hub.waiting_bytes()), (2, 0));
        }
    }
}

const HELLO: &str = r#"{"type":"auth","token":"k","user_id":"u","action":"create"}"#;

struct Scene {
    hub: Hub,
    other: ConnectionId,
    seq: u64,
}

impl Scene {
    /// Somebody watches already, and somebody is in a room.
    fn new() -> Self {
        let mut hub = Hub::new(HubConfig::default(), NOW);
        let other = hub.open(Entrance::Collection("users".into()), NOW);
        let host = hub.open(Entrance::Room("general".into()), NOW);
        let mut scene = Self { hub, other, seq: 0 };
        scene.hear(host, HELLO);
        scene.write(host);
        scene.hub.handle_sent(host, usize::MAX, NOW);
        scene.hub.handle_input(host, PeerInput::Gone, NOW);
        let _quiet = scene.hub.open(Entrance::Gateway, NOW);
        scene.hear(other, HELLO);
        scene.publish();
        scene.write(other);
        scene
    }

    fn publish(&mut self) {
        self.seq += 1;
        let commit = Commit {
            collection: "users".into(),
            seq: self.seq,
            kind: ChangeKind::Created,
            id: "x".into(),
            created_at: "t".into(),
            updated_at: "u".into(),
            data: r#"{"a":1}"#.into(),
            old: None,
        };
        self.hub.publish(&commit, NOW);
    }

    fn hear(&mut self, id: ConnectionId, text: &str) {
        self.hub.handle_input(id, PeerInput::Text(text), NOW);
        self.act();
    }

    fn act(&mut self) {
        while let Some(action) = self.hub.poll_action() {
            match action {
                HubAction::Authenticate { id, .. } => {
                    self.hub.handle_verdict(id, Verdict::Accepted, NOW);
                }
                HubAction::ReadHistory { id, collection, .. } => {
                    let page = HistoryPage { commits: &[], reaches_back: false };
                    self.hub.handle_history(id, &collection, Some(page), NOW);
                }
                HubAction::ReadSnapshot { id, collection, .. } => {
                    self.hub.handle_snapshot(id, &collection, None, NOW);
                }
            }
        }
    }

    /// Writes everything, which a client can read. Answers how many frames it was.
    fn write(&mut self, id: ConnectionId) -> usize {
        let frames: Vec<Frame> = self.hub.frames(id, usize::MAX).cloned().collect();
        self.hub.handle_sent(id, frames.len(), NOW);
        for frame in &frames {
            if frame.kind() == FrameKind::Text {
                let text = Text::from(frame.text().unwrap());
                let message = ServerMessage::decode(&text).unwrap();
                assert_ne!(message, ServerMessage::Unknown, "{text}");
            }
        }
        frames.len()
    }
}
