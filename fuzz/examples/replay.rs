//! Runs one input of a target on stable Rust: `cargo run --manifest-path fuzz/Cargo.toml --example
//! replay -- session fuzz/findings/session/FILE`

use std::error::Error;

#[allow(unreachable_pub, dead_code)]
#[path = "../hub/mod.rs"]
mod hub;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(name), Some(path)) = (arguments.next(), arguments.next()) else {
        return Err("usage: replay TARGET FILE".into());
    };
    let mut targets = cocobase_fuzz::TARGETS.into_iter().chain(hub::TARGETS);
    let Some((_, target)) = targets.find(|(known, _)| *known == name) else {
        return Err(format!("no target is called {name}").into());
    };
    target(&std::fs::read(path)?);
    Ok(())
}
