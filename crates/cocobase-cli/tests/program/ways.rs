//! Ways to the server: proxies and certificates.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

use tempfile::TempDir;

use crate::support::{Running, program, run, run_with};

/// A server by TLS for the name `db.example`, which leads nowhere but by a proxy.
struct Server {
    _process: Running,
    port: String,
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let certified = rcgen::generate_simple_self_signed(["db.example".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("cert.pem"), certified.cert.pem()).unwrap();
        std::fs::write(path("key.pem"), certified.signing_key.serialize_pem()).unwrap();
        let serve = ["serve", "--memory", "--listen", "127.0.0.1:0", "--api-key", "test-key"];
        let mut command = program();
        command.args(serve).arg("--tls-cert").arg(path("cert.pem"));
        let mut process = Running::start(command.arg("--tls-key").arg(path("key.pem")));
        let line = process.line();
        let port = line.rsplit_once(':').unwrap().1.to_owned();
        Self { _process: process, port, folder }
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// The program, as a client of this server by its name.
    fn client(&self, args: &[&str]) -> std::process::Command {
        let mut command = program();
        command.args(args).args(["--api-key", "test-key"]);
        command.args(["--url", &format!("https://db.example:{}", self.port)]);
        command
    }
}

/// An HTTP proxy to whom every name is this machine.
struct Proxy {
    port: u16,
    asked: Receiver<String>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, asked) = mpsc::channel();
        // Both end with the process of the test.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                thread::spawn(move || carry(client, &sender));
            }
        });
        Self { port, asked }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn was_asked(&self) -> bool {
        self.asked.try_iter().any(|request| request.starts_with("CONNECT db.example:"))
    }
}

fn carry(mut client: TcpStream, asked: &Sender<String>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap();
    let target = head.split(' ').nth(1).unwrap();
    let port = target.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let _ = asked.send(head);
    client.write_all(b"HTTP/1.1 200 Go ahead\r\n\r\n")?;
    let (mut up, mut down) = (client.try_clone()?, server.try_clone()?);
    let upwards = thread::spawn(move || {
        let _ = io::copy(&mut up, &mut down);
        down.shutdown(Shutdown::Write)
    });
    let _ = io::copy(&mut server, &mut client);
    let _ = client.shutdown(Shutdown::Write);
    upwards.join().unwrap()
}

#[test]
fn a_proxy_and_an_authority_of_ones_own_lead_to_the_server() {
    let (server, proxy) = (Server::start(), Proxy::start());
    let (ca, url) = (server.file("cert.pem"), proxy.url());
    let by_options = ["--ca", &ca, "--proxy", &url];
    let create = ["doc", "create", "quakes", r#"{"mag":5.1}"#];
    run_with(&mut server.client(&[&create[..], &by_options].concat()), "").ok();
    assert!(proxy.was_asked());

    // A WebSocket and an event stream go the same way, and the environment does as well.
    for watch in [
        &["watch", "quakes", "--json", "--max", "1"][..],
        &["watch", "quakes", "--sse", "--json", "--max", "1"],
    ] {
        let mut command = server.client(watch);
        let mut watch = Running::start(command.env("COCOBASE_CA", &ca).env("HTTPS_PROXY", &url));
        assert_eq!(watch.json()["event"], "connected");
        assert!(proxy.was_asked());
        run_with(&mut server.client(&[&create[..], &by_options].concat()), "").ok();
        assert_eq!(watch.json()["document"]["mag"], 5.1);
        watch.end().ok();
        proxy.asked.try_iter().for_each(drop);
    }

    // Nobody on this side of the proxy knows the name.
    let list = ["doc", "list", "quakes", "--ca", &ca];
    let with = |name: &str, value: &str, more: &[&str]| {
        let mut command = server.client(&[&list[..], more].concat());
        command.env("HTTPS_PROXY", &url).env(name, value);
        run_with(&mut command, "")
    };
    with("NO_PROXY", "db.example", &[]).fails(4, &["next:"]);
    with("NO_PROXY", "", &["--proxy", "none"]).fails(4, &["next:"]);
    assert!(!proxy.was_asked());
    with("NO_PROXY", "another.example", &[]).ok();
    assert!(proxy.was_asked());
}

#[test]
fn what_is_wrong_with_a_way_is_said_with_what_to_do() {
    let server = Server::start();
    let (proxy, ca) = (Proxy::start().url(), server.file("cert.pem"));
    let list =
        |more: &[&str]| run_with(&mut server.client(&[&["doc", "list", "x"], more].concat()), "");
    list(&["--proxy", &proxy]).fails(4, &["certificate", "next:", "--ca"]);
    list(&["--ca", "/nowhere.pem"]).fails(2, &["--ca", "/nowhere.pem", "next:"]);
    list(&["--ca", &server.file("key.pem")]).fails(2, &["certificate", "next:", "--ca"]);
    list(&["--client-cert", &ca]).fails(2, &["--client-key"]);
    let swapped = ["--client-cert", &ca, "--client-key", &ca];
    list(&swapped).fails(2, &["private key", "next:", "--client-key"]);
    let secret = list(&["--proxy", "socks4://me:hush@127.0.0.1"]);
    assert!(!secret.fails(2, &["proxy", "next:", "--proxy"]).stderr.contains("hush"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("http://me:hush@{closed}");
    let secret = list(&["--proxy", &nobody, "--ca", &ca]);
    assert!(!secret.fails(4, &["next:", "--proxy none"]).stderr.contains("hush"));
    let mut watch = server.client(&["watch", "x", "--timeout", "0.2", "--proxy", &nobody]);
    let lost = run_with(&mut watch, "");
    let said = format!("{}{}", lost.stdout, lost.stderr);
    assert!(said.contains(&format!("the proxy {closed}")) && !said.contains("hush"), "{said}");
    let help = run(&["watch", "--help"]).ok();
    for word in ["--proxy", "HTTPS_PROXY", "NO_PROXY", "--ca", "COCOBASE_CA", "--client-cert"] {
        assert!(help.contains(word), "{word}: {help}");
    }
}
