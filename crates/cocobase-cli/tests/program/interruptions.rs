//! Servers that die in the middle of things.

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use crate::support::{Running, Server};

/// Documents of about 300 bytes.
fn documents(count: usize) -> String {
    let text = "x".repeat(270);
    (0..count).map(|n| format!("{{\"n\":{n},\"text\":\"{text}\"}}\n")).collect()
}

#[test]
fn a_server_killed_during_an_import_loses_and_doubles_nothing() {
    const COUNT: usize = 10_000;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let file = folder.path().join("things.jsonl");
    fs::write(&file, documents(COUNT)).unwrap();
    let serve = |listen: &str| {
        let data = data.to_str().unwrap();
        let args = ["--listen", listen, "--data", data, "--api-key", "test-key"];
        Server::start_with(&args, "test-key")
    };
    let mut server = serve("127.0.0.1:0");
    let mut watch = Running::start(&mut server.client(&["watch", "things", "--json"]));
    assert_eq!(watch.json()["event"], "connected");
    let args = ["import", "things", file.to_str().unwrap(), "--batch", "20"];
    let import = Running::start(&mut server.client(&args));

    let mut seen: Vec<Value> = (0..500).map(|_| watch.json()).collect();
    server.process.kill();
    // What happens at another address, the watcher misses for certain.
    let elsewhere = serve("127.0.0.1:0");
    let down = Instant::now();
    elsewhere.run(&["doc", "create", "things", "{\"missed\":true}"]).ok();
    elsewhere.process.signal("TERM");
    assert_eq!(elsewhere.process.end().code, 0);
    let server = serve(server.address());
    let down = down.elapsed();

    // The import goes on by itself.
    let imported = import.end();
    assert!(imported.stderr.contains("trying again in"), "{imported:?}");
    assert!(imported.ok().starts_with("imported 10,000 documents"));
    let stored = server.run(&["export", "things"]).ok();
    assert_eq!(stored.replace("{\"missed\":true}\n", ""), documents(COUNT));

    // The watcher comes back by itself, says how long it was away, and is told what it missed.
    server.run(&["doc", "create", "things", "{\"last\":true}"]).ok();
    while seen.last().unwrap()["document"]["last"] != true {
        seen.push(watch.json());
    }
    let kinds = |kind: &str| seen.iter().filter(|event| event["event"] == kind).collect::<Vec<_>>();
    assert!(!kinds("disconnected").is_empty() && kinds("gap").is_empty());
    let [connected] = kinds("connected")[..] else { panic!("{:?}", kinds("connected")) };
    assert_eq!(connected["resumed"], true);
    assert!(connected["outage_ms"].as_u64().unwrap() >= down.as_millis() as u64, "{connected}");
    let created = kinds("created").into_iter().map(|event| event["seq"].as_u64().unwrap());
    assert!(created.eq(1..=COUNT as u64 + 2), "each once, in order");
}

#[test]
fn a_watcher_of_a_server_that_forgot_everything_tells_of_the_gap() {
    let mut server = Server::start();
    let mut watch = Running::start(&mut server.client(&["watch", "users", "--json"]));
    assert_eq!(watch.json()["event"], "connected");
    let create = ["doc", "create", "users", "{}"];
    server.run(&create).ok();
    assert_eq!(watch.json()["event"], "created");
    let lost = Instant::now();
    server.process.kill();
    while watch.json()["event"] != "disconnected" {}
    let args = ["--memory", "--listen", server.address(), "--api-key", "test-key"];
    let server = Server::start_with(&args, "test-key");
    let gap = loop {
        let event = watch.json();
        if event["event"] == "gap" {
            break event;
        }
    };
    assert_eq!((&gap["cause"], &gap["missed"]), (&"epoch_changed".into(), &Value::Null));
    let lasted = gap["lasted_ms"].as_u64().unwrap();
    assert!(lasted > 0 && lasted <= lost.elapsed().as_millis() as u64 + 1_000, "{gap}");
    server.run(&create).ok();
    assert_eq!(watch.json()["event"], "created");
}

#[test]
fn a_watcher_of_another_server_is_refused_and_does_not_try_again() {
    let mut server = Server::start();
    let mut watch = Running::start(&mut server.client(&["watch", "users", "--json"]));
    assert_eq!(watch.json()["event"], "connected");
    server.process.kill();
    let args = ["--listen", server.address(), "--api-key", "another-key"];
    let _other = Server::start_with(&args, "another-key");
    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| kind != "refused") {
        kinds.push(watch.json()["event"].as_str().unwrap().to_owned());
    }
    kinds.dedup();
    assert_eq!(kinds, ["disconnected", "refused"]);
    let ended = watch.end();
    assert_eq!(ended.stdout, "", "nothing comes behind a refusal");
    let ended = ended.fails(3, &["trying again in", "refused the key", "next:"]);
    assert!(!ended.stderr.contains("test-key"));
}

#[test]
fn an_import_that_is_stopped_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("things.jsonl");
    let file = file.to_str().unwrap();
    fs::write(file, documents(5000)).unwrap();
    let server = Server::start();
    let mut watch = Running::start(&mut server.client(&["watch", "things", "--json"]));
    assert_eq!(watch.json()["event"], "connected");
    let args = ["import", "things", file, "--batch", "10"];
    let import = Running::start(&mut server.client(&args));
    for _ in 0..200 {
        assert_eq!(watch.json()["event"], "created");
    }
    import.signal("INT");
    let stopped = import.end().fails(130, &["the import was stopped", "stored: ", "up to line "]);
    let token = stopped.stderr.split("--resume ").nth(1).unwrap().trim();
    server.run(&["import", "things", file, "--resume", token]).ok();
    assert_eq!(server.run(&["export", "things"]).ok(), documents(5000));
}

#[test]
fn an_import_that_waits_for_standard_input_can_be_stopped() {
    let server = Server::start();
    for signal in ["INT", "TERM"] {
        let mut command = server.client(&["import", "things", "-", "--format", "csv"]);
        let mut import = Running::start(command.stdin(Stdio::piped()));
        // More than a pipe holds: when it is written, the import reads, and then waits for more.
        let mut input = import.stdin();
        input.write_all(&[b'a'; 1 << 20]).unwrap();
        import.signal(signal);
        import.end().fails(130, &["was stopped", "stored: nothing"]);
    }
}
