//! The ways on from a node by one field, one for each kind of key.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::candidate::Candidate;
use super::document::{Document, Field};
use super::intervals::Intervals;
use super::letters::{Parts, Prefixes};
use super::node::{Entry, Node};
use super::plan::Want;
use super::point::Beginning;
use super::scalar::Equals;

#[derive(Debug)]
pub(super) enum Branch {
    Equal(Equals),
    Element(Equals),
    Start(Prefixes),
    End(Prefixes),
    Part(Box<Parts>),
    Number(Box<Intervals<u128>>),
    Text(Box<Intervals<Beginning>>),
    Present(Node),
}

impl Branch {
    /// An empty branch for such keys; none for [`Want::Null`], which no field of a document leads to.
    pub(super) fn new(want: &Want<'_>) -> Option<Self> {
        Some(match want {
            Want::Equal(_) => Self::Equal(Equals::default()),
            Want::Element(_) => Self::Element(Equals::default()),
            Want::Start(_) => Self::Start(Prefixes::default()),
            Want::End(_) => Self::End(Prefixes::default()),
            Want::Part(_) => Self::Part(Box::default()),
            Want::Number(_) => Self::Number(Box::default()),
            Want::Text(_) => Self::Text(Box::default()),
            Want::Present => Self::Present(Node::default()),
            Want::Null => return None,
        })
    }

    pub(super) const fn takes(&self, want: &Want<'_>) -> bool {
        matches!(
            (self, want),
            (Self::Equal(_), Want::Equal(_))
                | (Self::Element(_), Want::Element(_))
                | (Self::Start(_), Want::Start(_))
                | (Self::End(_), Want::End(_))
                | (Self::Part(_), Want::Part(_))
                | (Self::Number(_), Want::Number(_))
                | (Self::Text(_), Want::Text(_))
                | (Self::Present(_), Want::Present)
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::Equal(nodes) | Self::Element(nodes) => nodes.is_empty(),
            Self::Start(nodes) | Self::End(nodes) => nodes.is_empty(),
            Self::Part(nodes) => nodes.is_empty(),
            Self::Number(spans) => spans.is_empty(),
            Self::Text(spans) => spans.is_empty(),
            Self::Present(node) => node.is_empty(),
        }
    }

    pub(super) fn insert(&mut self, want: &Want<'_>, entry: Entry<'_>, depth: usize) {
        match (self, want) {
            (Self::Equal(nodes), Want::Equal(scalar))
            | (Self::Element(nodes), Want::Element(scalar)) => {
                nodes.node(scalar).insert(entry, depth);
            }
            (Self::Start(nodes), Want::Start(letters)) | (Self::End(nodes), Want::End(letters)) => {
                nodes.node(letters).insert(entry, depth);
            }
            (Self::Part(nodes), Want::Part(letters)) => nodes.node(letters).insert(entry, depth),
            (Self::Number(spans), Want::Number(span)) => {
                spans.insert(*span, entry.candidate(depth));
            }
            (Self::Text(spans), Want::Text(span)) => {
                spans.insert(*span, entry.candidate(depth));
            }
            (Self::Present(node), _) => node.insert(entry, depth),
            _ => {}
        }
    }

    pub(super) fn remove(&mut self, want: &Want<'_>, entry: Entry<'_>, depth: usize) {
        let edit = |node: &mut Node| node.remove(entry, depth);
        match (self, want) {
            (Self::Equal(nodes), Want::Equal(scalar))
            | (Self::Element(nodes), Want::Element(scalar)) => nodes.remove(scalar, edit),
            (Self::Start(nodes), Want::Start(letters)) | (Self::End(nodes), Want::End(letters)) => {
                nodes.remove(letters, edit);
            }
            (Self::Part(nodes), Want::Part(letters)) => nodes.remove(letters, edit),
            (Self::Number(spans), Want::Number(span)) => {
                spans.remove(*span, entry.candidate(depth));
            }
            (Self::Text(spans), Want::Text(span)) => {
                spans.remove(*span, entry.candidate(depth));
            }
            (Self::Present(node), _) => edit(node),
            _ => {}
        }
    }

    /// Appends the candidates that a document's field leads to. `doubted`: a step before was not
    /// exact.
    pub(super) fn collect(
        &self,
        field: &Field<'_>,
        document: &Document<'_>,
        doubted: bool,
        found: &mut Vec<Candidate>,
    ) {
        match self {
            Self::Equal(nodes) => {
                if let Some((scalar, exact)) = field.scalar()
                    && let Some(node) = nodes.find(scalar)
                {
                    node.collect(document, doubted || !exact, found);
                }
            }
            Self::Element(nodes) => {
                for (scalar, exact) in field.elements() {
                    if let Some(node) = nodes.find(&scalar) {
                        node.collect(document, doubted || !exact, found);
                    }
                }
            }
            Self::Start(nodes) => {
                if let Some(text) = field.lower() {
                    nodes.find(text.as_bytes(), |node| node.collect(document, doubted, found));
                }
            }
            Self::End(nodes) => {
                if let Some(text) = field.lower() {
                    let reversed: Vec<u8> = text.bytes().rev().collect();
                    nodes.find(&reversed, |node| node.collect(document, doubted, found));
                }
            }
            Self::Part(nodes) => {
                if let Some(text) = field.lower() {
                    for node in nodes.find(text.as_bytes()) {
                        node.collect(document, doubted, found);
                    }
                }
            }
            Self::Number(spans) => {
                if let Some(point) = field.number() {
                    spans.find(point, |candidate, _| found.push(candidate.unless(doubted)));
                }
            }
            Self::Text(spans) => {
                if let Some((point, exact)) = field.text() {
                    let doubted = doubted || !exact;
                    spans.find(point, |candidate, is_end| {
                        found.push(candidate.unless(doubted || is_end));
                    });
                }
            }
            Self::Present(node) => node.collect(document, doubted, found),
        }
    }
}
