//! Defects put in on purpose: whoever checks must be seen to find something.

use cocobase_hub::SnapshotPage;
use cocobase_proto::{LinkId, Text};

use crate::random::Random;

/// What can be broken on purpose, each where a server's shell, the server itself or a driver could
/// have gone wrong.
///
/// ```
/// use cocobase_testkit::pair::{self, Defect};
///
/// let found = (0..2000).find_map(|seed| pair::run_with(seed, Defect::LosesPublished).err());
/// println!("{}", found.expect("a lost message is noticed"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Defect {
    /// One of several events never leaves the server.
    DropsDelivery,
    /// A change reaches nobody at all.
    DropsCommit,
    /// Two events of a connection change places.
    SwapsEvents,
    /// The server takes a published message twice.
    TakesTwice,
    /// An event shows the values of another one.
    MixesUpDocuments,
    /// What a client is told that resumes has a hole.
    ResumesWithHole,
    /// A snapshot says that it reaches further than it does.
    SnapshotWithSeam,
    /// The greeting comes before events flow.
    GreetsTooEarly,
    /// A client that lagged is not told.
    HidesLag,
    /// Nobody is told who has left a room.
    ForgetsDeparture,
    /// The driver passes on what came late from an old link as if it were of the new one.
    MixesUpLinks,
    /// The driver does not send a message that it was given.
    LosesPublished,
    /// The driver forgets to wake the session.
    Oversleeps,
}

impl Defect {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::DropsDelivery,
        Self::DropsCommit,
        Self::SwapsEvents,
        Self::TakesTwice,
        Self::MixesUpDocuments,
        Self::ResumesWithHole,
        Self::SnapshotWithSeam,
        Self::GreetsTooEarly,
        Self::HidesLag,
        Self::ForgetsDeparture,
        Self::MixesUpLinks,
        Self::LosesPublished,
        Self::Oversleeps,
    ];
}

/// The defect of a world, if it has one. It strikes now and then.
#[derive(Debug)]
pub(super) struct Injected {
    defect: Option<Defect>,
    random: Random,
    /// The link that was just greeted.
    greeted: Option<usize>,
    /// An event that is to change places with the next one.
    held: Option<(usize, Text)>,
}

impl Injected {
    pub(super) const fn new(defect: Option<Defect>, seed: u64) -> Self {
        let random = Random::new(seed ^ 0xdef_ec7);
        Self { defect, random, greeted: None, held: None }
    }

    fn strikes(&mut self, defect: Defect) -> bool {
        self.defect == Some(defect) && self.random.chance(30)
    }

    /// What the server writes in place of this text.
    pub(super) fn deliver(&mut self, link: usize, text: Text) -> Vec<Text> {
        let Some(defect) = self.defect else { return vec![text] };
        let is_greeting = ["connected", "subscribed", "joined"]
            .iter()
            .any(|word| text.contains(&format!("\"{word}\"")))
            && text.contains("epoch");
        let is_event = !is_greeting && text.contains("\"seq\":") && !text.contains("\"lagged\"");
        match defect {
            Defect::DropsDelivery if is_event && self.strikes(defect) => Vec::new(),
            Defect::HidesLag if text.contains("\"lagged\"") => Vec::new(),
            Defect::ForgetsDeparture if text.contains("\"user_left\"") => Vec::new(),
            Defect::MixesUpDocuments if is_event && self.strikes(defect) => {
                vec![text.replacen("\"revision\":", "\"revision\":1", 1).into()]
            }
            Defect::GreetsTooEarly | Defect::ResumesWithHole if is_greeting => {
                let resumes = text.contains("\"resumed\":true");
                if resumes == (defect == Defect::ResumesWithHole) {
                    self.greeted = Some(link);
                }
                vec![text]
            }
            Defect::GreetsTooEarly | Defect::ResumesWithHole
                if is_event && self.greeted == Some(link) =>
            {
                self.greeted = None;
                Vec::new()
            }
            Defect::SwapsEvents if is_event => match self.held.take() {
                Some((other, held)) if other == link => vec![text, held],
                _ if self.strikes(defect) => {
                    self.held = Some((link, text));
                    Vec::new()
                }
                _ => vec![text],
            },
            _ => vec![text],
        }
    }

    /// What the store answers in place of this page.
    pub(super) fn snapshot(&mut self, page: SnapshotPage) -> SnapshotPage {
        let more = u64::from(self.strikes(Defect::SnapshotWithSeam));
        SnapshotPage { seq: page.seq + more, ..page }
    }

    /// Whether the next commit does not get through to the hub.
    pub(super) fn skips_commit(&mut self) -> bool {
        self.strikes(Defect::DropsCommit)
    }

    /// How often the server takes a message.
    pub(super) fn takes(&mut self, is_message: bool) -> usize {
        1 + usize::from(is_message && self.strikes(Defect::TakesTwice))
    }

    /// The link that something is reported of; `None` for whichever is the present one.
    pub(super) fn link_id(&self, id: LinkId, is_open: bool) -> Option<LinkId> {
        (is_open || self.defect != Some(Defect::MixesUpLinks)).then_some(id)
    }

    pub(super) fn loses(&mut self, is_message: bool) -> bool {
        is_message && self.strikes(Defect::LosesPublished)
    }

    pub(super) fn oversleeps(&mut self) -> bool {
        self.defect == Some(Defect::Oversleeps)
    }
}
