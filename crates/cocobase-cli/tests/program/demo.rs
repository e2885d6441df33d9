//! The demo.

use serde_json::Value;

use crate::support::{Running, program, run, run_with};

#[test]
fn every_expected_event_arrives() {
    let result = run(&["demo", "--max", "150", "--speed", "0", "--json"]).ok();
    let result: Value = serde_json::from_str(&result).unwrap();
    assert_eq!(result["ok"], true);
    let watchers = result["watchers"].as_array().unwrap();
    assert_eq!(watchers.len(), 3);
    for watcher in watchers {
        assert!(watcher["expected"].as_u64().unwrap() > 5, "{watcher}");
        assert_eq!(watcher["expected"], watcher["received"]);
        for fault in ["missing", "doubled", "out_of_order", "unexpected"] {
            assert_eq!(watcher[fault], 0, "{watcher}");
        }
        assert!(watcher["p50_ms"].as_f64().unwrap() > 0.0);
        assert!(watcher["p99_ms"].as_f64() >= watcher["p50_ms"].as_f64());
    }
    assert_eq!(watchers[0]["expected"], result["writes"]);
    for (place, at_least) in [("room", 3), ("broadcast", 2)] {
        let talk = &result[place];
        assert!(talk["said"].as_u64().unwrap() >= at_least, "{talk}");
        assert_eq!((&talk["heard"], &talk["in_order"]), (&talk["said"], &Value::Bool(true)));
    }
}

#[test]
fn the_table_is_sober_in_a_pipe() {
    let shown = run(&["demo", "--max", "20", "--speed", "max"]).ok();
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
    for word in
        ["watcher", "expected", "out of order", "latency p99", "mag >= 4.5", "once and in order"]
    {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    run(&["demo", "--speed=-1"]).fails(2, &["--speed"]);
}

#[test]
fn a_kept_demo_serves_until_it_is_stopped() {
    let mut demo =
        Running::start(program().args(["demo", "--max", "20", "--speed", "0", "--json", "--keep"]));
    let result = demo.json();
    let [url, key] = ["url", "api_key"].map(|name| result[name].as_str().unwrap());
    let list = ["doc", "list", "earthquakes", "--all", "--url", url];
    let listed = run_with(program().args(list).env("COCOBASE_API_KEY", key), "").ok();
    assert_eq!(listed.lines().count(), 15);
    demo.signal("INT");
    demo.end().ok();
}
