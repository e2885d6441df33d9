//! Watching from another process.

use serde_json::json;

use crate::support::{Running, Server, run, run_with};

#[test]
fn every_change_that_fits_is_one_line() {
    let server = Server::start();
    let mut watch = Running::start(&mut server.client(&[
        "watch",
        "users",
        "--json",
        "--max",
        "4",
        "--where",
        "age >= 18",
    ]));
    assert_eq!(watch.json()["event"], "connected");
    let create = |json| {
        let document = server.run(&["doc", "create", "users", json]).ok();
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        document["id"].as_str().unwrap().to_owned()
    };
    create(r#"{"name":"Child","age":7}"#);
    let id = create(r#"{"name":"Ada","age":36}"#);
    let created = watch.json();
    assert_eq!(
        (&created["event"], &created["id"], &created["collection"], &created["document"]["name"]),
        (&json!("created"), &json!(id), &json!("users"), &json!("Ada"))
    );
    server.run(&["doc", "update", "users", &id, r#"{"age":37}"#]).ok();
    let updated = watch.json();
    assert_eq!((&updated["event"], &updated["old"]), (&json!("updated"), &json!({"age":36})));
    assert_eq!(updated["seq"].as_u64().unwrap(), created["seq"].as_u64().unwrap() + 1);
    // It leaves the filter, which a watcher is told; what happens to it then, it is not.
    server.run(&["doc", "update", "users", &id, r#"{"age":1}"#]).ok();
    assert_eq!(watch.json()["document"]["age"], 1);
    server.run(&["doc", "delete", "users", &id]).ok();
    let other = create(r#"{"age":99}"#);
    assert_eq!(watch.json()["id"], *other);
    watch.end().ok();
}

#[test]
fn people_see_what_changed() {
    let server = Server::start();
    let mut watch = Running::start(&mut server.client(&["watch", "users", "--max", "3"]));
    assert!(watch.line().ends_with("connected; waiting for changes"));
    server.run(&["doc", "create", "users", r#"{"name":"Ada","age":36}"#]).ok();
    let line = watch.line();
    assert!(line.ends_with(r#"  name="Ada" age=36"#) && line.contains("  created  "), "{line}");
    let id = line.split_whitespace().nth(2).unwrap();
    server.run(&["doc", "update", "users", id, r#"{"age":37}"#]).ok();
    let line = watch.line();
    assert!(line.ends_with(&format!("updated  {id}  age: 36 → 37")), "{line}");
    server.run(&["doc", "delete", "users", id]).ok();
    assert!(watch.line().ends_with(&format!("deleted  {id}")));
    watch.end().ok();
}

#[test]
fn a_watch_ends_when_it_is_told_to() {
    let server = Server::start();
    server.run(&["watch", "users", "--timeout", "2"]).ok();
    let ended = server.run(&["watch", "users", "--timeout", "2", "--max", "1"]);
    ended.fails(1, &["0 of 1 changes"]);
    let nowhere = ["--url", "http://127.0.0.1:1", "--api-key", "k"];
    let ended = run(&[&["watch", "users", "--timeout", "0.2"], &nowhere[..]].concat());
    ended.fails(4, &["no connection came about", "next:"]);
    for signal in ["INT", "TERM"] {
        let mut watch = Running::start(&mut server.client(&["watch", "users"]));
        watch.line();
        watch.signal(signal);
        watch.end().ok();
    }
}

#[test]
fn a_refusal_ends_it_at_once() {
    let server = Server::start();
    let mut command = server.client(&["watch", "users", "--json"]);
    let ended = run_with(command.env("COCOBASE_API_KEY", "wrong-key"), "");
    assert!(ended.stdout.contains(r#""event":"refused""#), "{ended:?}");
    ended.fails(3, &["refused the key", "next:", "--api-key"]);
    server
        .run(&["watch", "users", "--where", "a = 1 or not felt = 3"])
        .fails(2, &["`felt`", "next:"]);
}

#[test]
fn every_carrier_tells_the_same() {
    let server = Server::start();
    let watch = ["watch", "users", "--json", "--max", "2", "--where", "age >= 18"];
    let mut watches: Vec<Running> = [&[][..], &["--sse"], &["--gateway"]]
        .map(|carrier| Running::start(&mut server.client(&[&watch, carrier].concat())))
        .into();
    let live = ["connected", "connected", "subscribed"];
    for (watch, live) in watches.iter_mut().zip(live) {
        while watch.json()["event"] != live {}
    }
    for age in [36, 7, 20] {
        server.run(&["doc", "create", "users", &json!({"age": age}).to_string()]).ok();
    }
    for mut watch in watches {
        for age in [36, 20] {
            let created = watch.json();
            assert_eq!(
                (&created["event"], &created["document"]["age"]),
                (&json!("created"), &json!(age))
            );
            assert!(created["seq"].is_u64() && created["collection"] == "users");
        }
        watch.end().ok();
    }
    for carrier in ["--sse", "--gateway"] {
        let mut command = server.client(&["watch", "users", carrier]);
        let ended = run_with(command.env("COCOBASE_API_KEY", "wrong-key"), "");
        ended.fails(3, &["refused the key", "next:"]);
    }
    run(&["watch", "users", "--sse", "--gateway"]).fails(2, &["cannot be used with"]);
}
