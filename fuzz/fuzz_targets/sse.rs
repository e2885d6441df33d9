#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| cocobase_fuzz::sse(input));
