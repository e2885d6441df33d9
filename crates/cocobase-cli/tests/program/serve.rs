//! The server as a process: its first words, its data folder, its end.

use std::net::TcpStream;

use crate::support::{Running, Server, program, run, run_with};

#[test]
fn a_key_is_made_at_the_first_start_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let key = || {
        let mut server = Server::start_with(&["--listen", "127.0.0.1:0", "--data", data], "");
        let line = server.process.line();
        server.key = line.strip_prefix("API key: ").expect("the second line").to_owned();
        server.run(&["doc", "list", "users"]).ok();
        server.process.signal("TERM");
        let key = server.key.clone();
        let ended = server.process.end();
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.stderr.contains("api-key"), "{ended:?}");
        key
    };
    assert_eq!(key(), key());
}

#[test]
fn what_was_stored_is_there_after_a_stop_and_gone_from_memory() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let listen = ["--listen", "127.0.0.1:0", "--api-key", "test-key"];
    for (place, count) in [(vec!["--data", data], 2), (vec!["--memory"], 1)] {
        let mut listed = 0;
        for signal in ["TERM", "INT"] {
            let server = Server::start_with(&[&listen, place.as_slice()].concat(), "test-key");
            server.run(&["doc", "create", "users", "{}"]).ok();
            listed = server.run(&["doc", "list", "users"]).ok().lines().count();
            server.process.signal(signal);
            assert_eq!(server.process.end().code, 0);
        }
        assert_eq!(listed, count);
    }
}

#[test]
fn a_folder_or_an_address_in_use_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start_with(&["--listen", "127.0.0.1:0", "--data", data], "");
    let second = run(&["serve", "--listen", "127.0.0.1:0", "--data", data]);
    second.fails(1, &["in use by another process", data, "next:"]);
    let second = run(&["serve", "--memory", "--listen", server.address()]);
    second.fails(1, &["cannot listen on", server.address(), "next:", "--listen"]);
    run(&["serve", "--memory", "--data", data]).fails(2, &["cannot be used with"]);
}

#[test]
fn a_second_signal_stops_at_once() {
    let server = Server::start();
    // A request that never ends holds up a graceful stop.
    let mut half = TcpStream::connect(server.address()).unwrap();
    std::io::Write::write_all(&mut half, b"POST /collections/users HTTP/1.1\r\nhost: x\r\nx-api-key: test-key\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{").unwrap();
    server.process.signal("TERM");
    // The first word on it is the proof that the first signal was heard.
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    server.process.signal("TERM");
    assert_eq!(server.process.end().code, 130);
    drop(half);
}

#[test]
fn logs_go_to_standard_error_alone() {
    let mut server = Running::start(program().args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--memory",
        "--api-key",
        "secret-key",
        "-vv",
    ]));
    server.line();
    server.signal("TERM");
    let ended = server.end();
    assert_eq!(ended.stdout, "");
    assert!(ended.stderr.contains("listening"), "{ended:?}");
    assert!(!ended.stderr.contains("secret-key"));
    run(&["serve", "--memory", "-q", "-v"]).fails(2, &["cannot be used with"]);
}

#[test]
fn what_makes_no_sense_is_answered_with_what_would() {
    run(&["serve", "--memory", "--listen", "localhost:1"]).fails(2, &["for instance 127.0.0.1:"]);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let args = ["--listen", "127.0.0.1:0", "--data", data, "--max-data-bytes", "100000"];
    let server = Server::start_with(&[&args[..], &["--api-key", "test-key"]].concat(), "test-key");
    let file = folder.path().join("large");
    std::fs::write(&file, format!("{{\"text\":\"{}\"}}", "x".repeat(200_000))).unwrap();
    let large = format!("@{}", file.display());
    let refused = server.run(&["doc", "create", "users", &large]);
    refused.fails(4, &["storage is full", "make room", "--max-data-bytes"]);
    server.run(&["doc", "create", "users", "{}"]).ok();
}

#[test]
fn a_key_set_to_nothing_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0"]).env("XDG_DATA_HOME", folder.path());
    let mut server = Running::start(serve.env("COCOBASE_API_KEY", ""));
    let line = server.line();
    let url = line.strip_prefix("cocobase listening on ").unwrap();
    assert!(server.line().starts_with("API key: "));
    // On the same machine, the client finds the key that was made.
    let mut list = program();
    list.args(["doc", "list", "users", "--url", url]).env("XDG_DATA_HOME", folder.path());
    run_with(list.env("COCOBASE_API_KEY", ""), "").ok();
}

#[cfg(unix)]
#[test]
fn the_soft_limit_on_open_files_is_no_limit_on_watchers() {
    let mut serve = std::process::Command::new("sh");
    serve.args([
        "-c",
        "ulimit -Sn 64 && exec \"$0\" serve --memory --listen 127.0.0.1:0 --api-key k",
    ]);
    let mut server = Running::start(serve.arg(env!("CARGO_BIN_EXE_cocobase")));
    let line = server.line();
    let url = line.strip_prefix("cocobase listening on ").unwrap();
    let connect = |_| TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    let _idle: Vec<TcpStream> = (0..100).map(connect).collect();
    run(&["doc", "list", "users", "--url", url, "--api-key", "k"]).ok();
}

#[test]
fn a_certificate_makes_it_https() {
    let folder = tempfile::tempdir().unwrap();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (cert, key) = (path("cert.pem"), path("key.pem"));
    std::fs::write(&cert, certified.cert.pem()).unwrap();
    std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
    let serve = ["serve", "--memory", "--listen", "127.0.0.1:0", "--api-key", "k"];
    let tls = |cert: &str, key: &str| {
        let mut command = program();
        command.args(serve).args(["--tls-cert", cert, "--tls-key", key]);
        command
    };
    let mut server = Running::start(&mut tls(&cert, &key));
    let line = server.line();
    let url = line.strip_prefix("cocobase listening on ").unwrap();
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    // Nobody vouches for it, which the client says.
    let list = ["doc", "list", "users", "--api-key", "k", "--url", url];
    run(&list).fails(4, &["certificate", "next:"]);
    server.signal("TERM");
    server.end().ok();

    run_with(&mut tls(&key, &key), "").fails(1, &["holds no certificate", "next:", "--tls-cert"]);
    run_with(&mut tls("/nowhere.pem", &key), "").fails(1, &["/nowhere.pem"]);
    run(&["serve", "--memory", "--tls-cert", &cert]).fails(2, &["--tls-key"]);
}
