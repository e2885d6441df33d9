//! Runs one input of a target on stable Rust: `cargo run --manifest-path fuzz/Cargo.toml --example
//! replay -- session fuzz/findings/session/FILE`

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: replay TARGET FILE".into());
    };
    let Some((_, target)) = cocobase_fuzz::TARGETS.into_iter().find(|(known, _)| *known == name)
    else {
        return Err(format!("no target is called {name}").into());
    };
    target(&std::fs::read(path)?);
    Ok(())
}
