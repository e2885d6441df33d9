//! Records, cut into batches always in the same places.

use std::iter;

use serde_json::value::RawValue;

use super::record::{Fault, Records};
use super::token::Token;

/// The most that the documents of a batch weigh together; a request may have 16 MiB.
const MAX_BYTES: usize = 8 * 1024 * 1024;

/// A document, and where it stands in the file.
#[derive(Debug)]
pub(crate) struct Item {
    /// Which record it is, from 0.
    pub(crate) index: u64,
    /// The line on which it begins.
    pub(crate) line: u64,
    /// The document.
    pub(crate) document: Box<RawValue>,
}

/// Some records in a row.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// The first record.
    pub(crate) start: u64,
    /// The record behind the last one.
    pub(crate) end: u64,
    /// The good ones.
    pub(crate) items: Vec<Item>,
    /// The bad ones, when they are to be left out.
    pub(crate) bad: Vec<Fault>,
    /// What ends the import behind these records.
    pub(crate) stop: Option<Fault>,
}

impl Batch {
    fn stop(fault: Fault) -> Self {
        Self { stop: Some(fault), ..Self::default() }
    }
}

/// Cuts records into batches.
pub(crate) struct Batches {
    records: Records,
    next: u64,
    /// Where the first batch ends, when it was sent before.
    first_end: Option<u64>,
    size: u64,
    skip_bad: bool,
    /// A record that no longer fitted into the batch before.
    held: Option<Item>,
    done: bool,
}

impl Batches {
    /// Goes on in `records`, which stand at their beginning, where `token` says.
    pub(crate) fn new(mut records: Records, token: &Token, skip_bad: bool) -> Self {
        let mut line = 1;
        for _ in 0..token.start {
            match records.next() {
                Some(Ok(record)) => line = record.line,
                Some(Err(fault)) => {
                    records = Box::new(iter::once(Err(fault)));
                    break;
                }
                None => {
                    records = Box::new(iter::once(Err(too_short(line))));
                    break;
                }
            }
        }
        Self {
            records,
            next: token.start,
            first_end: (token.end > token.start).then_some(token.end),
            size: token.batch,
            skip_bad,
            held: None,
            done: false,
        }
    }
}

/// The fault of a file that ends before the place to go on from.
fn too_short(line: u64) -> Fault {
    Fault::new(line, "the file ends before the place to go on from: is it the same file?")
}

impl Iterator for Batches {
    type Item = Batch;

    fn next(&mut self) -> Option<Batch> {
        if self.done {
            return None;
        }
        let start = self.next;
        let in_doubt = self.first_end.take();
        let end = in_doubt.unwrap_or(start + self.size);
        let mut batch = Batch { start, ..Batch::default() };
        let mut bytes = 0;
        while self.next < end {
            let item = match self.held.take() {
                Some(item) => item,
                None => match self.records.next() {
                    None if in_doubt.is_some() => {
                        self.done = true;
                        let line = batch.items.last().map_or(1, |item| item.line);
                        return Some(Batch { start, end: start, ..Batch::stop(too_short(line)) });
                    }
                    None => {
                        self.done = true;
                        break;
                    }
                    Some(Err(fault)) => {
                        self.done = true;
                        batch.stop = Some(fault);
                        break;
                    }
                    Some(Ok(record)) => match record.document {
                        Ok(document) => Item { index: self.next, line: record.line, document },
                        Err(fault) if self.skip_bad => {
                            batch.bad.push(fault);
                            self.next += 1;
                            continue;
                        }
                        Err(fault) => {
                            self.done = true;
                            batch.stop = Some(fault);
                            break;
                        }
                    },
                },
            };
            bytes += item.document.get().len();
            if bytes > MAX_BYTES && !batch.items.is_empty() {
                self.held = Some(item);
                break;
            }
            batch.items.push(item);
            self.next += 1;
        }
        batch.end = self.next;
        (batch.end > batch.start || batch.stop.is_some()).then_some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::Lines;
    use super::*;

    fn cut(text: &str, (start, end, batch): (u64, u64, u64), skip_bad: bool) -> Vec<String> {
        let records = Box::new(Lines::new(std::io::Cursor::new(text.to_owned())));
        let token = Token { start, end, ..Token::new(batch).unwrap() };
        Batches::new(records, &token, skip_bad)
            .map(|batch| {
                let lines: Vec<u64> = batch.items.iter().map(|item| item.line).collect();
                let stop =
                    batch.stop.map_or(String::new(), |fault| format!(" stop {}", fault.line));
                format!("{}-{} {lines:?} {}{stop}", batch.start, batch.end, batch.bad.len())
            })
            .collect()
    }

    #[test]
    fn batches_are_cut_by_number() {
        let five = "{}\n".repeat(5);
        assert_eq!(cut(&five, (0, 0, 2), false), ["0-2 [1, 2] 0", "2-4 [3, 4] 0", "4-5 [5] 0"]);
        assert_eq!(cut("", (0, 0, 2), false), [""; 0]);
    }

    #[test]
    fn batches_go_on_where_the_token_says_with_the_batch_in_doubt_first() {
        let six = "{}\n".repeat(6);
        assert_eq!(cut(&six, (1, 4, 2), false), ["1-4 [2, 3, 4] 0", "4-6 [5, 6] 0"]);
        assert_eq!(cut(&six, (6, 6, 2), false), [""; 0]);
        assert_eq!(cut(&six, (9, 9, 2), false), ["9-9 [] 0 stop 6"]);
        assert_eq!(cut(&six, (4, 9, 2), false), ["4-4 [] 0 stop 6"]);
    }

    #[test]
    fn a_bad_record_stops_or_is_left_out() {
        let text = "{}\n[]\n{}\n{}\n";
        assert_eq!(cut(text, (0, 0, 3), false), ["0-1 [1] 0 stop 2"]);
        assert_eq!(cut(text, (0, 0, 3), true), ["0-3 [1, 3] 1", "3-4 [4] 0"]);
        assert_eq!(cut("[]\n", (0, 0, 3), false), ["0-0 [] 0 stop 1"]);
    }

    #[test]
    fn batches_are_cut_by_weight_too() {
        let heavy = format!("{{\"a\":\"{}\"}}\n", "x".repeat(1024 * 1024 - 20)).repeat(10);
        assert_eq!(
            cut(&heavy, (0, 0, 100), false),
            ["0-8 [1, 2, 3, 4, 5, 6, 7, 8] 0", "8-10 [9, 10] 0"]
        );
    }
}
