//! Documents, one by one and in lists.

use serde_json::{Value, json};

use crate::support::{Server, program, run, run_with};

#[test]
fn a_document_is_created_read_changed_listed_and_deleted() {
    let server = Server::start();
    let created = server.run(&["doc", "create", "users", r#"{"name":"Ada","age":36}"#]).ok();
    let created: Value = serde_json::from_str(&created).unwrap();
    let id = created["id"].as_str().unwrap();
    assert_eq!((&created["name"], &created["age"]), (&json!("Ada"), &json!(36)));

    let read = server.run(&["doc", "get", "users", id, "--json"]).ok();
    assert_eq!(read.lines().count(), 1);
    assert_eq!(serde_json::from_str::<Value>(&read).unwrap(), created);

    let changed =
        run_with(&mut server.client(&["doc", "update", "users", id, "-"]), r#"{"age":37}"#);
    let changed: Value = serde_json::from_str(&changed.ok()).unwrap();
    assert_eq!((&changed["name"], &changed["age"]), (&json!("Ada"), &json!(37)));

    let listed = server.run(&["doc", "list", "users", "--where", "age > 36"]).ok();
    assert_eq!(listed, format!("{id}  name=\"Ada\" age=37\n"));
    assert_eq!(server.run(&["doc", "list", "users", "--filter", "age_lt=37"]).ok(), "");

    assert_eq!(server.run(&["doc", "delete", "users", id]).ok(), format!("deleted {id}\n"));
    server.run(&["doc", "get", "users", id]).fails(1, &["not found", "next:"]);
    server.run(&["doc", "delete", "users", id]).fails(1, &[id, "not found"]);
}

#[test]
fn lists_are_sorted_and_come_in_pages() {
    let server = Server::start();
    let numbers: String = (0..1200).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    run_with(&mut server.client(&["import", "numbers", "-"]), &numbers).ok();
    let listed = |args: &[&str]| -> Vec<u64> {
        let args = [&["doc", "list", "numbers", "--json"], args].concat();
        let lines = server.run(&args).ok();
        let documents = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        documents.map(|document| document["n"].as_u64().unwrap()).collect()
    };
    assert_eq!(listed(&[]), (0..100).collect::<Vec<_>>());
    assert_eq!(listed(&["--all"]), (0..1200).collect::<Vec<_>>());
    assert_eq!(listed(&["--limit", "2", "--offset", "7"]), [7, 8]);
    assert_eq!(listed(&["--sort", "n", "--limit", "2"]), [0, 1]);
    assert_eq!(listed(&["--sort", "n", "--order", "desc", "--limit", "2"]), [1199, 1198]);
    assert_eq!(listed(&["--where", "n >= 1190", "--offset", "8"]), [1198, 1199]);
    server.run(&["doc", "list", "numbers", "--order", "desc"]).fails(2, &["--sort"]);
}

#[test]
fn what_goes_wrong_has_a_code_and_an_advice_and_no_key() {
    let server = Server::start();
    let with_key =
        |key: &str, args: &[&str]| run_with(server.client(args).env("COCOBASE_API_KEY", key), "");
    let refused = with_key("wrong-key", &["doc", "list", "users"]);
    let refused = refused.fails(3, &["refused the key", "next:", "--api-key"]);
    assert!(!refused.stderr.contains("wrong-key"));

    let bad = ["doc", "create", "users"];
    for (json, words) in [
        ("{\"a\":}", ["the document: expected value, in column 6", "next:"]),
        ("[1]", ["an array, and a document is a JSON object", "next:"]),
        ("@/nonexistent", ["cannot read /nonexistent", "error:"]),
    ] {
        server.run(&[bad.as_slice(), &[json]].concat()).fails(5, &words);
    }
    server.run(&["doc", "create", "", "{}"]).fails(2, &["COLLECTION"]);
    let long = "x".repeat(300);
    server.run(&["doc", "create", &long, "{}"]).fails(5, &["collection name is 300 bytes long"]);
    server.run(&["doc", "list", "users", "--where", "mag >"]).fails(2, &["--where: ", "next:"]);
    server.run(&["doc", "list", "users", "--filter", "x"]).fails(2, &["KEY=VALUE"]);

    let url = |url| ["doc", "list", "users", "--api-key", "secret-key", "--url", url];
    let ended = run(&url("http://127.0.0.1:1"));
    let ended = ended.fails(4, &["refused", "next:", "cocobase serve"]);
    assert!(!ended.stderr.contains("secret-key"));
    run(&url("http://192.0.2.1")).fails(2, &["unencrypted", "--allow-insecure"]);
    run(&url("ftp://example.org")).fails(2, &["--url:", "http://"]);
    run(&["doc", "list", "users"]).fails(2, &["no API key", "--api-key", "cocobase serve"]);
    let other = ["doc", "list", "users", "--url", "https://example.org"];
    run(&other).fails(2, &["no API key", "COCOBASE_API_KEY"]);
    run(&["doc"]).fails(2, &["Usage:"]);
    run(&["nonsense"]).fails(2, &["unrecognized"]);
}

#[test]
fn a_local_servers_own_key_is_found() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("cocobase");
    let data = data.to_str().unwrap();
    let server = Server::start_with(&["--listen", "127.0.0.1:0", "--data", data], "");
    let args = ["doc", "list", "users", "--url", &server.url];
    run_with(program().args(args).env("XDG_DATA_HOME", home.path()), "").ok();
}

#[test]
fn help_names_the_exit_codes_and_hides_the_key() {
    let help = run(&["--help"]).ok();
    for word in ["Exit codes:", "refused", "Examples:", "demo"] {
        assert!(help.contains(word), "{word}");
    }
    for command in ["serve", "watch", "doc", "import", "export", "demo"] {
        let help = program().args([command, "--help"]).env("COCOBASE_API_KEY", "hidden").output();
        let help = String::from_utf8(help.unwrap().stdout).unwrap();
        assert!(help.contains("Examples:") && !help.contains("hidden"), "{command}");
    }
    assert!(run(&["--version"]).ok().starts_with("cocobase 0."));
}
