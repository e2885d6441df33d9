//! What the encoder writes, the decoder reads back.

use std::time::Duration;

use cocobase_proto::sse::{Block, BlockError, Item, Message, push_comment};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::decode;

#[derive(Debug, Clone)]
enum Part {
    Block { name: String, id: Option<String>, retry: Option<u64>, data: Option<String> },
    Comment(String),
}

fn part() -> impl Strategy<Value = Part> {
    let line = "[^\r\n\0]{0,12}";
    let lines = "([^\r\n]|\r|\n|\r\n|:| |data){0,20}";
    prop_oneof![
        4 => (line, option::of(line), option::of(any::<u64>()), option::of(lines))
            .prop_map(|(name, id, retry, data)| Part::Block { name, id, retry, data }),
        1 => lines.prop_map(Part::Comment),
    ]
}

fn with_lf(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

proptest! {
    #[test]
    fn blocks_read_back_as_they_were(parts in vec(part(), 0..12)) {
        let mut out = String::new();
        let mut expected = vec![];
        let mut last_event_id = String::new();
        for part in &parts {
            match part {
                Part::Block { name, id, retry, data } => {
                    let retry = retry.map(Duration::from_millis);
                    Block { name, id: id.as_deref(), retry, data: data.as_deref() }
                        .push_to(&mut out)
                        .unwrap();
                    expected.extend(retry.map(Item::Retry));
                    last_event_id = id.clone().unwrap_or(last_event_id);
                    expected.extend(data.as_ref().map(|data| {
                        Item::Message(Message {
                            name: name.as_str().into(),
                            data: with_lf(data).into(),
                            last_event_id: last_event_id.as_str().into(),
                        })
                    }));
                }
                Part::Comment(text) => {
                    push_comment(&mut out, text);
                    expected.extend(with_lf(text).split('\n').map(|_| Item::Comment));
                }
            }
        }
        prop_assert_eq!(decode(out.as_bytes()), expected);
    }

    /// Whatever is in a field, it cannot become another field.
    #[test]
    fn nothing_can_be_smuggled_in(name in "\\PC{0,4}[\r\n]\\PC{0,9}", id in "\\PC{0,4}[\r\n\0]\\PC{0,9}") {
        let mut out = String::from("before");
        let block = Block { name: &name, ..Block::default() };
        prop_assert_eq!(block.push_to(&mut out), Err(BlockError::Name));
        let block = Block { id: Some(&id), ..Block::default() };
        prop_assert_eq!(block.push_to(&mut out), Err(BlockError::Id));
        prop_assert_eq!(out, "before");
    }
}
