//! What waits to be written to one client.

use alloc::collections::{BTreeSet, VecDeque};

use crate::frame::{Frame, Weight};

/// Frames in order, and how much they are.
#[derive(Debug, Default)]
pub(crate) struct Queue {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// How many bytes of it must arrive.
    control_bytes: usize,
    /// How many frames the shell has seen: it may be writing them, so they stay.
    in_hand: usize,
}

/// The capacity that an empty queue may keep.
const KEPT: usize = 16;

impl Queue {
    pub(crate) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) const fn control_bytes(&self) -> usize {
        self.control_bytes
    }

    pub(crate) fn push(&mut self, frame: Frame) {
        self.bytes += frame.cost();
        if frame.is_control() {
            self.control_bytes += frame.cost();
        }
        self.frames.push_back(frame);
    }

    /// The first frames, which stay where they are from now on.
    pub(crate) fn hand_out(&mut self, at_most: usize) -> impl Iterator<Item = &Frame> {
        self.in_hand = self.in_hand.max(at_most.min(self.frames.len()));
        self.frames.iter().take(at_most)
    }

    /// The first `count` frames are written. Answers how many bytes that were.
    pub(crate) fn remove_sent(&mut self, count: usize) -> usize {
        let before = self.bytes;
        for frame in self.frames.drain(..count.min(self.frames.len())) {
            self.bytes -= frame.cost();
            if frame.is_control() {
                self.control_bytes -= frame.cost();
            }
        }
        self.in_hand = self.in_hand.saturating_sub(count);
        if self.frames.is_empty() && self.frames.capacity() > KEPT {
            self.frames = VecDeque::new();
        }
        before - self.bytes
    }

    /// Drops what the shell has not seen. Answers how many bytes that were.
    pub(crate) fn drop_waiting(&mut self) -> usize {
        let kept = self.frames.drain(..self.in_hand.min(self.frames.len())).collect();
        self.replace(kept)
    }

    /// Drops each event of a document that is followed by a later one. Answers how many bytes that
    /// were.
    pub(crate) fn coalesce(&mut self) -> usize {
        let mut later = BTreeSet::new();
        let mut kept = VecDeque::with_capacity(self.frames.len());
        for (at, frame) in self.frames.iter().enumerate().rev() {
            let is_last = match frame.weight() {
                Weight::Document { collection, id } => later.insert((collection, id)),
                _ => true,
            };
            if is_last || at < self.in_hand {
                kept.push_front(frame.clone());
            }
        }
        self.replace(kept)
    }

    fn replace(&mut self, frames: VecDeque<Frame>) -> usize {
        let before = self.bytes;
        self.frames = frames;
        self.bytes = self.frames.iter().map(Frame::cost).sum();
        let control = self.frames.iter().filter(|frame| frame.is_control());
        self.control_bytes = control.map(Frame::cost).sum();
        before - self.bytes
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::*;

    fn event(id: &str, text: &str) -> Frame {
        Frame::message(text, Weight::Document { collection: "c".into(), id: id.into() })
    }

    fn texts(queue: &Queue) -> Vec<String> {
        queue.frames.iter().map(|frame| frame.text().unwrap_or("-").to_string()).collect()
    }

    #[test]
    fn what_waits_is_counted() {
        let mut queue = Queue::default();
        let frames = [event("a", "1"), Frame::ping(), Frame::message("23", Weight::Event)];
        frames.iter().for_each(|frame| queue.push(frame.clone()));
        let costs: usize = frames.iter().map(Frame::cost).sum();
        assert_eq!((queue.bytes(), queue.control_bytes()), (costs, frames[1].cost()));
        assert_eq!(queue.remove_sent(2), frames[0].cost() + frames[1].cost());
        assert_eq!((queue.bytes(), queue.control_bytes()), (frames[2].cost(), 0));
        assert_eq!(queue.remove_sent(9), frames[2].cost());
        assert!(queue.is_empty() && queue.bytes() == 0);
    }

    #[test]
    fn the_last_event_of_a_document_stays() {
        let mut queue = Queue::default();
        for (id, text) in [("a", "1"), ("b", "2"), ("a", "3"), ("b", "4"), ("c", "5"), ("a", "6")] {
            queue.push(event(id, text));
        }
        queue.push(Frame::message("x", Weight::Event));
        queue.push(Frame::ping());
        let one = event("a", "1").cost();
        // The shell may be writing the first.
        assert_eq!(queue.hand_out(1).count(), 1);
        assert_eq!(queue.coalesce(), 2 * one);
        assert_eq!(texts(&queue), ["1", "4", "5", "6", "x", "-"]);
        assert_eq!(queue.remove_sent(1), one);
        assert_eq!(queue.hand_out(1).count(), 1);
        assert_eq!(queue.drop_waiting(), 2 * one + event("", "x").cost() + Frame::ping().cost());
        assert_eq!(texts(&queue), ["4"]);
    }
}
