//! The board, played by a thread: its interrupt is `unpark`.

use std::ops::ControlFlow;
use std::thread;

use cocobase_proto::{Event, Instant};
use embedded_style::Board;
use tokio::sync::mpsc::{Receiver, Sender};

/// A board on the desk, with a serial line and standard output for a display.
pub(crate) struct Desk {
    switched_on: std::time::Instant,
    to_modem: Sender<u8>,
    from_modem: Receiver<u8>,
    /// How many changes are still to be shown.
    left: u64,
}

impl Desk {
    pub(crate) fn new(to_modem: Sender<u8>, from_modem: Receiver<u8>, left: u64) -> Self {
        Self { switched_on: std::time::Instant::now(), to_modem, from_modem, left }
    }
}

impl Board for Desk {
    fn now(&self) -> Instant {
        Instant::default() + self.switched_on.elapsed()
    }

    fn receive(&mut self) -> Option<u8> {
        self.from_modem.try_recv().ok()
    }

    fn transmit(&mut self, byte: u8) -> bool {
        self.to_modem.try_send(byte).is_ok()
    }

    fn wait(&mut self, until: Option<Instant>) {
        // An `unpark` since the last `park` makes this return at once, as a pending interrupt does.
        match until {
            Some(until) => thread::park_timeout(until.since(self.now())),
            None => thread::park(),
        }
    }

    fn show(&mut self, event: &Event) -> ControlFlow<()> {
        if self.left == 0 {
            return ControlFlow::Break(());
        }
        match event {
            Event::Connected(_) => println!("live"),
            Event::Created(new) => println!("+ {}", new.document.json()),
            Event::Updated(new) => println!("~ {}", new.document.json()),
            Event::Deleted(old) => println!("- {}", old.id.as_deref().unwrap_or("?")),
            Event::Gap(gap) => println!("{gap}"),
            Event::Disconnected(disconnected) => println!("{disconnected}"),
            Event::Refused(refusal) => println!("refused: {refusal}"),
            Event::Malformed(malformed) => {
                println!("a message could not be read: {}", malformed.error);
            }
            _ => {}
        }
        let is_change = matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_));
        self.left -= u64::from(is_change);
        if self.left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
