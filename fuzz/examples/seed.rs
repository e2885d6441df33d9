//! Fills `fuzz/corpus` for a first run with what the project already says of the protocol: every
//! string in its vectors, and every string literal in the sources and tests of `cocobase-proto`.
//!
//! `cargo run --manifest-path fuzz/Cargo.toml --example seed`

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// Text is a seed of these; the others take bytes of another form.
const OF_TEXT: [&str; 7] =
    ["client_text", "filter_json", "query", "rest", "server_text", "token", "where_expression"];
const LONGEST: usize = 2000;

fn main() -> Result<(), Box<dyn Error>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let proto = fuzz.join("../crates/cocobase-proto");
    let mut texts = BTreeSet::new();
    for folder in ["vectors", "tests", "src"] {
        collect(&proto.join(folder), &mut texts)?;
    }
    texts.retain(|text| (1..LONGEST).contains(&text.len()));
    for target in OF_TEXT {
        write(&fuzz.join("corpus").join(target), texts.iter().map(|text| text.clone().into()))?;
    }
    // A limit and a seed of the cuts stand before a stream.
    let streams = texts.iter().flat_map(|text| {
        [text.clone(), format!("data: {text}\n\n")]
            .map(|stream| [&[255, 7], stream.as_bytes()].concat())
    });
    write(&fuzz.join("corpus/sse"), streams)?;
    println!("{} texts for {} targets and sse", texts.len(), OF_TEXT.len());
    Ok(())
}

fn collect(folder: &Path, texts: &mut BTreeSet<String>) -> Result<(), Box<dyn Error>> {
    // The vectors may not be there.
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, texts)?;
            continue;
        }
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") => leaves(&serde_json::from_str(&fs::read_to_string(&path)?)?, texts),
            Some("rs") => literals(&fs::read_to_string(&path)?, texts),
            _ => {}
        }
    }
    Ok(())
}

/// Every string in a JSON value, and every object as its text.
fn leaves(value: &Value, texts: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            texts.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(fields) => {
            texts.insert(value.to_string());
            fields.values().for_each(|value| leaves(value, texts));
        }
        _ => {}
    }
}

/// Every string literal, roughly: a comment that quotes something is welcome as well.
fn literals(source: &str, texts: &mut BTreeSet<String>) {
    let raw = source.split("r#\"").skip(1).filter_map(|rest| rest.split("\"#").next());
    texts.extend(raw.map(String::from));
    let plain = source.split('"').skip(1).filter(|part| !part.contains('\n'));
    texts.extend(plain.map(|part| part.replace("\\n", "\n")));
}

fn write(folder: &Path, seeds: impl Iterator<Item = Vec<u8>>) -> Result<(), Box<dyn Error>> {
    fs::create_dir_all(folder)?;
    for (n, seed) in seeds.enumerate() {
        fs::write(folder.join(format!("seed_{n:04}")), seed)?;
    }
    Ok(())
}
