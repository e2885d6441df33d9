//! Documents out of the server, and in again.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::{QUAKES, Server, run_with};

#[test]
fn what_is_imported_is_exported_line_by_line() {
    let server = Server::start();
    let imported = server.run(&["import", "quakes", QUAKES]).ok();
    assert!(imported.starts_with("imported 1,707 documents into quakes in"), "{imported}");
    let lines = fs::read_to_string(QUAKES).unwrap();
    assert_eq!(server.run(&["export", "quakes"]).ok(), lines);

    let some = server.run(&["export", "quakes", "--where", "mag >= 4.5 and tsunami = true"]).ok();
    let expected: Vec<&str> =
        lines.lines().filter(|line| line.contains("\"tsunami\":true")).collect();
    assert!(!some.is_empty() && some.lines().all(|line| expected.contains(&line)));
}

#[test]
fn every_format_makes_the_same_documents_again() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    server.run(&["import", "quakes", QUAKES]).ok();
    for file in ["quakes.jsonl", "quakes.json", "quakes.csv"] {
        let path = folder.path().join(file);
        let path = path.to_str().unwrap();
        let exported = server.run(&["export", "quakes", path]);
        assert!(exported.stderr.contains("exported 1,707 documents"), "{exported:?}");
        let again = file.replace('.', "_");
        server.run(&["import", &again, path]).ok();
        assert_eq!(
            server.run(&["export", &again]).ok(),
            fs::read_to_string(QUAKES).unwrap(),
            "{file}"
        );
    }
    // Nothing half written is left lying about.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    let missing = folder.path().join("missing/quakes.jsonl");
    server
        .run(&["export", "quakes", missing.to_str().unwrap()])
        .fails(1, &["cannot write", "next:"]);
}

#[test]
fn an_empty_collection_is_an_empty_file() {
    let server = Server::start();
    for (format, expected) in [("jsonl", ""), ("array", "[]\n"), ("csv", "")] {
        assert_eq!(server.run(&["export", "nothing", "--format", format]).ok(), expected);
    }
}

#[test]
fn ids_are_exported_when_asked_for() {
    let server = Server::start();
    run_with(&mut server.client(&["import", "users", "-"]), "{\"name\":\"Ada\"}\n").ok();
    let listed = server.run(&["doc", "list", "users"]).ok();
    let id = listed.split_whitespace().next().unwrap();
    assert_eq!(
        server.run(&["export", "users", "--with-ids"]).ok(),
        format!("{{\"id\":\"{id}\",\"name\":\"Ada\"}}\n")
    );
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let server = Server::start();
    server.run(&["import", "quakes", QUAKES]).ok();
    for args in [["export", "quakes"].as_slice(), &["doc", "list", "quakes", "--all"]] {
        let mut command = server.client(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("uw61345682"));
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), b"".as_slice()));
    }
}
