//! Every fuzz target of the hub over its seeds, its findings and what clients say in the vectors, on
//! stable Rust.
//!
//! The targets' bodies stand in `fuzz/hub`, once for libFuzzer and for this.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[allow(missing_docs, unreachable_pub, dead_code)]
#[path = "../../../fuzz/hub/mod.rs"]
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
            let tested = [$(stringify!($name)),+];
            assert_eq!(tested, targets::TARGETS.map(|(name, _)| name));
        }
    };
}

over_all_inputs!(filter_set, hub_calls, hub_text);

fn run(name: &str, target: fn(&[u8])) {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let mut inputs = files(&fuzz.join("seeds").join(name));
    assert!(!inputs.is_empty(), "{name} has no seeds");
    inputs.extend(files(&fuzz.join("findings").join(name)));
    for path in inputs {
        let input = fs::read(&path).unwrap();
        assert!(catch_unwind(|| target(&input)).is_ok(), "{name} fails on {}", path.display());
    }
    for text in texts_of_clients() {
        assert!(catch_unwind(|| target(text.as_bytes())).is_ok(), "{name} fails on {text}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

/// Every message in the vectors of what clients say.
fn texts_of_clients() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../cocobase-proto/vectors/client-messages.json");
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let text = |vector: &Value| match vector["message"]["text"].as_str() {
        Some(text) => text.to_owned(),
        None => vector["message"]["json"].to_string(),
    };
    file["vectors"].as_array().unwrap().iter().map(text).collect()
}
