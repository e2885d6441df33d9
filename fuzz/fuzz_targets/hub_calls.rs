#![no_main]

#[path = "../hub/mod.rs"]
mod hub;

libfuzzer_sys::fuzz_target!(|input: &[u8]| hub::hub_calls(input));
