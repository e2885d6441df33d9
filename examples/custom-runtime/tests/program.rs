//! The program against the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use example_tests::Server;
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_custom-runtime");

#[test]
fn watches_several_collections_on_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path(), 0);
    let port = server.port();
    let mut example = server.run_program(PROGRAM, &["quakes", "users", "--max", "5"]);
    let mut live = [example.line(), example.line()];
    live.sort();
    assert_eq!(live, ["quakes: live", "users: live"]);

    let id = server.create("users", &json!({"name": "Alice"}));
    assert!(example.begins("users: + ").contains(r#""name":"Alice""#));
    server.create("quakes", &json!({"mag": 5.1}));
    assert!(example.begins("quakes: + ").contains(r#""mag":5.1"#));
    server.update("users", &id, &json!({"name": "Bob"}));
    assert!(example.begins("users: ~ ").contains(r#""name":"Bob""#));
    server.delete("users", &id);
    example.says(&[&format!("users: - {id}")]);

    // It comes back by itself, and what was written in between is there.
    drop(server);
    let mut lost = [example.line(), example.line()];
    lost.sort();
    assert!(lost[0].starts_with("quakes: the "), "{lost:?}");
    assert!(lost[1].starts_with("users: the "), "{lost:?}");
    let server = Server::in_folder(folder.path(), port);
    server.create("quakes", &json!({"mag": 6.2}));
    assert!(example.until("quakes: + ").contains(r#""mag":6.2"#));
    example.ends();
}

#[test]
fn ends_with_a_refusal() {
    let server = Server::in_memory();
    let mut example = server.run_program(PROGRAM, &["quakes", "--api-key", "wrong"]);
    example.begins("quakes: refused: ");
    example.ends();
}
