//! The last messages of a channel.

use alloc::collections::VecDeque;
use alloc::sync::Arc;

use cocobase_proto::wire::encode::{Message, Room};
use cocobase_proto::{Instant, Participant, Text};

/// A message as it was sent: enough to write it in any dialect, now or to one who resumes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMessage {
    /// Its number in its channel, counted from 1.
    pub(crate) seq: u64,
    /// When the server took it.
    pub(crate) at: Instant,
    /// Who sent it, as the connection that sent it was called.
    pub(crate) sender: Arc<Participant>,
    /// What was sent: JSON. It is a copy, so that the frame it came in is not kept.
    pub(crate) content: Text,
}

impl StoredMessage {
    /// The message for the wire; `timestamp` is [`at`](Self::at), spelled.
    pub(crate) fn wire<'a>(&'a self, room: Room<'a>, timestamp: &'a str) -> Message<'a> {
        Message {
            room: Room { participants: None, ..room },
            user_id: Some(&self.sender.id),
            user_name: self.sender.name.as_deref(),
            timestamp: Some(timestamp),
            content: &self.content,
            seq: Some(self.seq),
        }
    }

    /// The bytes that it takes while it is kept, its sender's included: the sender may be gone.
    pub(super) fn weight(&self) -> usize {
        let Participant { id, name } = &*self.sender;
        let texts = self.content.len() + id.len() + name.as_deref().map_or(0, str::len);
        size_of::<Self>() + size_of::<Participant>() + texts
    }
}

/// The last messages of a channel, without a hole: as many as the bounds allow.
#[derive(Debug)]
pub(super) struct History {
    /// The number of the last message that there was.
    seq: u64,
    kept: VecDeque<StoredMessage>,
    bytes: usize,
    max_len: usize,
    max_bytes: usize,
}

impl History {
    pub(super) const fn new(max_len: usize, max_bytes: usize) -> Self {
        Self { seq: 0, kept: VecDeque::new(), bytes: 0, max_len, max_bytes }
    }

    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn oldest(&self) -> Option<&StoredMessage> {
        self.kept.front()
    }

    /// The messages after the one numbered `seq`, if none of them is missing.
    pub(super) fn since(&self, seq: u64) -> Option<impl ExactSizeIterator<Item = &StoredMessage>> {
        let missed = usize::try_from(self.seq.checked_sub(seq)?).ok()?;
        let known = self.kept.len().checked_sub(missed)?;
        Some(self.kept.range(known..))
    }

    pub(super) fn push(
        &mut self,
        sender: Arc<Participant>,
        content: &str,
        at: Instant,
    ) -> StoredMessage {
        self.seq += 1;
        let message = StoredMessage { seq: self.seq, at, sender, content: content.into() };
        self.bytes += message.weight();
        self.kept.push_back(message.clone());
        while self.kept.len() > self.max_len || self.bytes > self.max_bytes {
            self.drop_oldest();
        }
        message
    }

    /// Gives up the oldest message. There is none in an empty history, and none to give up.
    pub(super) fn drop_oldest(&mut self) {
        let Some(message) = self.kept.pop_front() else { return };
        self.bytes -= message.weight();
        // What is given up must not go on to take its memory.
        if self.kept.capacity() / 4 > self.kept.len() {
            self.kept.shrink_to(2 * self.kept.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use cocobase_proto::wire::Surface;

    use super::*;

    fn push(history: &mut History, content: &str) -> StoredMessage {
        let sender = Participant { id: "u1".into(), name: Some("Ada".into()) };
        history.push(Arc::new(sender), content, Instant::default())
    }

    fn since(history: &History, seq: u64) -> Option<Vec<u64>> {
        history.since(seq).map(|messages| messages.map(|message| message.seq).collect())
    }

    #[test]
    fn what_lies_after_a_number_is_whole_or_not_told() {
        let mut history = History::new(3, usize::MAX);
        assert_eq!(since(&history, 0), Some(Vec::new()));
        assert_eq!(since(&history, 1), None);
        for _ in 0..5 {
            push(&mut history, "1");
        }
        for (seq, expected) in [
            (0, None),
            (1, None),
            (2, Some([3, 4, 5].to_vec())),
            (4, Some([5].to_vec())),
            (5, Some([].to_vec())),
            (6, None),
            (u64::MAX, None),
        ] {
            assert_eq!(since(&history, seq), expected, "{seq}");
        }
    }

    #[test]
    fn bytes_bound_it_as_well() {
        let weight = push(&mut History::new(1, usize::MAX), "1").weight();
        let mut history = History::new(usize::MAX, 3 * weight);
        for (content, expected) in [
            ("1", [1].as_slice()),
            ("2", &[1, 2]),
            ("3", &[1, 2, 3]),
            ("4", &[2, 3, 4]),
            // A byte too many costs a whole message.
            ("55", &[4, 5]),
            ("6", &[5, 6]),
            ("7", &[6, 7]),
            ("8", &[6, 7, 8]),
        ] {
            push(&mut history, content);
            assert_eq!(history.kept.iter().map(|kept| kept.seq).collect::<Vec<_>>(), expected);
            let sum: usize = history.kept.iter().map(StoredMessage::weight).sum();
            assert_eq!(history.bytes(), sum);
        }
        // What is too long to be kept leaves nothing that could be whole.
        push(&mut history, &"9".repeat(3 * weight));
        assert_eq!((history.bytes(), since(&history, 8)), (0, None));
        assert_eq!(since(&history, 9), Some(Vec::new()));
    }

    #[test]
    fn messages_given_up_give_their_memory_back() {
        let mut history = History::new(usize::MAX, usize::MAX);
        for _ in 0..1_000 {
            push(&mut history, "1");
        }
        for _ in 0..990 {
            history.drop_oldest();
        }
        assert_eq!(since(&history, 990).map(|messages| messages.len()), Some(10));
        assert!(history.kept.capacity() <= 43, "{}", history.kept.capacity());
        for _ in 0..20 {
            history.drop_oldest();
        }
        assert_eq!((history.bytes(), history.kept.capacity()), (0, 0));
    }

    #[test]
    fn a_message_is_written_the_same_at_any_time() {
        let message = push(&mut History::new(0, 0), r#"{"a":1}"#);
        let room = Room { id: "r", title: Some("R"), participants: Some(2) };
        for (surface, json) in [
            (
                Surface::Room,
                concat!(
                    r#"{"type":"message","user_id":"u1","user_name":"Ada","content":{"a":1},"#,
                    r#""timestamp":"T","room_info":{"id":"r","title":"R"},"seq":1}"#,
                ),
            ),
            (
                Surface::Gateway,
                concat!(
                    r#"{"type":"event","event":"broadcast","room":"r","message":{"a":1},"#,
                    r#""user_id":"u1","user_name":"Ada","timestamp":"T","seq":1}"#,
                ),
            ),
            (
                Surface::Broadcast,
                concat!(
                    r#"{"type":"message","user_id":"u1","user_name":"Ada","timestamp":"T","#,
                    r#""data":{"a":1},"seq":1}"#,
                ),
            ),
        ] {
            assert_eq!(message.wire(room, "T").encode(surface), json);
        }
    }
}
