//! The process that serves, as the client sees it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::role::Role;
use crate::system;
use crate::trouble::Outcome;

/// It ends when it is dropped; [`Child::stop`] lets it finish in its own time.
pub(crate) struct Child {
    process: std::process::Child,
    /// Each line is a question; its end is the wish that the process ends.
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    /// Where subscribers connect.
    pub(crate) subscribe: SocketAddr,
    /// Where documents are created.
    pub(crate) publish: SocketAddr,
}

impl Child {
    /// Starts it and waits until it listens.
    pub(crate) fn start(role: Role, core: Option<usize>) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--role", role.name()]);
        if let Some(core) = core {
            command.args(["--core", &core.to_string()]);
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let questions = process.stdin.take();
        let stdout = process.stdout.take().ok_or_else(|| "no standard output".to_owned())?;
        let nowhere = SocketAddr::from(([0; 4], 0));
        let answers = BufReader::new(stdout);
        let mut child = Self { process, questions, answers, subscribe: nowhere, publish: nowhere };
        let line = child.line()?;
        let mut addresses = line.split_whitespace().map(str::parse);
        match (addresses.next(), addresses.next()) {
            (Some(Ok(subscribe)), Some(Ok(publish))) => {
                (child.subscribe, child.publish) = (subscribe, publish);
                Ok(child)
            }
            _ => Err(format!("{} does not say where it listens: {line:?}", role.name()).into()),
        }
    }

    /// The CPU time that it has used so far.
    pub(crate) fn cpu_time(&mut self) -> Outcome<Duration> {
        if let Some(questions) = &mut self.questions {
            questions.write_all(b"cpu\n")?;
        }
        let line = self.line()?;
        let nanos = line.trim().parse().map_err(|_| format!("{line:?} is no CPU time"))?;
        Ok(Duration::from_nanos(nanos))
    }

    /// The bytes of user space that it holds.
    pub(crate) fn memory(&self) -> Outcome<u64> {
        system::anonymous_memory(self.process.id())
    }

    /// Lets it finish, and waits.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        self.questions = None;
        let status = self.process.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended: {status}").into()) }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        match self.answers.read_line(&mut line)? {
            0 => Err("the server's process has ended".to_owned().into()),
            _ => Ok(line),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Has no effect on a process that was waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
