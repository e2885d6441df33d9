//! Talking from several processes.

use std::io::Write;
use std::process::Stdio;

use serde_json::json;

use crate::support::{Running, Server, run, run_with};

/// A chat under way, in the room.
fn entered(server: &Server, args: &[&str]) -> Running {
    let args = [&["chat", "general"], args].concat();
    let mut chat = Running::start(server.client(&args).stdin(Stdio::piped()));
    assert_eq!(chat.json()["event"], "joined");
    chat
}

#[test]
fn what_is_written_is_heard_and_the_end_of_the_input_leaves() {
    let server = Server::start();
    let mut alice = Running::start(
        server
            .client(&[
                "chat",
                "general",
                "--create",
                "--title",
                "All of us",
                "--user-name",
                "Alice",
            ])
            .stdin(Stdio::piped()),
    );
    let joined = alice.json();
    assert_eq!(
        (&joined["event"], &joined["title"], &joined["people"], &joined["user_id"]),
        (
            &json!("joined"),
            &json!("All of us"),
            &json!([{"id": "Alice", "name": "Alice"}]),
            &json!("Alice")
        )
    );
    let mut bob = entered(&server, &["--user-id", "u2", "--user-name", "Bob"]);
    let came = alice.json();
    assert_eq!((&came["event"], &came["user_name"]), (&json!("user_joined"), &json!("Bob")));

    // The input ends with the last word, which is heard all the same.
    bob.stdin().write_all(b"Hello, Alice!\n\nBye").unwrap();
    for content in ["Hello, Alice!", "Bye"] {
        let said = alice.json();
        assert_eq!((&said["event"], &said["content"]), (&json!("message"), &json!(content)));
        assert_eq!((&said["user_id"], &said["room"]), (&json!("u2"), &json!("general")));
    }
    bob.end().ok();
    let left = alice.json();
    assert_eq!((&left["event"], &left["participants"]), (&json!("user_left"), &json!(1)));
    alice.signal("INT");
    alice.end().ok();
}

#[test]
fn a_missing_room_is_refused_with_what_to_do() {
    let server = Server::start();
    let refused = server.run(&["chat", "general", "--json"]);
    assert!(refused.stdout.contains(r#""event":"refused""#), "{refused:?}");
    refused.fails(3, &["no such room", "next:", "--create"]);
    run(&["chat", "general", "--title", "x"]).fails(2, &["--create"]);
    let mut command = server.client(&["broadcast", "x"]);
    run_with(command.env("COCOBASE_API_KEY", "wrong"), "").fails(3, &["refused the key"]);
}

#[test]
fn a_conversation_outlives_its_server() {
    let mut server = Server::start();
    let mut alice = entered(&server, &["--create", "--user-name", "Alice"]);
    let mut input = alice.stdin();
    server.process.kill();
    while alice.json()["event"] != "disconnected" {}
    writeln!(input, "said while nobody was there").unwrap();
    let args = ["--listen", server.address(), "--api-key", "test-key"];
    let server = Server::start_with(&args, "test-key");
    let mut kinds = Vec::new();
    let said = loop {
        let event = alice.json();
        if event["event"] == "message" {
            break event;
        }
        kinds.push(event);
    };
    assert_eq!(said["content"], "said while nobody was there");
    let joined = kinds.iter().find(|event| event["event"] == "joined").unwrap();
    assert!(joined["outage_ms"].is_u64(), "{joined}");
    drop(input);
    let ended = alice.end();
    assert!(ended.stderr.contains("trying again in"), "{ended:?}");
    ended.ok();
    drop(server);
}

#[test]
fn a_message_to_everyone_reaches_everyone() {
    let server = Server::start();
    let listen = ["broadcast", "--listen", "--json", "--max", "3"];
    let mut listeners: Vec<Running> =
        (0..2).map(|_| Running::start(&mut server.client(&listen))).collect();
    for listener in &mut listeners {
        assert_eq!(listener.json()["event"], "connected");
    }
    let send = ["broadcast", "--user-name", "Ops", "The server restarts at noon"];
    assert_eq!(server.run(&send).ok(), "");
    let mut lines = server.client(&["broadcast", "--raw"]);
    run_with(&mut lines, "{\"level\": 3}\n[1, 2]\n").ok();
    for mut listener in listeners {
        let said = listener.json();
        assert_eq!(
            (&said["user_name"], &said["content"]),
            (&json!("Ops"), &json!("The server restarts at noon"))
        );
        assert_eq!(listener.json()["content"], json!({"level": 3}));
        assert_eq!(listener.json()["content"], json!([1, 2]));
        listener.end().ok();
    }
    let mut lines = server.client(&["broadcast", "--raw"]);
    run_with(&mut lines, "1\nnot JSON\n").fails(5, &["line 2", "--raw"]);
    let nowhere = ["--url", "http://127.0.0.1:1", "--api-key", "k"];
    run(&[&["broadcast", "x"], &nowhere[..]].concat()).fails(4, &["cannot connect", "next:"]);
    let waits = ["broadcast", "--listen", "--timeout", "0.3", "--max", "1"];
    server.run(&waits).fails(1, &["0 of 1 messages"]);
}

#[test]
fn rooms_are_listed_for_people_and_programs() {
    let server = Server::start();
    let none = server.run(&["rooms"]);
    assert_eq!((none.stdout.as_str(), none.code), ("", 0));
    let mut alice = entered(&server, &["--create", "--title", "All", "--user-name", "Alice"]);
    let shown = server.run(&["rooms"]).ok();
    for word in ["room", "general", "All", "Alice", "since"] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let listed = server.run(&["rooms", "--json"]).ok();
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(
        (&listed["id"], &listed["participants"], &listed["participant_list"]),
        (&json!("general"), &json!(1), &json!([{"id": "Alice", "name": "Alice"}]))
    );
    drop(alice.stdin());
    alice.end().ok();
}
