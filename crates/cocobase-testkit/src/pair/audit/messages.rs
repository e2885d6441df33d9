//! Rooms and the broadcast: does everyone hear the same, in order, once?

use std::collections::{BTreeMap, BTreeSet};

use cocobase_proto::{Gap, GapCause, Position, RoomMessage, Text, Topic};

use super::budget::Budget;

type Verdict = Result<(), String>;

/// What all listeners together have learned of what was said where. The first to hear a message
/// writes it down; whoever hears something else in its place is wrong, or the first one was.
#[derive(Debug, Default)]
pub(in crate::pair) struct Board {
    said: BTreeMap<(Topic, Text, u64), Text>,
    contents: BTreeSet<Text>,
    /// On which link each message was sent.
    links: BTreeMap<Text, usize>,
}

impl Board {
    /// A message leaves on a link.
    pub(in crate::pair) fn sent(&mut self, content: Text, link: usize) {
        self.links.insert(content, link);
    }

    fn note(&mut self, topic: &Topic, at: &Position, content: &Text) -> Verdict {
        let key = (topic.clone(), at.epoch.clone(), at.seq);
        match self.said.get(&key) {
            Some(first) if first == content => Ok(()),
            Some(first) => Err(format!("message {} is {content} here and {first} there", at.seq)),
            None => {
                self.said.insert(key, content.clone());
                match self.contents.insert(content.clone()) {
                    true => Ok(()),
                    false => Err(format!("{content} was published once and is heard twice")),
                }
            }
        }
    }

    /// The number of the last message that anyone has heard.
    fn end(&self, topic: &Topic, epoch: &Text) -> u64 {
        let first = (topic.clone(), epoch.clone(), 0);
        let last = (topic.clone(), epoch.clone(), u64::MAX);
        self.said.range(first..=last).next_back().map_or(0, |((.., seq), _)| *seq)
    }
}

/// Follows what a user hears of one room, or of the broadcast.
#[derive(Debug)]
pub(in crate::pair) struct Listener {
    topic: Topic,
    position: Option<Position>,
    budget: Budget,
    greeted: Option<Position>,
    was_greeted: bool,
    /// The last number that was sent on each link. A link that is slow to die may deliver a message
    /// after those that its client sent on the next one.
    numbers: BTreeMap<usize, u64>,
    /// What the server took from this client and has not yet given back to it.
    pub(super) echoes: BTreeSet<Text>,
}

/// A message's content for tests: who sent it, and its number among those of this sender.
pub(in crate::pair) fn content(sender: usize, number: u64) -> Text {
    format!("\"m{sender}.{number}\"").into()
}

pub(super) fn number_of(content: &str) -> Option<u64> {
    content.strip_suffix('"')?.rsplit_once('.')?.1.parse().ok()
}

impl Listener {
    pub(in crate::pair) fn new(topic: Topic) -> Self {
        Self {
            topic,
            position: None,
            budget: Budget::default(),
            greeted: None,
            was_greeted: false,
            numbers: BTreeMap::new(),
            echoes: BTreeSet::new(),
        }
    }

    pub(super) const fn topic(&self) -> &Topic {
        &self.topic
    }

    /// The room is entered, or the broadcast joined.
    pub(super) fn greet(&mut self, position: Option<&Position>, resumed: Option<bool>) -> Verdict {
        self.close()?;
        let position = position.ok_or("a room without a position")?;
        let was_greeted = std::mem::replace(&mut self.was_greeted, true);
        match (&self.position, resumed) {
            (Some(mine), Some(true))
                if mine.epoch != position.epoch && self.budget.is_endless() =>
            {
                // The greeting of that epoch is among what the user was told to have missed.
                self.position = None;
            }
            (Some(mine), Some(true)) if mine.epoch != position.epoch => {
                return Err(format!("resumed in {position:?}, having been at {mine:?}"));
            }
            (_, Some(true)) => {}
            _ if was_greeted => self.greeted = Some(position.clone()),
            _ => self.position = Some(position.clone()),
        }
        Ok(())
    }

