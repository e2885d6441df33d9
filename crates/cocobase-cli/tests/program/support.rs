//! Starting the program, and ending whatever was started.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// How long anything may take. Nothing waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, with nothing of the surroundings' settings.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cocobase"));
    for name in ["URL", "API_KEY", "CA", "LOG"] {
        command.env_remove(format!("COCOBASE_{name}"));
    }
    for name in ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.env_remove("RUST_LOG").env("XDG_DATA_HOME", "/nonexistent").stdin(Stdio::null());
    command
}

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// Standard output, after an end that was good.
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.stdout
    }

    /// Asserts the exit code, and that standard error holds every one of `words`.
    pub(crate) fn fails(self, code: i32, words: &[&str]) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is missing: {self:?}");
        }
        self
    }
}

/// Runs the program to its end, with `input` as standard input.
pub(crate) fn run_with(command: &mut Command, input: &str) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // A program that ends early does not read all of it.
    let writer = thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> Ended {
    run_with(program().args(args), "")
}

/// The program under way, killed when it is dropped.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<thread::JoinHandle<String>>,
}

impl Running {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, lines) = mpsc::channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            stdout.lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        let mut stderr = child.stderr.take().unwrap();
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { child, lines, stderr: Some(stderr) }
    }

    /// Its standard input, where that is a pipe.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// The next line of standard output.
    pub(crate) fn line(&mut self) -> String {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(error) => {
                let _ = self.child.kill();
                panic!("no line: {error}; {}", self.stderr.take().unwrap().join().unwrap())
            }
        }
    }

    /// The next line, as JSON.
    pub(crate) fn json(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for the end: the exit code, the lines not yet taken, and standard error.
    pub(crate) fn end(mut self) -> Ended {
        let (sender, ended) = mpsc::channel();
        let stdout: Vec<String> = {
            let lines = std::mem::replace(&mut self.lines, mpsc::channel().1);
            thread::spawn(move || sender.send(lines.iter().collect::<Vec<String>>()));
            ended.recv_timeout(PATIENCE).expect("the program goes on")
        };
        Ended {
            code: self.child.wait().unwrap().code().unwrap_or(-1),
            stdout: stdout.join("\n"),
            stderr: self.stderr.take().unwrap().join().unwrap(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server that was started as a process.
pub(crate) struct Server {
    pub(crate) process: Running,
    pub(crate) url: String,
    pub(crate) key: String,
    /// Its own data folder, unless the arguments name another.
    _folder: TempDir,
}

impl Server {
    /// A server on a free port with a data folder of its own and the key `test-key`.
    pub(crate) fn start() -> Self {
        Self::start_with(&["--listen", "127.0.0.1:0", "--api-key", "test-key"], "test-key")
    }

    pub(crate) fn start_with(args: &[&str], key: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = program();
        command.arg("serve").args(args);
        if !args.iter().any(|arg| ["--data", "--memory"].contains(arg)) {
            command.arg("--data").arg(folder.path());
        }
        let mut process = Running::start(&mut command);
        let line = process.line();
        let url = line.strip_prefix("cocobase listening on ").expect("the first line").to_owned();
        Self { process, url, key: key.to_owned(), _folder: folder }
    }

    /// The address without its scheme.
    pub(crate) fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }

    /// The program, as a client of this server.
    pub(crate) fn client(&self, args: &[&str]) -> Command {
        let mut command = program();
        command.args(args).env("COCOBASE_URL", &self.url).env("COCOBASE_API_KEY", &self.key);
        command
    }

    /// Runs the program to its end, as a client of this server.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        run_with(&mut self.client(args), "")
    }
}

/// The repository's sample data.
pub(crate) const QUAKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/earthquakes.jsonl");
