//! The way from the hub to one client.

use std::io::{self, IoSlice};
use std::sync::Arc;

use axum::body::Bytes;
use cocobase_hub::{ConnectionId, Frame, FrameKind, Hub};
use cocobase_proto::Instant;
use futures_util::FutureExt;
use futures_util::future::{self, BoxFuture};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::task;

use super::mailbox::Heard;
use super::messages::NO_CODE;

/// So many frames go into one write at most.
const FRAMES: usize = 64;

/// A task that writes for us is given so many bytes at a time, or one frame.
const BATCH: usize = 128 << 10;

/// Where a connection's frames go, and how far that is.
#[derive(Debug)]
pub(super) struct Line {
    /// `None` when all is said.
    outlet: Option<Outlet>,
    /// What is left of a frame of which a part has been written.
    rest: Bytes,
    /// Whether the last frame of all has been taken from the hub.
    is_end_taken: bool,
    /// The wait for the client to take more.
    waiting: Option<future::AbortHandle>,
    /// The task that reads. It ends with the line, unless the client has said goodbye.
    reader: Option<task::AbortHandle>,
    /// How many bytes the client has said that nobody listens to.
    ignored: usize,
}

/// How frames are written.
#[derive(Debug, Clone)]
pub(super) enum Outlet {
    /// From here, straight to the socket. It is shut down when this goes.
    Socket(Arc<OwnedWriteHalf>),
    /// By a TLS connection's task, which takes one batch at a time. What waits beyond that waits in
    /// the hub, which knows its bounds.
    Relay(mpsc::Sender<Vec<Bytes>>),
}

/// How a write ended.
pub(super) enum Written {
    /// Nothing is left that could be written now.
    All,
    /// The client takes no more for now; this waits until it does.
    Blocked(BoxFuture<'static, ()>),
    /// The client is gone.
    Broken,
}

impl Line {
    pub(super) const fn new(outlet: Outlet, reader: task::AbortHandle) -> Self {
        Self {
            outlet: Some(outlet),
            rest: Bytes::new(),
            is_end_taken: false,
            waiting: None,
            reader: Some(reader),
            ignored: 0,
        }
    }

