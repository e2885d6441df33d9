//! The firmware: one session, one serial line, one loop.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ops::ControlFlow;

use cocobase_proto::{Action, CloseCause, Event, Input, Instant, LinkId, Session, State, Text};

use crate::frame::{Damaged, Decoder, Frame, Kind};

/// The longest message that the device takes in. Of a longer one it keeps the beginning, which no
/// session can read: that is told as [`Event::Malformed`], and what it would have said as a gap.
const LONGEST_MESSAGE: usize = 16 << 10;

/// How many bytes may wait for the line before the session keeps what it has to say to itself.
const MAX_WAITING: usize = 1 << 10;

/// The hardware.
pub trait Board {
    /// What the tick counter says.
    fn now(&self) -> Instant;

    /// The next byte that has come in by the serial line.
    fn receive(&mut self) -> Option<u8>;

    /// Hands a byte to the serial line; `false` if it has no room for one.
    fn transmit(&mut self, byte: u8) -> bool;

    /// Sleeps until the line has a byte or room for one, or the time has come: `wfi`, with a timer set.
    /// May return early. Never sleeps through what happened since the line was last asked.
    fn wait(&mut self, until: Option<Instant>);

    /// Shows an event to the user, who may have seen enough.
    fn show(&mut self, event: &Event) -> ControlFlow<()>;
}

/// Runs a session until it is over.
///
/// ```
/// # use core::ops::ControlFlow;
/// # use cocobase_proto::filter::Filter;
/// # use cocobase_proto::{Access, Credentials, Event, Instant, Session, SessionConfig, Subscription};
/// use embedded_style::{Board, run};
///
/// /// A board without a modem.
/// struct Lonely(Instant);
///
/// impl Board for Lonely {
///     fn now(&self) -> Instant {
///         self.0
///     }
///     fn receive(&mut self) -> Option<u8> {
///         None
///     }
///     fn transmit(&mut self, _: u8) -> bool {
///         true
///     }
///     fn wait(&mut self, until: Option<Instant>) {
///         self.0 = until.unwrap_or(self.0);
///     }
///     fn show(&mut self, event: &Event) -> ControlFlow<()> {
///         assert!(matches!(event, Event::Disconnected(_)));
///         ControlFlow::Break(())
///     }
/// }
///
/// let now = Instant::from_nanos(0);
/// let target = Subscription::new("users", Filter::new())?;
/// let access = Access::Fixed(Credentials::ApiKey("key".into()));
/// run(&mut Lonely(now), Session::new(target, access, SessionConfig::default(), 7, now));
/// # Ok::<(), cocobase_proto::SubscriptionError>(())
/// ```
pub fn run(board: &mut impl Board, session: Session) {
    let mut device = Device {
        session,
        link: None,
        number: 0,
        decoder: Decoder::new(LONGEST_MESSAGE),
        waiting: VecDeque::new(),
    };
    loop {
        device.act();
        device.tell(board);
        let has_written = device.write(board);
        if device.session.state() == State::Closed && device.waiting.is_empty() {
            return;
        }
        if !device.read(board) && !has_written {
            board.wait(device.session.poll_timeout().map(|wakeup| wakeup.at));
        }
        // Before its deadline this changes nothing.
        device.session.handle_timeout(board.now());
    }
}

struct Device {
    session: Session,
    link: Option<LinkId>,
    /// What the modem calls the link.
    number: u8,
    decoder: Decoder,
    /// Bytes that the line has not taken yet.
    waiting: VecDeque<u8>,
}

impl Device {
    /// Tells the modem what the session wants.
    fn act(&mut self) {
        while self.waiting.len() < MAX_WAITING {
            match self.session.poll_action() {
                // No carrier but a WebSocket is asked for unless the session's target says so.
                Some(Action::Open { link, path, carrier: _ }) => {
                    self.link = Some(link);
                    self.number = self.number.wrapping_add(1);
                    self.say(Kind::Open, path.as_bytes());
                }
                Some(Action::Send { text, .. }) => self.say(Kind::Send, text.as_bytes()),
                Some(Action::Close { .. }) => self.say(Kind::Close, b""),
                None => return,
            }
        }
    }

    fn say(&mut self, kind: Kind, payload: &[u8]) {
        Frame { kind, link: self.number, payload: payload.to_vec() }.encode(&mut self.waiting);
    }

    fn tell(&mut self, board: &mut impl Board) {
        while let Some(event) = self.session.poll_event() {
            if board.show(&event).is_break() {
                self.session.close();
                self.act();
            }
        }
    }

    /// Writes what the line has room for.
    fn write(&mut self, board: &mut impl Board) -> bool {
        let before = self.waiting.len();
        while self.waiting.front().is_some_and(|byte| board.transmit(*byte)) {
            self.waiting.pop_front();
        }
        self.waiting.len() < before
    }

    /// Reads to the end of a frame, or as far as there is anything to read.
    fn read(&mut self, board: &mut impl Board) -> bool {
        let mut has_read = false;
        while let Some(byte) = board.receive() {
            has_read = true;
            if let Some(frame) = self.decoder.push(byte) {
                self.hear(frame, board.now());
                break;
            }
        }
        has_read
    }

    fn hear(&mut self, frame: Result<Frame, Damaged>, now: Instant) {
        let input = match frame {
            Ok(frame) if frame.link == self.number => input(frame.kind, frame.payload),
            // It is about a link of the past.
            Ok(_) => return,
            // Something is lost, and nobody knows what: a new link asks for all since the last event.
            Err(damaged) => {
                self.say(Kind::Close, b"");
                Some(Input::Closed(CloseCause::Io(Text::from_static(damaged.what()))))
            }
        };
        if let (Some(link), Some(input)) = (self.link, input) {
            self.session.handle_input(link, input, now);
        }
    }
}

/// What the session is told of a frame from the modem.
fn input(kind: Kind, payload: Vec<u8>) -> Option<Input> {
    Some(match kind {
        Kind::Opened => Input::Opened,
        Kind::Text => text(payload).map_or(Input::Binary, Input::Text),
        Kind::Alive => Input::Alive,
        Kind::Refused => {
            let status = payload.first_chunk().copied().map(u16::from_be_bytes)?;
            Input::Refused { status, retry_after: None, body: Text::default() }
        }
        Kind::Closed => Input::Closed(CloseCause::Io(text(payload).unwrap_or_default())),
        // A modem says none of these.
        Kind::Open | Kind::Send | Kind::Close => return None,
    })
}

fn text(payload: Vec<u8>) -> Option<Text> {
    Text::from_utf8(payload.into()).ok()
}
