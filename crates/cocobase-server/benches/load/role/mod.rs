//! The processes that serve.

mod floor;
mod publishing;
mod server;
mod tungstenite;

use std::io::{BufRead, Write};
use std::net::SocketAddr;

use crate::system;
use crate::trouble::Outcome;

/// What a process serves as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// The server of this crate.
    Server,
    /// Bytes framed beforehand, one write for each subscriber and event.
    FloorEach,
    /// The same, with all that is due to a subscriber in one write.
    FloorJoined,
    /// What one writes with tokio-tungstenite.
    Tungstenite,
}

impl Role {
    pub(crate) const ALL: &[Self] =
        &[Self::Server, Self::FloorEach, Self::FloorJoined, Self::Tungstenite];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::FloorEach => "floor-each",
            Self::FloorJoined => "floor-joined",
            Self::Tungstenite => "tungstenite",
        }
    }
}

/// Serves until the standard input ends.
pub(crate) fn play(role: Role, core: Option<usize>) -> Outcome<()> {
    // Before any other thread is there, so that they all stay on this core.
    core.map_or(Ok(()), system::stay_on)?;
    match role {
        Role::Server => server::play(),
        Role::FloorEach => floor::play(floor::Writes::Each),
        Role::FloorJoined => floor::play(floor::Writes::Joined),
        Role::Tungstenite => tungstenite::play(),
    }
}

/// Says that this process serves, and from then on answers how much CPU time it has used, on a
/// thread of its own, which does not count; `end` is called when the client wants no more.
fn report(
    subscribe: SocketAddr,
    publish: SocketAddr,
    end: impl FnOnce() + Send + 'static,
) -> Outcome<()> {
    say(&format!("{subscribe} {publish}"))?;
    std::thread::spawn(move || {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            if say(&system::cpu_time_of_others().as_nanos().to_string()).is_err() {
                break;
            }
        }
        end();
    });
    Ok(())
}

fn say(line: &str) -> Outcome<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
