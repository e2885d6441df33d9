//! What is counted for the program's recorder.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use cocobase_driver::Statistics;
use cocobase_proto::{CloseCause, Event};
use futures_util::future::join;
use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

use crate::runtime::{World, run};

/// A recorder of counters, by name.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        assert_eq!(key.labels().len(), 0, "a label for each connection would be a series for each");
        let mut counts = self.0.lock().unwrap();
        Counter::from_arc(Arc::clone(counts.entry(key.name().to_owned()).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("{key}")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("{key}")
    }
}

impl Counts {
    fn all(&self) -> BTreeMap<String, u64> {
        let counts = self.0.lock().unwrap();
        counts.iter().map(|(name, count)| (name.clone(), count.load(Ordering::Relaxed))).collect()
    }
}

#[test]
fn the_counters_are_the_sum_of_all_connections() {
    const CONNECTED: &str = r#"{"event":"connected"}"#;
    const CREATED: &str = r#"{"event":"create","data":{"id":"1","name":"Ada"}}"#;
    let counts = Counts::default();
    let world = World::new();
    let users = crate::client(&world).collection("users");
    let open = || users.stream::<serde_json::Value>().unwrap();
    let watches = metrics::with_local_recorder(&counts, || [open(), open()]);

    let mut sent = 0;
    let mut seen = Vec::new();
    for mut watch in watches {
        run(&world, async {
            let serve = async {
                for is_first in [true, false] {
                    let mut link = world.accept().await;
                    sent += link.hear().await.len() as u64;
                    link.say(CONNECTED);
                    link.say(CREATED);
                    if is_first {
                        link.end(CloseCause::Io("cut".into()));
                    } else {
                        return link;
                    }
                }
                unreachable!()
            };
            let read = async {
                let mut created = 0;
                while created < 2 {
                    created += u32::from(matches!(watch.next().await, Some(Event::Created(_))));
                }
            };
            join(serve, read).await;
        });
        seen.push(watch.statistics());
    }

    let sum = |of: fn(&Statistics) -> u64| seen.iter().map(of).sum::<u64>();
    let received = 4 * (CONNECTED.len() + CREATED.len()) as u64;
    let expected = [
        // Each connected twice, was told of two documents, lost its link once, and had a gap.
        ("cocobase_client_events_total", 12),
        ("cocobase_client_gaps_total", 2),
        ("cocobase_client_received_bytes_total", received),
        ("cocobase_client_reconnects_total", 2),
        ("cocobase_client_sent_bytes_total", sent),
    ];
    assert_eq!(counts.all(), expected.map(|(name, count)| (name.to_owned(), count)).into());
    // The same as the connections say of themselves.
    let of_connections = [
        sum(|seen| seen.events),
        sum(|seen| seen.gaps),
        sum(|seen| seen.bytes_received),
        sum(|seen| seen.reconnects),
        sum(|seen| seen.bytes_sent),
    ];
    assert_eq!(of_connections, expected.map(|(_, count)| count));
}
