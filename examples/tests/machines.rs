//! The core without any adapter.

use serde_json::json;

use crate::support::Server;

#[test]
fn custom_runtime_watches_several_collections_on_one_thread() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path(), 0);
    let port = server.port();
    let mut example = server.run("custom-runtime", &["quakes", "users", "--max", "5"]);
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
fn custom_runtime_ends_with_a_refusal() {
    let server = Server::in_memory();
    let mut example = server.run("custom-runtime", &["quakes", "--api-key", "wrong"]);
    example.begins("quakes: refused: ");
    example.ends();
}

#[test]
fn embedded_style_loses_nothing_to_noise_on_the_line() {
    let server = Server::in_memory();
    let args = ["quakes", "--max", "30", "--noise", "2000"];
    let mut example = server.run("embedded-style", &args);
    example.says(&["live"]);
    for n in 0..30 {
        server.create("quakes", &json!({ "n": n }));
    }
    let (mut changes, mut faults) = (0, 0);
    while changes < 30 {
        let line = example.line();
        match line.strip_prefix("+ ") {
            Some(new) => {
                assert!(new.contains(&format!("\"n\":{changes}")), "{changes}: {line}");
                changes += 1;
            }
            None if line.starts_with("the connection broke: the serial line was disturbed") => {
                faults += 1;
            }
            None => assert_eq!(line, "live"),
        }
    }
    assert!(faults > 0);
    example.ends();
}

#[test]
fn embedded_style_ends_with_a_refusal() {
    let server = Server::in_memory();
    let mut example = server.run("embedded-style", &["quakes", "--api-key", "wrong"]);
    example.begins("refused: ");
    example.ends();
}
