//! Nodes that are found by the beginnings and the parts of a text. All text is in lowercase.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound::{Excluded, Included, Unbounded};
use core::ptr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::node::Node;

/// Bytes of a part that the index looks at. It bounds what one place in a text costs; of a longer
/// part, the filter's matcher looks for the rest.
pub(super) const MAX_PART: usize = 32;

/// Bytes of a part that are hashed.
pub(super) const HEAD: usize = 3;

/// Nodes by prefix, in order. For suffixes, the bytes of both sides are reversed.
#[derive(Debug, Default)]
pub(super) struct Prefixes {
    nodes: BTreeMap<Box<[u8]>, Node>,
}

impl Prefixes {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn node(&mut self, prefix: &[u8]) -> &mut Node {
        self.nodes.entry(prefix.into()).or_default()
    }

    /// Lets `edit` empty the node, which is then dropped.
    pub(super) fn remove(&mut self, prefix: &[u8], edit: impl FnOnce(&mut Node)) {
        if let Some(node) = self.nodes.get_mut(prefix) {
            edit(node);
            if node.is_empty() {
                self.nodes.remove(prefix);
            }
        }
    }

    /// The nodes of the text's prefixes, the longest first.
    ///
    /// The last key that does not come after the text is the longest of its prefixes, or parts from
    /// it somewhere; then no key is a prefix that is longer than what they share.
    pub(super) fn find<'a>(&'a self, text: &[u8], mut found: impl FnMut(&'a Node)) {
        let mut end = Included(text);
        while let Some((key, node)) = self.nodes.range::<[u8], _>((Unbounded, end)).next_back() {
            let shared = key.iter().zip(text).take_while(|(a, b)| a == b).count();
            let prefix = text.get(..shared).unwrap_or_default();
            end = if shared == key.len() {
                found(node);
                Excluded(prefix)
            } else {
                Included(prefix)
            };
        }
    }
}

/// Nodes by a part of the text. What begins at a place of the text has a part as its prefix; the
/// first bytes, hashed, tell most places that none begins there.
#[derive(Debug, Default)]
pub(super) struct Parts {
    by_head: HashMap<u32, Prefixes, FixedState>,
    /// How many heads there are of each size.
    sizes: [u32; HEAD + 1],
}

impl Parts {
    pub(super) fn is_empty(&self) -> bool {
        self.by_head.is_empty()
    }

    pub(super) fn node(&mut self, part: &[u8]) -> &mut Node {
        let (size, head) = head(part, HEAD);
        let prefixes = self.by_head.entry(head).or_insert_with(|| {
            if let Some(count) = self.sizes.get_mut(size) {
                *count += 1;
            }
            Prefixes::default()
        });
        prefixes.node(part)
    }

    /// Lets `edit` empty the node, which is then dropped.
    pub(super) fn remove(&mut self, part: &[u8], edit: impl FnOnce(&mut Node)) {
        let (size, head) = head(part, HEAD);
        if let Some(prefixes) = self.by_head.get_mut(&head) {
            prefixes.remove(part, edit);
            if prefixes.is_empty() {
                self.by_head.remove(&head);
                if let Some(count) = self.sizes.get_mut(size) {
                    *count -= 1;
                }
            }
        }
    }

    /// The nodes of the text's parts, each once.
    pub(super) fn find(&self, text: &[u8]) -> Vec<&Node> {
        let mut found: Vec<&Node> = Vec::new();
        let mut limit = 1_024;
        for at in 0..text.len() {
            let rest = text.get(at..).unwrap_or_default();
            for (size, count) in self.sizes.iter().enumerate() {
                if *count > 0
                    && size <= rest.len()
                    && let Some(prefixes) = self.by_head.get(&head(rest, size).1)
                {
                    let reach = rest.get(..MAX_PART).unwrap_or(rest);
                    prefixes.find(reach, |node| found.push(node));
                }
            }
            // However often a part repeats, the memory is bounded by how many parts there are.
            if found.len() > limit {
                keep_one_of_each(&mut found);
                limit = limit.max(2 * found.len());
            }
        }
        keep_one_of_each(&mut found);
        found
    }
}

fn keep_one_of_each(nodes: &mut Vec<&Node>) {
    nodes.sort_unstable_by_key(|node| ptr::from_ref(*node));
    nodes.dedup_by_key(|node| ptr::from_ref(*node));
}

/// The first bytes, at most `size` of them, as one number, and how many they are. The number holds
/// the count as well.
fn head(part: &[u8], size: usize) -> (usize, u32) {
    let size = size.min(part.len());
    let bytes = part.iter().take(size);
    (size, bytes.fold(size as u32, |head, byte| head << 8 | u32::from(*byte)))
}
