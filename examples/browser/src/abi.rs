//! The border to JavaScript: numbers cross it as they are, texts by their place in this module's memory.
//!
//! Nothing is unsafe here but by name: the page's functions take a place and a length to read from, and
//! the functions for the page read what it has written into [`buffer`], as a safe vector.

#![allow(unsafe_code, reason = "a name that another language can find is unsafe to declare")]

use std::cell::RefCell;
use std::mem;
use std::time::Duration;

use cocobase_proto::{Instant, Text};

use crate::page::{Effect, Page};

// What `page.js` offers.
#[link(wasm_import_module = "page")]
unsafe extern "C" {
    safe fn open(link: u32, is_events: u32, url: *const u8, length: usize);
    safe fn send(text: *const u8, length: usize);
    safe fn close();
    safe fn show(line: *const u8, length: usize);
    // Negative: never.
    safe fn wake(milliseconds: f64);
}

thread_local! {
    static PAGE: RefCell<Option<Page>> = const { RefCell::new(None) };
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Makes room for a text of so many bytes, to be written before the function that takes it is called.
#[unsafe(no_mangle)]
extern "C" fn buffer(length: usize) -> *mut u8 {
    BUFFER.with_borrow_mut(|buffer| {
        *buffer = vec![0; length];
        buffer.as_mut_ptr()
    })
}

/// Begins to watch; the buffer holds the options as JSON, the seed is any number.
#[unsafe(no_mangle)]
extern "C" fn start(seed: u32, now: f64) {
    let options = serde_json::from_slice(&taken()).map_err(Into::into);
    match options.and_then(|options| Page::start(options, seed.into(), instant(now))) {
        Ok(page) => PAGE.set(Some(page)),
        Err(error) => {
            let line = error.to_string();
            show(line.as_ptr(), line.len());
        }
    }
    turn(now, |_| ());
}

/// The link is open.
#[unsafe(no_mangle)]
extern "C" fn opened(link: u32, now: f64) {
    turn(now, |page| page.opened(link, instant(now)));
}

/// A message, in the buffer: what an EventSource says begins with an id of so many bytes.
#[unsafe(no_mangle)]
extern "C" fn message(link: u32, is_events: u32, id_length: usize, now: f64) {
    let mut bytes = taken();
    let data = text(bytes.split_off(id_length.min(bytes.len())));
    turn(now, |page| match is_events {
        0 => page.text(link, data, instant(now)),
        _ => page.item(link, &text(bytes), data, instant(now)),
    });
}

/// The link is over; the buffer holds the reason.
#[unsafe(no_mangle)]
extern "C" fn closed(link: u32, code: u16, now: f64) {
    let reason = text(taken());
    turn(now, |page| page.closed(link, code, reason, instant(now)));
}

/// The appointed time has come.
#[unsafe(no_mangle)]
extern "C" fn woken(now: f64) {
    turn(now, Page::woken);
}

/// Tells the page's driver, and does what comes of it once nothing is borrowed any more: what is called
/// may call back.
fn turn(now: f64, tell: impl FnOnce(&mut Page)) {
    let effects = PAGE.with_borrow_mut(|page| {
        page.as_mut().map(|page| {
            tell(page);
            page.effects(instant(now))
        })
    });
    for effect in effects.into_iter().flatten() {
        match effect {
            Effect::Open { link, url, is_events } => {
                open(link, is_events.into(), url.as_ptr(), url.len());
            }
            Effect::Send(text) => send(text.as_ptr(), text.len()),
            Effect::Close => close(),
            Effect::Show(line) => show(line.as_ptr(), line.len()),
            Effect::Wake(after) => wake(after.map_or(-1.0, |after| after.as_secs_f64() * 1000.0)),
        }
    }
}

fn taken() -> Vec<u8> {
    BUFFER.with_borrow_mut(mem::take)
}

fn text(bytes: Vec<u8>) -> Text {
    // The page's encoder writes nothing else.
    Text::from_utf8(bytes.into()).unwrap_or_default()
}

fn instant(milliseconds: f64) -> Instant {
    Instant::default() + Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}
