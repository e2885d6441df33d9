//! The log: order, durability, atomicity, idempotency, bounds.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cocobase_hub::Commit;
use cocobase_proto::ChangeKind;
use cocobase_proto::query::ListQuery;
use cocobase_server::log::{
    Change, Data, Log, LogError, OpenError, Options, SqliteLog, Tail, Write,
};
use proptest::prelude::*;

async fn open(folder: &Path) -> SqliteLog {
    open_with(folder, Options::default()).await
}

async fn open_with(folder: &Path, options: Options) -> SqliteLog {
    SqliteLog::open(Data::Folder(folder.into()), options).await.unwrap()
}

async fn in_memory(options: Options) -> SqliteLog {
    SqliteLog::open(Data::Memory, options).await.unwrap()
}

fn create(id: impl ToString, fields: &str) -> Change {
    Change::create(id.to_string(), fields)
}

async fn write(log: &SqliteLog, changes: Vec<Change>) -> Result<Vec<Commit>, LogError> {
    log.append(Write::new("posts", changes)).await.map(|written| written.commits)
}

/// Documents of `posts` as id → fields.
async fn documents(log: &SqliteLog) -> BTreeMap<String, String> {
    let listing = log.list("posts".into(), ListQuery::default(), usize::MAX).await.unwrap();
    let pair = |document: &cocobase_server::log::Document| {
        (document.id.to_string(), document.data.to_string())
    };
    listing.documents.iter().map(pair).collect()
}

/// The projection as the log alone says it must be.
async fn replayed(log: &SqliteLog) -> BTreeMap<String, String> {
    let (mut documents, mut after) = (BTreeMap::new(), 0);
    loop {
        let history = log.read("posts", after, 1000).await.unwrap();
        let Some(last) = history.commits.last() else { break documents };
        after = last.seq;
        for commit in history.commits {
            let (id, data) = (commit.id.to_string(), commit.data.to_string());
            match commit.kind {
                ChangeKind::Created => assert_eq!(documents.insert(id, data), None),
                ChangeKind::Updated => {
                    assert_eq!(documents.insert(id, data).as_deref(), commit.old.as_deref());
                }
                ChangeKind::Deleted => assert_eq!(documents.remove(&id), Some(data)),
            }
        }
    }
}

