//! One example per surface, on tokio; and the first of them on the other runtimes.

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
fn watch_ends_with_a_refusal() {
    let server = Server::in_memory();
    for example in ["watch", "smol-watch", "async-std-watch"] {
        let mut example = server.run(example, &["quakes", "--api-key", "wrong"]);
        example.begins("refused: ");
        example.ends();
    }
}

#[test]
fn chat_is_a_talk() {
    let server = Server::in_memory();
    let mut ada = server.run("chat", &["general", "--user", "Ada"]);
    ada.says(&["in general: Ada"]);
    let mut bob = server.run("chat", &["general", "--user", "Bob", "--max", "2"]);
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
    let server = Server::in_memory();
    let mut bob = server.run("broadcast", &["--user", "Bob", "--max", "1"]);
    bob.says(&["listening"]);
    let say = ["--user", "Ada", "--say", "Coffee is ready", "--max", "1"];
    let mut ada = server.run("broadcast", &say);
    ada.says(&["listening", "Ada: Coffee is ready"]);
    bob.says(&["Ada: Coffee is ready"]);
    ada.ends();
    bob.ends();
}

#[test]
fn live_table_shows_the_top() {
    let server = Server::in_memory();
    server.create("quakes", &json!({"mag": 4, "place": "Alaska"}));
    let nevada = server.create("quakes", &json!({"mag": 6, "place": "Nevada"}));
    let args = "quakes --sort mag --limit 2 --columns mag,place --max 4".split(' ');
    let mut table = server.run("live-table", &args.collect::<Vec<_>>());
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
    let server = Server::in_memory();
    let args = "--collection quakes --collection users --room general --max 3".split(' ');
    let mut gateway = server.run("gateway", &args.collect::<Vec<_>>());
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
