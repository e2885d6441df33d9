//! The live view: what it tells step by step, and that it equals the server's own list at every
//! quiet point of random histories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod model;
mod random;
mod steps;

use cocobase_proto::Document;
use cocobase_proto::live::{LiveEvent, LiveView};

/// Whoever applies what a view tells.
#[derive(Debug, Default)]
struct Mirror(Vec<Document>);

impl Mirror {
    fn pull(&mut self, view: &mut LiveView) -> Vec<LiveEvent> {
        let mut told = Vec::new();
        while let Some(event) = view.poll_event() {
            match &event {
                LiveEvent::Entered { document, at } => self.0.insert(*at, document.clone()),
                LiveEvent::Changed { old, document, from, to } => {
                    assert_eq!(self.0.remove(*from).id(), old.id());
                    self.0.insert(*to, document.clone());
                }
                LiveEvent::Left { old, from, .. } => {
                    assert_eq!(self.0.remove(*from).id(), old.id());
                }
                LiveEvent::Reset => self.0 = view.documents().cloned().collect(),
                _ => {}
            }
            told.push(event);
        }
        let shown = |document: &Document| document.to_map().unwrap();
        assert!(
            self.0.iter().map(Document::id).eq(view.documents().map(Document::id)),
            "{:?}\n{:?}",
            self.0,
            view.documents().collect::<Vec<_>>()
        );
        for (mine, theirs) in self.0.iter().zip(view.documents()) {
            assert_eq!(shown(mine).get("value"), shown(theirs).get("value"));
        }
        told
    }
}