    /// Writes what waits for the client in the hub, as much as it takes.
    pub(super) fn write(&mut self, hub: &mut Hub, id: ConnectionId, now: Instant) -> Written {
        if self.waiting.is_some() {
            return Written::All;
        }
        loop {
            let step = match &self.outlet {
                None => return Written::All,
                Some(Outlet::Socket(stream)) => write_some(stream, &self.rest, hub, id),
                Some(Outlet::Relay(relay)) => relay_some(relay, hub, id),
            };
            match step {
                Ok(None) => return Written::All,
                Ok(Some(Step { frames, is_end, rest })) => {
                    self.rest = rest;
                    self.is_end_taken |= is_end;
                    hub.handle_sent(id, frames, now);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.block(),
                Err(_) => return Written::Broken,
            }
            if self.is_end_taken && self.rest.is_empty() {
                self.outlet = None;
            }
        }
    }

    /// Whether all has been said.
    pub(super) const fn is_over(&self) -> bool {
        self.outlet.is_none()
    }

    /// Takes note of what nobody listens to. Answers how many bytes that makes.
    pub(super) fn ignores(&mut self, heard: &Heard) -> usize {
        self.ignored += heard.bytes();
        self.ignored
    }

    /// The client takes more.
    pub(super) fn unblock(&mut self) {
        self.waiting = None;
    }

    /// Returns the client's goodbye, if nothing else is being said. Its reader ends by itself.
    pub(super) fn say_goodbye(mut self, code: u16) {
        self.reader = None;
        let frame: &[u8] = match code.to_be_bytes() {
            _ if code == NO_CODE => &[0x88, 0],
            [high, low] => &[0x88, 2, high, low],
        };
        match &self.outlet {
            Some(Outlet::Socket(stream)) if self.rest.is_empty() => {
                let _ = stream.try_write(frame);
            }
            Some(Outlet::Relay(relay)) => {
                let _ = relay.try_send(vec![Bytes::copy_from_slice(frame)]);
            }
            _ => {}
        }
    }

    fn block(&mut self) -> Written {
        let Some(outlet) = self.outlet.clone() else { return Written::All };
        let (takes_more, waiting) = future::abortable(async move {
            // An error is found by the next write.
            match outlet {
                Outlet::Socket(stream) => drop(stream.writable().await),
                Outlet::Relay(relay) => drop(relay.reserve_owned().await),
            }
        });
        self.waiting = Some(waiting);
        Written::Blocked(takes_more.map(drop).boxed())
    }
}

/// What one write has done.
struct Step {
    /// So many frames of the hub's are taken.
    frames: usize,
    /// The last of them is the last of all.
    is_end: bool,
    /// What is left of the last of them.
    rest: Bytes,
}

/// Writes to the socket; `None` if there is nothing to write.
fn write_some(
    stream: &OwnedWriteHalf,
    rest: &Bytes,
    hub: &mut Hub,
    id: ConnectionId,
) -> io::Result<Option<Step>> {
    let mut pieces = [IoSlice::new(&[]); FRAMES + 1];
    let mut count = 0;
    let frames = hub.frames(id, FRAMES).map(|frame| &frame.bytes()[..]);
    let waiting = Some(&rest[..]).filter(|rest| !rest.is_empty()).into_iter().chain(frames);
    for (piece, bytes) in pieces.iter_mut().zip(waiting) {
        *piece = IoSlice::new(bytes);
        count += 1;
    }
    let written = match pieces.get(..count) {
        None | Some([]) => return Ok(None),
        Some([piece]) => stream.try_write(piece)?,
        Some(pieces) => stream.try_write_vectored(pieces)?,
    };
    if written < rest.len() {
        return Ok(Some(Step { frames: 0, is_end: false, rest: rest.slice(written..) }));
    }
    let mut step = Step { frames: 0, is_end: false, rest: Bytes::new() };
    let mut left = written - rest.len();
    for frame in hub.frames(id, FRAMES) {
        let len = frame.bytes().len();
        // An event stream's last frame is empty: it is written when what stands before it is.
        if !step.rest.is_empty() || (left == 0 && len > 0) {
            break;
        }
        step.frames += 1;
        step.is_end = is_end(frame);
        step.rest = frame.bytes().slice(left.min(len)..);
        left = left.saturating_sub(len);
    }
    Ok(Some(step))
}

/// Hands a batch to the task that writes; `None` if there is nothing to write.
fn relay_some(
    relay: &mpsc::Sender<Vec<Bytes>>,
    hub: &mut Hub,
    id: ConnectionId,
) -> io::Result<Option<Step>> {
    let permit = match relay.try_reserve() {
        Ok(permit) => permit,
        Err(TrySendError::Full(())) => return Err(io::ErrorKind::WouldBlock.into()),
        Err(TrySendError::Closed(())) => return Err(io::ErrorKind::BrokenPipe.into()),
    };
    let mut step = Step { frames: 0, is_end: false, rest: Bytes::new() };
    let mut batch = Vec::new();
    let mut bytes = 0;
    for frame in hub.frames(id, FRAMES) {
        if bytes > 0 && bytes + frame.bytes().len() > BATCH {
            break;
        }
        bytes += frame.bytes().len();
        batch.push(frame.bytes().clone());
        step.frames += 1;
        step.is_end = is_end(frame);
    }
    if batch.is_empty() {
        return Ok(None);
    }
    permit.send(batch);
    Ok(Some(step))
}

fn is_end(frame: &Frame) -> bool {
    matches!(frame.kind(), FrameKind::Close(_))
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(waiting) = self.waiting.take() {
            waiting.abort();
        }
        if let Some(reader) = self.reader.take() {
            reader.abort();
        }
    }
}
