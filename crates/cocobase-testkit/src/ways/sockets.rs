//! The sockets of this process.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;

use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use socket2::SockRef;

/// Copies of the sockets of this process that are connected to this address.
pub(crate) fn sockets_to(peer: SocketAddr) -> io::Result<Vec<OwnedFd>> {
    let this = pidfd_open(getpid(), PidfdFlags::empty())?;
    let names = std::fs::read_dir("/proc/self/fd")?.flatten();
    let numbers = names.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One may have been closed since.
    let copies = numbers.filter_map(|fd| pidfd_getfd(&this, fd, PidfdGetfdFlags::empty()).ok());
    let leads_there = |fd: &OwnedFd| {
        let there = SockRef::from(fd).peer_addr().ok();
        there.and_then(|there| there.as_socket()) == Some(peer)
    };
    Ok(copies.filter(leads_there).collect())
}
