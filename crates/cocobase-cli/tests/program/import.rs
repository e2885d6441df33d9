//! Imports: formats, bad input, and going on.

use std::fs;

use crate::support::{Ended, Server, run, run_with};

fn import(server: &Server, input: &str, args: &[&str]) -> Ended {
    run_with(&mut server.client(&[&["import", "things", "-"], args].concat()), input)
}

fn stored(server: &Server) -> String {
    server.run(&["export", "things"]).ok()
}

#[test]
fn csv_columns_have_types() {
    let server = Server::start();
    let csv = "zip,age,ok,note,tags\n007,36,true,\"a, b\",[1]\n123,,false,,{}\n";
    import(&server, csv, &["--format", "csv", "--types", "tags:json"]).ok();
    assert_eq!(
        stored(&server),
        "{\"zip\":\"007\",\"age\":36,\"ok\":true,\"note\":\"a, b\",\"tags\":[1]}\n\
         {\"zip\":\"123\",\"age\":null,\"ok\":false,\"note\":null,\"tags\":{}}\n"
    );
}

#[test]
fn an_array_is_known_by_its_first_character() {
    let server = Server::start();
    import(&server, " [\n{\"a\": 1},\n{\"a\":2}]", &[]).ok();
    assert_eq!(stored(&server), "{\"a\":1}\n{\"a\":2}\n");
    import(&server, "a,b", &[]).fails(2, &["cannot tell the format", "--format"]);
    import(&server, "[]", &["--types", "a:text"]).fails(2, &["--types is for CSV"]);
}

#[test]
fn a_bad_line_stops_behind_what_is_stored_and_the_import_goes_on() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("things.jsonl");
    let file = file.to_str().unwrap();
    fs::write(file, "{\"n\":1}\n{\"n\":2}\n\n{\"n\":x}\n{\"n\":4}\n").unwrap();
    let ended = server.run(&["import", "things", file]).fails(
        5,
        &["things.jsonl, line 4: expected value, in column 6", "stored: 2 documents, up to line 2"],
    );
    assert_eq!(stored(&server), "{\"n\":1}\n{\"n\":2}\n");

    fs::write(file, "{\"n\":1}\n{\"n\":2}\n\n{\"n\":3}\n{\"n\":4}\n").unwrap();
    let token = ended.stderr.split("--resume ").nth(1).unwrap().trim();
    let resumed = server.run(&["import", "things", file, "--resume", token]).ok();
    assert!(resumed.starts_with("imported 2 documents"), "{resumed}");
    assert_eq!(stored(&server), "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n{\"n\":4}\n");

    // From the very start again: the server knows every batch.
    let start = format!("{}.0.2.500", token.split('.').next().unwrap());
    server.run(&["import", "things", file, "--resume", &start]).ok();
    assert_eq!(stored(&server).lines().count(), 4);
    // Another collection, and then another file, under the same token.
    server
        .run(&["import", "others", file, "--resume", &start])
        .fails(5, &["this token belongs to another file or collection"]);
    fs::write(file, "{\"n\":1}\n").unwrap();
    server
        .run(&["import", "things", file, "--resume", &start])
        .fails(5, &["line 1: the file ends before the place to go on from"]);
    assert_eq!(stored(&server).lines().count(), 4);
    server
        .run(&["import", "things", file, "--resume", &start, "--batch", "7"])
        .fails(2, &["batches of 500", "--batch"]);
}

#[test]
fn bad_documents_are_left_out_when_asked_for() {
    let server = Server::start();
    let deep = format!("{{\"deep\":{}{}}}", "[".repeat(122), "]".repeat(122));
    let name = "x".repeat(64 * 1024);
    let input = format!("{{\"n\":1}}\n[]\n{deep}\n{{\"n\":4}}\n{{\"{name}\":1}}\n{{\"n\":6}}\n");
    let ended = import(&server, &input, &["--skip-bad"]);
    for word in ["line 2: an array", "line 3: the server says", "line 5: the server says"] {
        assert!(ended.stderr.contains(word), "{ended:?}");
    }
    assert!(ended.ok().ends_with("; 3 records left out\n"));
    assert_eq!(stored(&server), "{\"n\":1}\n{\"n\":4}\n{\"n\":6}\n");
    // Without it, the first one that the server does not want ends the import with its line.
    let ended = import(&server, &format!("{{\"n\":7}}\n{deep}\n"), &[]);
    ended.fails(5, &["line 2: the server says", "stored: 1 document, up to line 1"]);
}

#[test]
fn a_dry_run_stores_nothing_and_needs_no_server() {
    let server = Server::start();
    let checked = import(&server, "{}\n{}\n", &["--dry-run"]).ok();
    assert_eq!(checked, "2 documents could be imported; nothing was stored\n");
    assert_eq!(stored(&server), "");
    let ended = run_with(&mut server.client(&["import", "things", "-", "--dry-run"]), "{}\n1\n");
    ended.fails(5, &["standard input, line 2: a number"]);
}

#[test]
fn a_server_that_stays_away_leaves_a_way_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("things.jsonl");
    fs::write(&file, "{}\n{}\n").unwrap();
    let args = ["import", "things", file.to_str().unwrap(), "--api-key", "k", "--url"];
    let ended = run(&[&args, ["http://127.0.0.1:1", "--retry-for", "0.5"].as_slice()].concat());
    ended.fails(
        4,
        &["trying again in 0.2 s", "stored: nothing", "unknown: 2 documents", "--resume"],
    );
    let server = Server::start();
    let mut command = server.client(&["import", "things", file.to_str().unwrap()]);
    let ended = run_with(command.env("COCOBASE_API_KEY", "wrong-key"), "");
    let ended = ended.fails(3, &["refused the key", "stored: nothing", "--resume"]);
    assert!(!ended.stderr.contains("unknown:"), "{ended:?}");
    run(&["import", "things", "/nonexistent", "--api-key", "k"])
        .fails(5, &["cannot read /nonexist"]);
}
