//! What the system is asked for.

use std::fs;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

use crate::Outcome;

/// Raises the limit on open files as far as it goes.
pub(crate) fn allow_files() -> Outcome<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    Ok(setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?)
}

/// The CPU time of this process so far: all its threads, user and system.
pub(crate) fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec.unsigned_abs() as u32)
}

/// Keeps this thread, and those that it starts from now on, on the nth core that it may use, if
/// there are two.
pub(crate) fn stay_on(nth: usize) -> Outcome<()> {
    let allowed = sched_getaffinity(None)?;
    let cores: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect();
    if let (Some(core), 2..) = (cores.get(nth), cores.len()) {
        let mut set = CpuSet::new();
        set.set(*core);
        sched_setaffinity(None, &set)?;
    }
    Ok(())
}

/// The bytes of user space that this process holds: its resident memory without what is backed by
/// files.
pub(crate) fn memory() -> Outcome<u64> {
    let rollup = fs::read_to_string("/proc/self/smaps_rollup")?;
    let kilobytes = rollup
        .lines()
        .find_map(|line| line.strip_prefix("Anonymous:"))
        .and_then(|rest| rest.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .ok_or("no `Anonymous` in smaps_rollup")?;
    Ok(kilobytes * 1024)
}