    pub(super) fn gap(&mut self, gap: &Gap) -> Verdict {
        self.echoes.clear();
        if self.greeted == self.position {
            // The greeting misses nothing, so the gap is about what came after it.
            self.greeted = None;
        }
        if gap.topic == Topic::Everything {
            self.budget.add_shared(gap.missed);
        } else {
            self.budget.add(gap.missed);
        }
        if gap.cause != GapCause::Overflow {
            return self.close();
        }
        if self.budget.is_endless() && self.greeted.is_some() {
            // The gap before the greeting may be among what was lost, and so may be what came after.
            self.position = self.greeted.take();
        }
        Ok(())
    }

    pub(super) fn message(&mut self, message: &RoomMessage, board: &mut Board) -> Verdict {
        self.close()?;
        let seq = message.seq.ok_or("a message without a number")?;
        let content = &message.content;
        let number = number_of(content).ok_or("a message that nobody sent")?;
        let link = board.links.get(content).ok_or("a message that nobody sent")?;
        let last = self.numbers.insert(*link, number);
        if let Some(last) = last.filter(|last| *last >= number) {
            return Err(format!("{content} is heard after number {last} on its link"));
        }
        self.echoes.remove(content);
        self.forget_if_adrift();
        let Some(position) = &self.position else { return Ok(()) };
        if seq <= position.seq {
            return Err(format!("message {seq} is heard after {}", position.seq));
        }
        let at = Position { epoch: position.epoch.clone(), seq };
        board.note(&self.topic, &at, content)?;
        self.reach(&Position { seq: seq - 1, ..at.clone() })?;
        self.position = Some(at);
        Ok(())
    }

    /// Where the listener is, once nothing is on its way any more: behind what it was told to have
    /// missed.
    pub(super) fn quiet_position(&mut self) -> Result<Option<Position>, String> {
        self.close()?;
        self.forget_if_adrift();
        let missed = self.budget.least();
        let behind = |at: &Position| Position { seq: at.seq + missed, ..at.clone() };
        Ok(self.position.as_ref().map(behind))
    }

    /// Nothing is on its way any more, and the furthest of those who are here is at `furthest`.
    pub(super) fn check_quiet(&mut self, furthest: &Position, board: &Board) -> Verdict {
        let seq = furthest.seq.max(board.end(&self.topic, &furthest.epoch));
        let end = Position { epoch: furthest.epoch.clone(), seq };
        if self.position.as_ref().is_some_and(|mine| mine.epoch != end.epoch) {
            return Err(format!("is in epoch {:?}, others in {}", self.position, end.epoch));
        }
        let is_open = self.position.as_ref().is_some_and(|mine| {
            !self.budget.is_empty() && self.budget.allows(end.seq.saturating_sub(mine.seq))
        });
        // What else a gap may hold, nobody has heard either: the next message shows it.
        if !is_open {
            self.reach(&end)?;
        }
        match self.echoes.first() {
            Some(content) => Err(format!("{content} reached the server and never came back")),
            None => Ok(()),
        }
    }

    /// The room's new epoch may be among what the user was told to have missed.
    fn forget_if_adrift(&mut self) {
        if self.budget.is_endless() {
            self.position = None;
            self.budget = Budget::default();
        }
    }

    fn close(&mut self) -> Verdict {
        let Some(greeted) = self.greeted.take() else { return Ok(()) };
        self.reach(&greeted)
    }

    fn reach(&mut self, to: &Position) -> Verdict {
        let Some(from) = self.position.replace(to.clone()) else {
            self.budget = Budget::default();
            return Ok(());
        };
        if from.epoch != to.epoch {
            // An empty room that vanished and came back has lost nothing that it ever had.
            return match std::mem::take(&mut self.budget).is_endless() || from.seq == 0 {
                true => Ok(()),
                false => Err(format!("{from:?} gave way to {to:?} without a gap")),
            };
        }
        match to.seq.checked_sub(from.seq) {
            None => Err(format!("went back from {} to {}", from.seq, to.seq)),
            Some(missing) => self
                .budget
                .settle(missing)
                .map_err(|problem| format!("between {} and {}, {problem}", from.seq, to.seq)),
        }
    }
}
