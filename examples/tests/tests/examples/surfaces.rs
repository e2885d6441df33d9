//! One example per surface, on tokio and on plain threads; and the first of them on the other runtimes.

use example_tests::Server;
use serde_json::json;

/// The same program on every runtime: changes, a filter, a restart of the server.
fn watches(example: &str) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path(), 0);
    let port = server.port();
    let args = ["quakes", "--where", "mag >= 4.5", "--max", "4"];
    let mut example = server.run(example, &args);
    example.says(&["live"]);

    server.create("quakes", &json!({"mag": 1.2}));
    let id = server.create("quakes", &json!({"mag": 5.1}));
    assert!(example.begins("+ ").contains(r#""mag":5.1"#));
    server.update("quakes", &id, &json!({"mag": 5.2}));
    assert!(example.begins("~ ").contains(r#""mag":5.2"#));
    server.delete("quakes", &id);
    example.says(&[&format!("- {id}")]);

    // It comes back by itself, and what was written in between is there.
    drop(server);
    example.begins("the ");
    let server = Server::in_folder(folder.path(), port);
    server.create("quakes", &json!({"mag": 6.2}));
    assert!(example.until("+ ").contains(r#""mag":6.2"#));
    example.ends();
}

#[test]
fn watch_on_tokio() {
    watches("watch");
}

#[test]
fn watch_on_smol() {
    watches("smol-watch");
}

#[test]
fn watch_on_async_std() {
    watches("async-std-watch");
}

#[test]
fn watch_on_threads() {
    watches("blocking-watch");
}

#[test]
fn watch_by_server_sent_events() {
    watches("sse-watch");
}

#[test]
fn watch_ends_with_a_refusal() {
    let server = Server::in_memory();
    for example in ["watch", "smol-watch", "async-std-watch", "blocking-watch", "sse-watch"] {
        let mut example = server.run(example, &["quakes", "--api-key", "wrong"]);
        example.begins("refused: ");
        example.ends();
    }
}

#[test]
fn chat_is_a_talk() {
    talks("chat", "blocking-chat");
    talks("blocking-chat", "chat");
}

/// Ada ends when she has no more to say, Bob after two messages.
fn talks(adas: &str, bobs: &str) {
    let server = Server::in_memory();
    let mut ada = server.run(adas, &["general", "--user", "Ada"]);
    ada.says(&["in general: Ada"]);
    let mut bob = server.run(bobs, &["general", "--user", "Bob", "--max", "2"]);
    let here = bob.begins("in general: ");
    let mut here: Vec<&str> = here.split(", ").collect();
    here.sort_unstable();
    assert_eq!(here, ["Ada", "Bob"]);
    ada.says(&["Bob came"]);

    bob.type_line("Hello!");
    ada.says(&["Bob: Hello!"]);
    ada.type_line("Hello, Bob");
    for talk in [&mut ada, &mut bob] {
        talk.until("Ada: Hello, Bob");
    }
    bob.ends();
    ada.says(&["Bob left"]);
    ada.end_input();
    ada.ends();
}

#[test]
fn broadcast_reaches_everyone() {
    reaches("broadcast", "blocking-broadcast");
    reaches("blocking-broadcast", "broadcast");
}

fn reaches(adas: &str, bobs: &str) {
    let server = Server::in_memory();
    let mut bob = server.run(bobs, &["--user", "Bob", "--max", "1"]);
    bob.says(&["listening"]);
    let say = ["--user", "Ada", "--say", "Coffee is ready", "--max", "1"];
    let mut ada = server.run(adas, &say);
    ada.says(&["listening", "Ada: Coffee is ready"]);
    bob.says(&["Ada: Coffee is ready"]);
    ada.ends();
    bob.ends();
}

#[test]
fn live_table_shows_the_top() {
    shows_the_top("live-table");
    shows_the_top("blocking-live-table");
}

fn shows_the_top(example: &str) {
    let server = Server::in_memory();
    server.create("quakes", &json!({"mag": 4, "place": "Alaska"}));
    let nevada = server.create("quakes", &json!({"mag": 6, "place": "Nevada"}));
    let args = "quakes --sort mag --limit 2 --columns mag,place --max 4".split(' ');
    let mut table = server.run(example, &args.collect::<Vec<_>>());
    table.says(&[r#"1. 6 | "Nevada""#, r#"2. 4 | "Alaska""#, "--"]);
    server.update("quakes", &nevada, &json!({"mag": 3}));
    table.says(&[r#"1. 4 | "Alaska""#, r#"2. 3 | "Nevada""#, "--"]);
    // A document that enters on top pushes the last one out: two changes, two tables.
    server.create("quakes", &json!({"mag": 7, "place": "Idaho"}));
    table.until("--");
    table.says(&[r#"1. 7 | "Idaho""#, r#"2. 4 | "Alaska""#, "--"]);
    table.ends();
}

#[test]
fn gateway_carries_collections_and_rooms_on_one_connection() {
    carries("gateway");
    carries("blocking-gateway");
}

fn carries(example: &str) {
    let server = Server::in_memory();
    let args = "--collection quakes --collection users --room general --max 3".split(' ');
    let mut gateway = server.run(example, &args.collect::<Vec<_>>());
    let mut live = [gateway.line(), gateway.line(), gateway.line()];
    live.sort();
    assert_eq!(live, ["`quakes`: live", "`users`: live", "the room `general`: live"]);

    let id = server.create("users", &json!({"name": "Ada"}));
    assert!(gateway.begins("`users`: + ").contains(r#""name":"Ada""#));
    let mut ada = server.run("chat", &["general", "--user", "Ada"]);
    ada.begins("in general: ");
    ada.type_line("Hello!");
    gateway.says(&["the room `general`: Ada: Hello!"]);
    server.delete("users", &id);
    gateway.begins("`users`: - ");
    gateway.ends();
}