#[tokio::test]
async fn a_change_carries_what_the_document_was_and_is() {
    let log = in_memory(Options::default()).await;
    let created = write(&log, vec![create("a", r#"{"z":1,"b":{"c":1}}"#)]).await.unwrap();
    let updated = write(&log, vec![Change::merge("a", r#"{"b":{"d":2},"n":null}"#)]).await.unwrap();
    let deleted = write(&log, vec![Change::delete("a")]).await.unwrap();

    assert_eq!(created[0].data, r#"{"z":1,"b":{"c":1}}"#);
    assert_eq!(created[0].created_at, created[0].updated_at);
    assert_eq!(updated[0].data, r#"{"z":1,"b":{"d":2},"n":null}"#);
    assert_eq!(updated[0].old, Some(created[0].data.clone()));
    assert_eq!(updated[0].created_at, created[0].created_at);
    assert_eq!(deleted[0].data, updated[0].data);
    assert!(deleted[0].updated_at >= updated[0].updated_at);
    let seqs = [&created, &updated, &deleted].map(|commits| commits[0].seq);
    assert_eq!(seqs, [1, 2, 3]);
    let all = [created, updated, deleted].concat();
    assert_eq!(log.read("posts", 0, 10).await.unwrap().commits, all);
    assert_eq!(log.read("posts", 1, 1).await.unwrap().commits, all[1..2]);
    log.close().await;
}

#[tokio::test]
async fn a_write_happens_whole_or_not_at_all() {
    let log = in_memory(Options { max_document_bytes: 30, ..Options::default() }).await;
    write(&log, vec![create("a", r#"{"n":1}"#)]).await.unwrap();
    let big = format!(r#"{{"big":"{}"}}"#, "x".repeat(20));
    let table = [
        (create("a", "{}"), LogError::Exists { id: "a".into() }),
        (Change::merge("gone", "{}"), LogError::NotFound { id: "gone".into() }),
        (Change::delete("gone"), LogError::NotFound { id: "gone".into() }),
        (
            Change::delete("a").expecting(9),
            LogError::Conflict { id: "a".into(), expected: 9, actual: 1 },
        ),
        (
            Change::merge("a", big.as_str()),
            LogError::TooLarge { id: "a".into(), bytes: 36, limit: 30 },
        ),
    ];
    for (change, refusal) in table {
        let changes = vec![create("b", "{}"), change, create("c", "{}")];
        assert_eq!(write(&log, changes).await.unwrap_err(), refusal);
    }
    let error = write(&log, vec![Change::merge("a", "[]")]).await.unwrap_err();
    assert!(matches!(error, LogError::Fields { .. }), "{error}");

    assert_eq!(documents(&log).await, BTreeMap::from([("a".into(), r#"{"n":1}"#.into())]));
    let next = write(&log, vec![Change::delete("a").expecting(1)]).await.unwrap();
    assert_eq!(next[0].seq, 2, "refused writes took no numbers");
    let none = write(&log, vec![delete_if_present("a")]).await.unwrap();
    assert_eq!(none, []);
    log.close().await;
}

fn delete_if_present(id: &str) -> Change {
    Change { id: id.into(), action: cocobase_server::log::Action::DeleteIfPresent, expected: None }
}

#[tokio::test]
async fn refused_writes_do_not_make_collections() {
    let log = in_memory(Options { max_collections: 2, ..Options::default() }).await;
    let refused = log.append(Write::new("no", vec![Change::delete("x")])).await;
    assert_eq!(refused.unwrap_err(), LogError::NotFound { id: "x".into() });
    log.append(Write::new("no", vec![delete_if_present("x")])).await.unwrap();
    for name in ["a", "b"] {
        log.append(Write::new(name, vec![create("1", "{}")])).await.unwrap();
    }
    let refused = log.append(Write::new("c", vec![create("1", "{}")])).await;
    assert_eq!(refused.unwrap_err(), LogError::TooManyCollections { limit: 2 });
    let names: Vec<_> = log.collections().await.unwrap().iter().map(|it| it.name.clone()).collect();
    assert_eq!(names, ["a", "b"]);
    log.close().await;
}

/// Reads a tail until every collection has reached its number.
async fn drain(tail: &mut Tail, total: usize) -> Vec<Commit> {
    let mut commits = Vec::new();
    while commits.len() < total {
        commits.extend(tail.next().await.unwrap());
    }
    commits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_get_unique_numbers_without_gaps_and_the_tail_sees_them_in_order() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    let mut tail = log.tail().await.unwrap();
    let (writers, each) = (32_u64, 25_u64);
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let log = log.clone();
        tasks.spawn(async move {
            let mut commits = Vec::new();
            for n in 0..each {
                let collection = if n % 2 == 0 { "even" } else { "odd" };
                // Every fifth write also fails, which must leave the others alone.
                if n % 5 == 0 {
                    let bad = vec![create(format!("{writer}-{n}"), "{}"), Change::delete("none")];
                    log.append(Write::new(collection, bad)).await.unwrap_err();
                }
                let change = create(format!("{writer}-{n}"), "{}");
                commits.extend(
                    log.append(Write::new(collection, vec![change])).await.unwrap().commits,
                );
            }
            commits
        });
    }
    let total = (writers * each) as usize;
    let (seen, answered) = tokio::join!(drain(&mut tail, total), tasks.join_all());
    let mut answered = answered.concat();
    for name in ["even", "odd"] {
        let of = |commits: &[Commit]| -> Vec<Commit> {
            commits.iter().filter(|commit| commit.collection == name).cloned().collect()
        };
        let seen = of(&seen);
        let numbers: Vec<u64> = seen.iter().map(|commit| commit.seq).collect();
        assert_eq!(numbers, (1..=seen.len() as u64).collect::<Vec<_>>());
        assert!(seen.is_sorted_by_key(|commit| commit.updated_at.clone()));
        answered.sort_by_key(|commit| commit.seq);
        assert_eq!(of(&answered), seen);
        assert_eq!(log.read(name, 0, usize::MAX).await.unwrap().commits, seen);
    }
    drop(tail);
    log.close().await;
}

#[tokio::test]
async fn a_tail_begins_where_it_says_and_ends_with_the_log() {
    let log = in_memory(Options::default()).await;
    write(&log, vec![create("1", "{}"), create("2", "{}")]).await.unwrap();
    let mut tail = log.tail().await.unwrap();
    assert_eq!(tail.positions(), [("posts".into(), 2)]);
    let commits = write(&log, vec![create("3", "{}")]).await.unwrap();
    log.close().await;
    assert_eq!(tail.next().await, Some(commits));
    assert_eq!(tail.next().await, None);
    assert_eq!(log.tail().await.unwrap_err(), LogError::Closed);
    assert_eq!(write(&log, vec![create("4", "{}")]).await.unwrap_err(), LogError::Closed);
    assert_eq!(log.read("posts", 0, 1).await.unwrap_err(), LogError::Closed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lagging_tail_holds_writers_back_and_loses_nothing() {
    let log = in_memory(Options::default()).await;
    let mut tail = log.tail().await.unwrap();
    let total = 5000;
    let writer = {
        let log = log.clone();
        tokio::spawn(async move {
            for n in 0..total {
                write(&log, vec![create(n, "{}")]).await.unwrap();
            }
        })
    };
    let first = tail.next().await.unwrap();
    assert_eq!(first[0].seq, 1);
    // The writer cannot come to an end while nobody reads.
    let waited = std::time::Duration::from_millis(200);
    let mut writer = writer;
    assert!(tokio::time::timeout(waited, &mut writer).await.is_err());
    let seen = drain(&mut tail, total - first.len()).await;
    assert_eq!(seen.last().unwrap().seq, total as u64);
    writer.await.unwrap();
    // A dropped tail holds nobody back.
    drop(tail);
    for n in 0..200 {
        write(&log, vec![create(format!("more-{n}"), "{}")]).await.unwrap();
    }
    log.close().await;
}

#[tokio::test]
async fn a_repeated_key_answers_again_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    let keyed = |id: &str, key: &str| {
        Write::new("posts", vec![create(id, r#"{"n":1}"#), create(format!("{id}'"), "{}")])
            .with_key(key)
    };
    let first = log.append(keyed("a", "k1")).await.unwrap();
    log.close().await;

    let log = open(dir.path()).await;
    let mut tail = log.tail().await.unwrap();
    let again = log.append(keyed("b", "k1")).await.unwrap();
    assert!(again.repeated && !first.repeated);
    assert_eq!(again.commits, first.commits);
    assert_eq!(again.collection, first.collection);
    let other = log.append(keyed("c", "k2")).await.unwrap();
    assert_eq!(other.commits[0].seq, 3);
    assert_eq!(tail.next().await.unwrap(), other.commits, "a repetition is no event");

    let fewer = Write::new("posts", vec![create("x", "{}")]).with_key("k1");
    assert!(matches!(log.append(fewer).await.unwrap_err(), LogError::KeyReused { .. }));
    let elsewhere = Write { collection: "other".into(), ..keyed("x", "k1") };
    assert!(matches!(log.append(elsewhere).await.unwrap_err(), LogError::KeyReused { .. }));
    // A refused write leaves no key behind.
    log.append(keyed("a", "k3")).await.unwrap_err();
    log.append(keyed("d", "k3")).await.unwrap();
    drop(tail);
    log.close().await;
}

#[tokio::test]
async fn history_is_trimmed_and_numbers_never_come_back() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { history: 100, ..Options::default() };
    let log = open_with(dir.path(), options.clone()).await;
    for n in 0..500 {
        write(&log, vec![create(n, "{}")]).await.unwrap();
    }
    let keyed = Write::new("posts", vec![create("k", "{}")]).with_key("key");
    log.append(keyed.clone()).await.unwrap();
    for n in 0..500 {
        write(&log, vec![Change::delete(n.to_string())]).await.unwrap();
    }
    let history = log.read("posts", 0, usize::MAX).await.unwrap();
    assert_eq!(history.last, 1001);
    assert!((895..=902).contains(&history.first), "{}", history.first);
    assert_eq!(history.commits.len() as u64, history.last - history.first + 1);
    assert!(!history.reaches_back_to(history.first - 2));
    assert!(history.reaches_back_to(history.first - 1));
    assert_eq!(log.append(keyed).await.unwrap_err(), LogError::AnswerGone);
    log.close().await;

    let log = open_with(dir.path(), options).await;
    assert_eq!(write(&log, vec![create("new", "{}")]).await.unwrap()[0].seq, 1002);
    log.close().await;
}

#[tokio::test]
async fn a_full_store_refuses_writes_and_lives() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { max_data_bytes: Some(1 << 20), ..Options::default() };
    let log = open_with(dir.path(), options.clone()).await;
    let fields = format!(r#"{{"x":"{}"}}"#, "y".repeat(10_000));
    let mut stored = 0;
    let refusal = loop {
        match write(&log, vec![create(stored, &fields)]).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(refusal, LogError::Full);
    assert!((20..100).contains(&stored), "{stored}");
    // In one group, the write that does not fit falls and those that fit stand.
    let (big, small) = tokio::join!(
        write(&log, (0..50).map(|n| create(format!("big-{n}"), &fields)).collect()),
        write(&log, vec![create("small", "{}")]),
    );
    assert_eq!(big.unwrap_err(), LogError::Full);
    assert_eq!(small.unwrap()[0].seq, stored + 1);
    assert_eq!(documents(&log).await.len() as u64, stored + 1);
    log.close().await;

    let log = open(dir.path()).await;
    assert_eq!(documents(&log).await, replayed(&log).await);
    assert_eq!(write(&log, vec![create("more", &fields)]).await.unwrap()[0].seq, stored + 2);
    log.close().await;
}

#[tokio::test]
async fn a_folder_in_use_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    let place = Data::Folder(dir.path().into());
    let error = SqliteLog::open(place, Options::default()).await.unwrap_err();
    assert!(matches!(&error, OpenError::InUse { path } if path == dir.path()), "{error}");
    log.close().await;
    open(dir.path()).await.close().await;
}

#[tokio::test]
async fn memory_leaves_nothing_behind() {
    let log = in_memory(Options::default()).await;
    let folder = log.folder().to_path_buf();
    write(&log, vec![create("1", "{}")]).await.unwrap();
    assert!(folder.join("cocobase.db").exists());
    log.close().await;
    assert!(!folder.exists());
}

/// What a crash leaves: the files as they are while the log is open and busy.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_a_live_folder_holds_every_acknowledged_write() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..3_u64 {
        for n in 0..200 {
            let id = format!("{round}-{n}");
            write(&log, vec![create(&id, "{}"), Change::merge(id.as_str(), r#"{"n":1}"#)])
                .await
                .unwrap();
            acknowledged.insert(id);
        }
        let copy = tempfile::tempdir().unwrap();
        for file in ["cocobase.db", "cocobase.db-wal"] {
            std::fs::copy(dir.path().join(file), copy.path().join(file)).unwrap();
        }
        let again = open(copy.path()).await;
        assert_eq!(again.epoch(), log.epoch());
        assert_eq!(documents(&again).await.into_keys().collect::<BTreeSet<_>>(), acknowledged);
        assert_eq!(replayed(&again).await, documents(&again).await);
        let next = write(&again, vec![create("next", "{}")]).await.unwrap();
        assert_eq!(next[0].seq, (round + 1) * 400 + 1);
        again.close().await;
    }
    log.close().await;
}

/// A write-ahead log that was cut anywhere holds whole writes only, and a beginning of them.
#[tokio::test]
async fn a_torn_write_ahead_log_holds_a_whole_beginning() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    for n in 0..20 {
        let pair = vec![create(format!("{n}-a"), "{}"), create(format!("{n}-b"), "{}")];
        write(&log, pair).await.unwrap();
    }
    let main = std::fs::read(dir.path().join("cocobase.db")).unwrap();
    let wal = std::fs::read(dir.path().join("cocobase.db-wal")).unwrap();
    log.close().await;
    let mut most = 0;
    for part in 1..=12 {
        let copy = tempfile::tempdir().unwrap();
        let cut = wal.len() * part / 12 - usize::from(part < 12) * 7;
        std::fs::write(copy.path().join("cocobase.db"), &main).unwrap();
        std::fs::write(copy.path().join("cocobase.db-wal"), &wal[..cut]).unwrap();
        let log = open(copy.path()).await;
        let found = documents(&log).await;
        assert_eq!(found.len() % 2, 0, "half a write survived");
        assert!(found.len() >= most, "a longer log holds more");
        most = found.len();
        let expected = (0..most / 2).flat_map(|n| [format!("{n}-a"), format!("{n}-b")]);
        assert_eq!(found.into_keys().collect::<BTreeSet<_>>(), expected.collect());
        assert_eq!(replayed(&log).await, documents(&log).await);
        log.close().await;
    }
    assert_eq!(most, 40);
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path()).await;
    let epoch = log.epoch().clone();
    let mut commits =
        write(&log, vec![create("1", r#"{"a":1}"#), create("2", "{}")]).await.unwrap();
    commits.extend(write(&log, vec![Change::delete("2")]).await.unwrap());
    let before = documents(&log).await;
    log.close().await;

    let log = open(dir.path()).await;
    assert_eq!(*log.epoch(), epoch);
    assert_eq!(documents(&log).await, before);
    assert_eq!(log.read("posts", 0, 10).await.unwrap().commits, commits);
    let next = write(&log, vec![create("2", "{}")]).await.unwrap();
    assert_eq!(next[0].seq, 4);
    assert!(next[0].created_at >= commits[2].updated_at);
    log.close().await;
}

/// What a random write does to one of three documents.
fn any_change() -> impl Strategy<Value = Change> {
    let fields = (0..3_u8, 0..9_u8).prop_map(|(key, value)| format!(r#"{{"k{key}":{value}}}"#));
    (0..3_u8, 0..4_u8, fields).prop_map(|(id, action, fields)| match action {
        0 => create(id, &fields),
        1 => Change::merge(id.to_string(), fields),
        2 => Change::delete(id.to_string()),
        _ => delete_if_present(&id.to_string()),
    })
}

/// The model: documents as maps. `None` when the write must be refused.
fn applied(model: &Model, write: &[Change]) -> Option<Model> {
    use cocobase_server::log::Action;
    let mut model = model.clone();
    for change in write {
        let id = change.id.to_string();
        let parse = |text: &str| serde_json::from_str::<serde_json::Map<_, _>>(text).unwrap();
        match &change.action {
            Action::Create(_) if model.contains_key(&id) => return None,
            Action::Create(fields) => drop(model.insert(id, parse(fields))),
            Action::Merge(fields) => model.get_mut(&id)?.extend(parse(fields)),
            Action::Delete => drop(model.remove(&id)?),
            Action::DeleteIfPresent => drop(model.remove(&id)),
        }
    }
    Some(model)
}

type Model = BTreeMap<String, serde_json::Map<String, serde_json::Value>>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_documents_are_what_the_log_says(
        writes in prop::collection::vec(prop::collection::vec(any_change(), 1..4), 1..30)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let log = in_memory(Options::default()).await;
            let mut model = Model::new();
            let mut last = 0;
            for changes in writes {
                let next = applied(&model, &changes);
                let result = write(&log, changes).await;
                assert_eq!(result.is_ok(), next.is_some(), "{result:?}");
                for commit in result.into_iter().flatten() {
                    last += 1;
                    assert_eq!(commit.seq, last);
                }
                model = next.unwrap_or(model);
            }
            let found = documents(&log).await;
            assert_eq!(replayed(&log).await, found);
            let found: Model =
                found.into_iter().map(|(id, data)| (id, serde_json::from_str(&data).unwrap())).collect();
            assert_eq!(found, model);
            log.close().await;
        });
    }
}
