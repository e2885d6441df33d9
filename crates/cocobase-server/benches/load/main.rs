//! The load generator: what a delivery, a connection and an idle subscriber cost the server, beside
//! floors taken in the same run.
//!
//! `cargo bench -p cocobase-server --bench load -- --quick`; docs/performance.md says what the rows
//! mean, `-- --help` which options there are.
//!
//! This process is the client: all subscribers and the one who publishes, on one thread. Whatever
//! serves them is a process of its own, this program again with a role, so that its CPU time and
//! memory are measured alone.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod client;
#[cfg(target_os = "linux")]
mod figures;
#[cfg(target_os = "linux")]
mod goals;
#[cfg(target_os = "linux")]
mod options;
#[cfg(target_os = "linux")]
mod poll;
#[cfg(target_os = "linux")]
mod report;
#[cfg(target_os = "linux")]
mod role;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod traffic;
#[cfg(target_os = "linux")]
mod trouble;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use options::Invocation;

    // Cargo says `--bench` to every benchmark, behind all else.
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let done = match options::read(arguments) {
        Ok(Invocation::Help) => {
            println!("{}", options::HELP);
            Ok(())
        }
        Ok(Invocation::Role { role, core }) => role::play(role, core),
        Ok(Invocation::Measure(options)) => run::all(&options),
        Err(trouble) => Err(trouble),
    };
    match done {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("load: {trouble}");
            std::process::ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The load generator needs Linux: it counts with epoll and /proc.");
}
