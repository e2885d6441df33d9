//! What programs do with changes: document 000's patterns.

use example_tests::Server;
use serde_json::json;

#[test]
fn store_begins_with_what_is_there_and_follows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::in_folder(folder.path(), 0);
    let port = server.port();
    let id = server.create("users", &json!({"name": "Ada"}));
    let args = ["users", "--get", &id, "--until", "3"];
    let mut store = server.run("store", &args);
    assert!(store.begins("1 documents; ").contains(r#""name":"Ada""#));
    server.update("users", &id, &json!({"name": "Bob"}));
    assert!(store.begins("1 documents; ").contains(r#""name":"Bob""#));
    server.create("users", &json!({"name": "Carol"}));
    store.begins("2 documents; ");
    server.delete("users", &id);
    store.says(&[&format!("1 documents; {id} is not there")]);

    // What happens while it is cut off is there in the end.
    drop(server);
    let server = Server::in_folder(folder.path(), port);
    server.create("users", &json!({"name": "Dave"}));
    server.create("users", &json!({"name": "Eve"}));
    store.until("3 documents; ");
    store.ends();
}

#[test]
fn notifier_tells_every_subscriber_or_says_how_much_it_missed() {
    const CHANGES: u64 = 30;
    let server = Server::in_memory();
    let mut notifier = server.run("notifier", &["users", "--slow", "50", "--max", "30"]);
    notifier.says(&["live"]);
    let ids: Vec<String> =
        (0..CHANGES).map(|n| server.create("users", &json!({ "n": n }))).collect();
    let (mut quick, mut slow) = (Vec::new(), 0);
    while quick.len() < ids.len() || slow < CHANGES {
        let line = notifier.line();
        if let Some(id) = line.strip_prefix("quick: created ") {
            quick.push(id.to_owned());
        } else if let Some(missed) = line.strip_prefix("slow: missed ") {
            slow += missed.parse::<u64>().unwrap();
        } else {
            assert!(line.starts_with("slow: created "), "{line}");
            slow += 1;
        }
    }
    assert_eq!(quick, ids);
    assert_eq!(slow, CHANGES);
    notifier.ends();
}

#[test]
fn debounce_refreshes_once_after_a_burst() {
    let server = Server::in_memory();
    // So long that no machine is too slow for it to be one burst; the end does not wait for it.
    let args = ["users", "--quiet", "60000", "--max", "12"];
    let mut debounce = server.run("debounce", &args);
    debounce.says(&["live"]);
    for n in 1..=12 {
        server.create("users", &json!({ "n": n }));
    }
    let last = debounce.begins("refresh after 12 changes, the last of them ");
    assert!(last.contains(r#""n":12"#), "{last}");
    debounce.ends();

    // So short that every change is a burst of its own.
    let mut debounce = server.run("debounce", &["users", "--quiet", "1", "--max", "2"]);
    debounce.says(&["live"]);
    for n in 1..=2 {
        server.create("users", &json!({ "n": n }));
        debounce.begins("refresh after 1 changes, the last of them ");
    }
    debounce.ends();
}

#[test]
fn buffer_takes_changes_by_count_or_time() {
    let server = Server::in_memory();
    let args = ["users", "--window", "60000", "--size", "5", "--max", "12"];
    let mut buffer = server.run("buffer", &args);
    buffer.says(&["live"]);
    for n in 1..=12 {
        server.create("users", &json!({ "n": n }));
    }
    buffer.says(&["a batch of 5", "a batch of 5", "a batch of 2"]);
    buffer.ends();

    let mut buffer = server.run("buffer", &["users", "--window", "1", "--max", "2"]);
    buffer.says(&["live"]);
    for n in 1..=2 {
        server.create("users", &json!({ "n": n }));
        buffer.says(&["a batch of 1"]);
    }
    buffer.ends();
}
