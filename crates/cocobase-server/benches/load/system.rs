//! What the system is asked for: files, cores, CPU time, memory.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::trouble::Outcome;

/// Beside the sockets: standard streams, listeners, the log's files, what the runtime takes.
const OTHER_FILES: u64 = 200;

/// Raises the limit on open files as far as it goes, for this process and those it starts.
pub(crate) fn allow_files(sockets: usize) -> Outcome<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let needed = sockets as u64 + OTHER_FILES;
    if maximum.is_some_and(|maximum| maximum < needed) {
        return Err(format!(
            "{sockets} subscribers need {needed} open files a process, and the limit is {}: \
             raise it with `ulimit -Hn`, or ask for fewer with --subscribers",
            maximum.unwrap_or_default()
        )
        .into());
    }
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// Two cores that this process may use: one serves, the other one is the client. None where there
/// is but one.
pub(crate) fn two_cores() -> Outcome<Option<(usize, usize)>> {
    let allowed = sched_getaffinity(None)?;
    let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
    Ok(cores.next().zip(cores.next()))
}

/// How many threads of the whole machine wanted to run in the last minute, on average.
pub(crate) fn load_average() -> Option<f64> {
    fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
}

/// Keeps this thread, and those that it starts from now on, on one core.
pub(crate) fn stay_on(core: usize) -> Outcome<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// The CPU time of this process so far: all its threads, user and system.
pub(crate) fn cpu_time() -> Duration {
    time_of(ClockId::ProcessCPUTime)
}

/// The same without that of the thread that asks.
pub(crate) fn cpu_time_of_others() -> Duration {
    cpu_time().saturating_sub(time_of(ClockId::ThreadCPUTime))
}

fn time_of(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// The bytes of user space that a process holds: its resident memory without what is backed by
/// files.
pub(crate) fn anonymous_memory(process: u32) -> Outcome<u64> {
    let rollup = fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
    let kilobytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Anonymous:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .ok_or_else(|| format!("no `Anonymous` in smaps_rollup of process {process}"))?;
    Ok(kilobytes * 1024)
}
