//! Clients that take what they are told too slowly.

use cocobase_hub::{ConnectionId, Entrance, HubConfig, Overflow, PeerInput};
use serde_json::Value;

use crate::shell::{Shell, word};

/// So much that a handful of events have place.
const QUEUE: usize = 2_000;

fn shell(overflow: Overflow) -> Shell {
    Shell::new(HubConfig { overflow, queue_bytes: QUEUE, ..HubConfig::default() })
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Writes some of what waits.
fn take(shell: &mut Shell, id: ConnectionId, count: usize) -> Vec<String> {
    let frames: Vec<_> = shell.hub.frames(id, count).map(word).collect();
    shell.hub.handle_sent(id, frames.len(), shell.now);
    shell.act();
    frames
}

fn seqs(texts: &[String]) -> Vec<u64> {
    texts.iter().filter_map(|text| read(text)["seq"].as_u64()).collect()
}

#[test]
fn who_lags_is_told_how_much_and_goes_on() {
    for surface in 0..3 {
        let mut shell = shell(Overflow::Lag);
        let id = match surface {
            0 => shell.watch(r#"{"api_key":"k"}"#),
            1 => {
                let id = shell.gateway("u");
                shell.say(id, r#"{"type":"subscribe","collection":"users"}"#);
                id
            }
            _ => shell.stream("greeting=true", None),
        };
        assert_eq!(shell.heard(id).len(), 1);
        for n in 1..=30 {
            shell.commit("users", &format!("x{n}"), "{}");
        }
        assert!(shell.hub.waiting_bytes() <= QUEUE);
        let mut told = take(&mut shell, id, 2);
        shell.commit("users", "y", "{}");
        assert_eq!(
            shell.hub.frames(id, 100).map(word).filter(|text| text.contains("lagged")).count(),
            0
        );
        told.extend(shell.heard(id));
        shell.commit("users", "z", "{}");
        told.extend(shell.heard(id));

        let at = told.iter().position(|text| text.contains("lagged")).unwrap();
        let lagged = read(&told[at]);
        assert_eq!(seqs(&told[..at]), (1..=at as u64).collect::<Vec<_>>());
        assert_eq!(lagged["missed"], 31 - at as u64);
        assert_eq!((&lagged["epoch"], &lagged["seq"]), (&"e".into(), &31.into()));
        assert_eq!(lagged["collection"].as_str(), (surface == 1).then_some("users"));
        assert_eq!(seqs(&told[at + 1..]), [32]);
    }
}

#[test]
fn one_subscription_may_lag_while_others_go_on() {
    let mut shell = shell(Overflow::Lag);
    let id = shell.gateway("u");
    for name in ["big", "small"] {
        shell.say(id, &format!(r#"{{"type":"subscribe","collection":"{name}"}}"#));
    }
    assert_eq!(shell.heard(id).len(), 2);
    let big = format!(r#"{{"text":"{}"}}"#, "x".repeat(1_000));
    shell.commit("big", "1", &big);
    shell.commit("big", "2", &big);
    shell.commit("small", "3", "{}");
    let told = shell.heard(id);
    let words: Vec<_> = told
        .iter()
        .map(|text| (read(text)["collection"].clone(), read(text)["type"].clone()))
        .collect();
    assert_eq!(
        words,
        [("big", "event"), ("small", "event"), ("big", "lagged")]
            .map(|(name, word)| (Value::from(name), Value::from(word)))
    );
}

#[test]
fn an_event_of_any_size_has_place_in_an_empty_queue() {
    let mut shell = shell(Overflow::Lag);
    let id = shell.watch(r#"{"api_key":"k"}"#);
    assert_eq!(shell.heard(id).len(), 1);
    let huge = format!(r#"{{"text":"{}"}}"#, "x".repeat(10 * QUEUE));
    shell.commit("users", "x", &huge);
    shell.commit("users", "x", "{}");
    let told = shell.heard(id);
    assert!(told[0].len() > 10 * QUEUE && told[1].contains("lagged"), "{told:?}");

    // The same when it is told as history: each waits for the one before to be gone.
    let hello = r#"{"api_key":"k","resume":{"epoch":"e","seq":0}}"#;
    for n in 0..3 {
        shell.commit("users", &format!("y{n}"), &huge);
    }
    let id = shell.watch(hello);
    let mut told = Vec::new();
    for _ in 0..20 {
        assert!(shell.hub.frames(id, 9).count() <= 2);
        told.extend(take(&mut shell, id, 1));
    }
    assert_eq!(seqs(&told[1..]), [1, 2, 3, 4, 5]);
}

#[test]
fn of_several_events_of_a_document_the_last_stays() {
    let mut shell = shell(Overflow::Coalesce);
    let id = shell.watch(r#"{"api_key":"k"}"#);
    assert_eq!(shell.heard(id).len(), 1);
    for n in 1..=60 {
        shell.commit("users", &format!("x{}", n % 3), &format!(r#"{{"n":{n}}}"#));
    }
    let told = shell.heard(id);
    let seqs = seqs(&told);
    assert!(!told.iter().any(|text| text.contains("lagged")), "{told:?}");
    assert!(seqs.is_sorted() && seqs.ends_with(&[58, 59, 60]) && seqs.len() < 12, "{seqs:?}");
    for n in 1..=60 {
        shell.commit("users", &format!("y{n}"), "{}");
    }
    assert!(shell.hub.waiting_bytes() <= QUEUE);
    let told = shell.heard(id);
    assert!(told.last().unwrap().contains("lagged"), "many documents are too many: {told:?}");
}

#[test]
fn who_is_too_slow_may_be_disconnected() {
    let mut shell = shell(Overflow::Disconnect);
    let id = shell.watch(r#"{"api_key":"k"}"#);
    assert_eq!(shell.heard(id).len(), 1);
    shell.commit("users", "a", "{}");
    // The shell is writing this.
    assert_eq!(shell.hub.frames(id, 1).count(), 1);
    for n in 1..=30 {
        shell.commit("users", &format!("x{n}"), "{}");
    }
    let told = shell.heard(id);
    assert_eq!((told.len(), &*told[1]), (2, "Close(1013)"));
}

#[test]
fn rooms_and_broadcasts_lag_likewise() {
    let mut shell = shell(Overflow::Lag);
    let sender = shell.gateway("s");
    shell.say(sender, r#"{"type":"join","room":"r"}"#);
    let (own, gateway) = (shell.room("r", "u", "join"), shell.gateway("g"));
    shell.say(gateway, r#"{"type":"join","room":"r"}"#);
    for id in [own, gateway, sender] {
        drop(shell.heard(id));
    }
    for n in 0..30 {
        shell.say(sender, &format!(r#"{{"type":"broadcast","room":"r","message":{n}}}"#));
        assert_eq!(shell.heard(sender).len(), 1);
    }
    for (id, room) in [(own, None), (gateway, Some("r"))] {
        let told = shell.heard(id);
        let lagged = read(told.last().unwrap());
        assert_eq!((&lagged["type"], lagged["room"].as_str()), (&"lagged".into(), room));
        assert_eq!(lagged["seq"], 30);
        assert_eq!(lagged["missed"], 30 - (told.len() as u64 - 1));
    }
}

#[test]
fn who_cannot_be_told_who_is_there_has_to_come_again() {
    let mut shell = shell(Overflow::Lag);
    let one = shell.room("r", "u1", "create");
    drop(shell.heard(one));
    for n in 0..30 {
        let id = shell.room("r", &format!("n{n}"), "join");
        drop(shell.heard(id));
        shell.input(id, PeerInput::Gone);
    }
    assert_eq!(shell.heard(one), ["Close(1013)"]);
}

#[test]
fn who_asks_and_does_not_listen_is_let_go() {
    for (input, answer) in
        [(PeerInput::Text(r#"{"type":"ping"}"#), 64 + 17), (PeerInput::Ping(&[7; 125]), 64 + 127)]
    {
        let mut shell = Shell::new(HubConfig::default());
        let id = shell.watch(r#"{"api_key":"k"}"#);
        drop(shell.heard(id));
        let mut asked = 0;
        while !shell.hub.is_closing(id) {
            shell.input(id, input);
            asked += 1;
        }
        assert!((256 << 10) / answer <= asked && asked < (300 << 10) / answer, "{asked}");
        assert_eq!(shell.heard(id), ["Close(1008)"]);
    }
}

#[test]
fn all_queues_together_are_bounded_and_each_has_its_share() {
    let config = HubConfig { total_queue_bytes: 200 << 10, ..HubConfig::default() };
    let mut shell = Shell::new(config);
    let ids: Vec<_> = (0..4).map(|_| shell.watch(r#"{"api_key":"k"}"#)).collect();
    let data = format!(r#"{{"text":"{}"}}"#, "x".repeat(1_000));
    for id in &ids {
        drop(shell.heard(*id));
    }
    for n in 0..300 {
        shell.commit("users", &format!("x{n}"), &data);
        // One of them listens.
        assert_eq!(shell.heard(ids[0]).len(), 1, "{n}");
    }
    let waiting = shell.hub.waiting_bytes();
    assert!((190 << 10..(200 << 10) + 4 * HubConfig::FAIR_SHARE).contains(&waiting), "{waiting}");
    for id in &ids[1..] {
        let told = shell.heard(*id);
        assert!(told.last().unwrap().contains("lagged"), "{}", told.len());
    }
    assert_eq!(shell.hub.waiting_bytes(), 0);
}

#[test]
fn a_long_history_and_a_large_snapshot_are_told_piece_by_piece() {
    let mut shell = shell(Overflow::Lag);
    for n in 0..100 {
        shell.commit("users", &format!("x{n:03}"), "{}");
    }
    for (hello, extra) in [
        (r#"{"api_key":"k","resume":{"epoch":"e","seq":0}}"#, 1),
        (r#"{"api_key":"k","snapshot":true}"#, 1),
    ] {
        let id = shell.watch(hello);
        let mut told = Vec::new();
        loop {
            // What is not queued yet counts as well.
            assert!(shell.hub.waiting_bytes() <= QUEUE + 100 * 200);
            let some = take(&mut shell, id, 1);
            if some.is_empty() {
                break;
            }
            told.extend(some);
        }
        assert_eq!(told.len(), 100 + extra);
        shell.commit("users", "x000", "{}");
        assert_eq!(shell.heard(id).len(), 1);
        shell.log.get_mut("users").unwrap().truncate(100);
        shell.input(id, PeerInput::Gone);
        let mut fresh = self::shell(Overflow::Lag);
        fresh.log = std::mem::take(&mut shell.log);
        fresh.hub.set_position("users".into(), 100);
        shell = fresh;
    }
}

#[test]
fn a_snapshot_that_is_too_large_is_not_sent() {
    for (snapshot_bytes, total_queue_bytes) in [(1_000, 1 << 30), (1 << 20, 1_000)] {
        let mut shell =
            Shell::new(HubConfig { snapshot_bytes, total_queue_bytes, ..HubConfig::default() });
        for n in 0..20 {
            shell.commit("users", &format!("x{n}"), "{}");
        }
        let id = shell.watch(r#"{"api_key":"k","snapshot":true}"#);
        let greeting = shell.one(id);
        assert!(greeting.ends_with(r#""epoch":"e","seq":20}"#), "{greeting}");
    }
}

#[test]
fn a_history_that_becomes_too_short_on_the_way_is_a_lag() {
    for (filter, missed) in [("", Some(6)), (r#","filters":{"a":1}"#, None)] {
        let mut shell = shell(Overflow::Lag);
        for n in 0..8 {
            shell.commit("users", &format!("x{n}"), r#"{"a":1}"#);
        }
        let id = shell.hub.open(Entrance::Collection("users".into()), shell.now);
        let hello = format!(r#"{{"api_key":"k","resume":{{"epoch":"e","seq":0}}{filter}}}"#);
        shell.hub.handle_input(id, PeerInput::Text(&hello), shell.now);
        shell.hub.handle_verdict(id, cocobase_hub::Verdict::Accepted, shell.now);
        shell.answer_history(id, "users", 0);
        shell.kept_after = 5;
        let told = shell.heard(id);
        let lagged = read(told.last().unwrap());
        assert_eq!((&lagged["type"], &lagged["seq"]), (&"lagged".into(), &8.into()), "{told:?}");
        assert_eq!(lagged["missed"].as_u64(), missed);
        shell.commit("users", "y", r#"{"a":1}"#);
        assert_eq!(seqs(&shell.heard(id)), [9]);
    }
}

#[test]
fn who_resumes_a_room_lags_rather_than_comes_again_for_the_same() {
    let mut shell = shell(Overflow::Disconnect);
    let id = shell.room("r", "u", "create");
    let epoch = read(&shell.one(id))["epoch"].as_str().unwrap().to_owned();
    for n in 0..30 {
        shell.say(id, &format!(r#"{{"type":"message","content":{n}}}"#));
        assert_eq!(shell.heard(id).len(), 1);
    }
    let again = shell.hub.open(Entrance::Room("r".into()), shell.now);
    let resume = format!(
        r#"{{"api_key":"k","user_id":"v","action":"join","resume":{{"epoch":"{epoch}","seq":0}}}}"#
    );
    shell.say(again, &resume);
    let told = shell.heard(again);
    let lagged = read(told.last().unwrap());
    assert_eq!((&lagged["type"], &lagged["seq"]), (&"lagged".into(), &30.into()), "{told:?}");
}
