//! The program against the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use example_tests::Server;
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_embedded-style");

#[test]
fn loses_nothing_to_noise_on_the_line() {
    let server = Server::in_memory();
    let args = ["quakes", "--max", "30", "--noise", "2000"];
    let mut example = server.run_program(PROGRAM, &args);
    example.says(&["live"]);
    for n in 0..30 {
        server.create("quakes", &json!({ "n": n }));
    }
    let (mut changes, mut faults) = (0, 0);
    while changes < 30 {
        let line = example.line();
        match line.strip_prefix("+ ") {
            Some(new) => {
                assert!(new.contains(&format!("\"n\":{changes}")), "{changes}: {line}");
                changes += 1;
            }
            None if line.starts_with("the connection broke: the serial line was disturbed") => {
                faults += 1;
            }
            None => assert_eq!(line, "live"),
        }
    }
    assert!(faults > 0);
    example.ends();
}

#[test]
fn ends_with_a_refusal() {
    let server = Server::in_memory();
    let mut example = server.run_program(PROGRAM, &["quakes", "--api-key", "wrong"]);
    example.begins("refused: ");
    example.ends();
}
