//! The slow, obvious decoder: the standard's text, sentence by sentence.

use std::time::Duration;

use cocobase_proto::sse::{Item, Message, Overflow};

/// Reads a whole stream. A limit is ours and counts bytes, so give one with UTF-8 only.
pub(crate) fn decode(stream: &[u8], limit: usize) -> (Vec<Item>, String) {
    // "Streams must be decoded using the UTF-8 decode algorithm", which strips one leading BOM.
    let decoded = String::from_utf8_lossy(stream);
    let (text, mark) = match decoded.strip_prefix('\u{feff}') {
        Some(text) => (text, 3),
        None => (&*decoded, 0),
    };
    let mut stream = Stream { limit, ..Stream::default() };
    for (n, line) in lines(text).into_iter().enumerate() {
        stream.line(&line, if n == 0 { mark } else { 0 });
    }
    (stream.items, stream.last_event_id_string)
}

/// "Lines must be separated by either a CRLF pair, a single LF, or a single CR." What follows the
/// last separator is no line: "once the end of the file is reached, any pending data must be
/// discarded".
fn lines(text: &str) -> Vec<String> {
    let mut lines = vec![];
    let mut line = String::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                if characters.peek() == Some(&'\n') {
                    characters.next();
                }
                lines.push(std::mem::take(&mut line));
            }
            '\n' => lines.push(std::mem::take(&mut line)),
            other => line.push(other),
        }
    }
    lines
}

#[derive(Default)]
struct Stream {
    data: String,
    event_type: String,
    last_event_id: String,
    last_event_id_string: String,
    items: Vec<Item>,
    limit: usize,
    size: usize,
    skipped: bool,
}

impl Stream {
    fn line(&mut self, line: &str, mark: usize) {
        // Ours: the limit.
        if !line.is_empty() || mark > self.limit {
            self.skipped |= self.size + line.len() + mark > self.limit;
            if self.skipped {
                self.size += line.len() + mark;
                return;
            }
        }
        // "If the line is empty (a blank line): dispatch the event."
        if line.is_empty() {
            self.dispatch();
        // "If the line starts with a U+003A COLON character (:): ignore the line."
        } else if line.starts_with(':') {
            self.items.push(Item::Comment);
        } else {
            self.size += line.len();
            match line.split_once(':') {
                // "If value starts with a U+0020 SPACE character, remove it from value."
                Some((field, value)) => self.field(field, value.strip_prefix(' ').unwrap_or(value)),
                // "Using the whole line as the field name, and the empty string as the field value."
                None => self.field(line, ""),
            }
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => self.event_type = value.into(),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => self.last_event_id = value.into(),
            "retry" if !value.is_empty() && value.chars().all(|c| c.is_ascii_digit()) => {
                let number = value.parse().unwrap_or(u64::MAX);
                self.items.push(Item::Retry(Duration::from_millis(number)));
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let (size, skipped) = (self.size, self.skipped);
        (self.size, self.skipped) = (0, false);
        let mut data = std::mem::take(&mut self.data);
        let event_type = std::mem::take(&mut self.event_type);
        if skipped {
            self.last_event_id = self.last_event_id_string.clone();
            let overflow = Overflow { dropped: size as u64, limit: self.limit };
            return self.items.push(Item::Overflow(overflow));
        }
        // "Set the last event ID string of the event source to the value of the last event ID
        // buffer. […] If the data buffer is an empty string, […] return. If the data buffer's last
        // character is a LF, then remove the last character from the data buffer."
        self.last_event_id_string = self.last_event_id.clone();
        if data.pop().is_some() {
            self.items.push(Item::Message(Message {
                name: event_type.into(),
                data: data.into(),
                last_event_id: self.last_event_id.clone().into(),
            }));
        }
    }
}
