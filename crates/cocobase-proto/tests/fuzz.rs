//! Every fuzz target over its seeds, its findings and every text in the vectors, on stable Rust.
//!
//! The targets' bodies stand in `fuzz/src`, once for libFuzzer and for this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(missing_docs, unreachable_pub, dead_code)]
#[path = "../../../fuzz/src/lib.rs"]
mod targets;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// One test for each target, by its name.
macro_rules! over_all_inputs {
    ($($name:ident),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                run(stringify!($name), targets::$name);
            }
        )+

        #[test]
        fn every_target_is_tested() {
            let mut tested = [$(stringify!($name)),+];
            tested.sort_unstable();
            assert_eq!(tested, targets::TARGETS.map(|(name, _)| name));
        }
    };
}

over_all_inputs!(
    client_text,
    filter_json,
    query,
    rest,
    round_trip,
    server_text,
    session,
    sse,
    token,
    where_expression,
);

fn run(name: &str, target: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut inputs = files(&fuzz.join("seeds").join(name));
    assert!(!inputs.is_empty(), "{name} has no seeds");
    inputs.extend(files(&fuzz.join("findings").join(name)));
    for path in inputs {
        let input = fs::read(&path).unwrap();
        assert!(catch_unwind(|| target(&input)).is_ok(), "{name} fails on {}", path.display());
    }
    for text in texts_of_vectors() {
        assert!(catch_unwind(|| target(text.as_bytes())).is_ok(), "{name} fails on {text}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// Every string in `vectors/*.json`, and every object as its text.
fn texts_of_vectors() -> Vec<String> {
    let mut texts = Vec::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")) {
        if path.extension().is_some_and(|extension| extension == "json") {
            leaves(&serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap(), &mut texts);
        }
    }
    texts
}

fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(fields) => {
            texts.push(value.to_string());
            fields.values().for_each(|value| leaves(value, texts));
        }
        _ => {}
    }
}
