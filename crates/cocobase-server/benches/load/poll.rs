//! Readiness, edge-triggered: who is named has to be read until less comes than was asked for.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

use crate::trouble::Outcome;

/// So many are named at a time: few enough that whoever polls looks at the clock between.
const AT_ONCE: usize = 256;

pub(crate) struct Poll {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

#[derive(Clone, Copy)]
pub(crate) enum Interest {
    Read,
    ReadAndWrite,
}

impl Poll {
    pub(crate) fn new() -> Outcome<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        Ok(Self { epoll, events: Vec::with_capacity(AT_ONCE) })
    }

    pub(crate) fn add(&self, source: impl AsFd, token: u64, interest: Interest) -> Outcome<()> {
        let flags = match interest {
            Interest::Read => epoll::EventFlags::IN,
            Interest::ReadAndWrite => epoll::EventFlags::IN | epoll::EventFlags::OUT,
        };
        let token = epoll::EventData::new_u64(token);
        Ok(epoll::add(&self.epoll, source, token, flags | epoll::EventFlags::ET)?)
    }

    /// Puts the tokens of those that are ready into `ready`; none when `timeout` is over first.
    pub(crate) fn wait(&mut self, ready: &mut Vec<u64>, timeout: Option<Duration>) -> Outcome<()> {
        ready.clear();
        let timeout = timeout.map(|it| Timespec {
            tv_sec: it.as_secs().min(3600) as i64,
            tv_nsec: it.subsec_nanos().into(),
        });
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        ready.extend(self.events.drain(..).map(|event| event.data.u64()));
        Ok(())
    }
}
