//! Starts the server and the examples for their tests, and ends whatever was started.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use cocobase_server::Config;
use cocobase_server::log::Data;
use cocobase_tokio::{Client, Collection};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

const KEY: &str = "coco_test";

/// How long anything may take. Nothing waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server that runs until it is dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    runtime: Runtime,
    running: Option<(oneshot::Sender<()>, tokio::task::JoinHandle<()>)>,
}

impl Server {
    /// Starts one that keeps everything in memory, on a port of its own.
    pub fn in_memory() -> Self {
        Self::start(Data::Memory, 0)
    }

    /// Starts one on what the folder keeps. Port 0 is one of the system's choice.
    pub fn in_folder(folder: &Path, port: u16) -> Self {
        Self::start(Data::Folder(folder.into()), port)
    }

    fn start(data: Data, port: u16) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let config = Config { listen, data, keys: vec![KEY.into()], ..Config::default() };
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(cocobase_server::Server::bind(config)).unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(server.run(async { stopped.await.unwrap_or_default() }));
        Self { address, runtime, running: Some((stop, task)) }
    }

    /// Where it listens, on loopback.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Starts an example of an adapter as a client of this server.
    pub fn run(&self, example: &str, args: &[&str]) -> Running {
        self.run_program(example_path(example), args)
    }

    /// Starts a program as a client of this server.
    pub fn run_program(&self, program: impl AsRef<Path>, args: &[&str]) -> Running {
        let mut command = Command::new(program.as_ref());
        command.args(args);
        command.env("COCOBASE_URL", format!("http://{}", self.address));
        command.env("COCOBASE_API_KEY", KEY);
        Running::start(&mut command)
    }

    /// Creates a document, and answers with its id.
    pub fn create(&self, collection: &str, fields: &Value) -> String {
        let created = self.collection(collection);
        let document = self.runtime.block_on(async { created.create(fields).await }).unwrap();
        document.id().unwrap().to_string()
    }

    /// Changes fields of a document.
    pub fn update(&self, collection: &str, id: &str, fields: &Value) {
        let updated = self.collection(collection);
        self.runtime.block_on(async { updated.update(id, fields).await }).unwrap();
    }

    /// Deletes a document.
    pub fn delete(&self, collection: &str, id: &str) {
        let deleted = self.collection(collection);
        self.runtime.block_on(async { deleted.delete(id).await }).unwrap();
    }

    fn collection(&self, name: &str) -> Collection {
        let _inside = self.runtime.enter();
        let url = format!("http://{}", self.address);
        Client::builder(url).api_key(KEY).build().unwrap().collection(name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            drop(stop);
            let _ = self.runtime.block_on(task);
        }
    }
}

/// Where cargo has put an example: beside the folder with the test that runs.
fn example_path(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let name = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let program = folder.join("examples").join(&name);
    assert!(
        program.is_file(),
        "{name} is not built: {} is not there. `cargo nextest run --workspace` builds all examples, \
         and so does `cargo build --workspace --examples`",
        program.display(),
    );
    program
}

/// An example under way, killed when it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { child, lines, stderr: Some(stderr) }
    }

    /// The next line that it prints.
    pub fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => {
                let _ = self.child.kill();
                panic!("no line: {error}; {}", self.stderr.take().unwrap().join().unwrap())
            }
        }
    }

    /// Asserts what the next lines are.
    #[track_caller]
    pub fn says(&mut self, expected: &[&str]) {
        for expected in expected {
            assert_eq!(self.line(), *expected);
        }
    }

    /// Asserts what the next line begins with, and answers with the rest.
    #[track_caller]
    pub fn begins(&mut self, with: &str) -> String {
        let line = self.line();
        match line.strip_prefix(with) {
            Some(rest) => rest.to_owned(),
            None => panic!("`{line}` does not begin with `{with}`"),
        }
    }

    /// Takes lines up to one that begins with this, and answers with its rest.
    pub fn until(&mut self, with: &str) -> String {
        loop {
            if let Some(rest) = self.line().strip_prefix(with) {
                return rest.to_owned();
            }
        }
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Ends its standard input.
    pub fn end_input(&mut self) {
        self.child.stdin = None;
    }

    /// Waits for its end, which has to be a good one, and asserts that it has said no more.
    #[track_caller]
    pub fn ends(mut self) {
        // Its output ends with it.
        match self.lines.recv_timeout(PATIENCE) {
            Err(RecvTimeoutError::Disconnected) => {}
            more => panic!("it goes on: {more:?}"),
        }
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.stderr.take().unwrap().join().unwrap());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
