//! What a peer does with one connection, as data.

use std::time::Duration;

/// What a [`Peer`](super::Peer) does with one connection, step by step.
///
/// At its end it goes on listening, without a word, until the client is gone: a scene that is to hang
/// up says so.
///
/// ```
/// use cocobase_testkit::peer::Scene;
///
/// let greeting = r#"{"event":"connected"}"#;
/// let cut_off = Scene::websocket().hear().say(greeting).half(r#"{"event":"create"}"#).hang_up();
/// let busy = Scene::new().answer(429, &[("Retry-After", "1")], "come back later");
/// # let _ = (cut_off, busy);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scene {
    pub(super) steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Request,
    Upgrade,
    Hear,
    /// Texts, all in one go.
    Say(Vec<String>),
    /// Texts, in pieces of so many bytes, with a pause before each.
    Pieces(Vec<String>, usize, Duration),
    Half(String),
    Raw(Vec<u8>),
    Slowly(Vec<u8>, Duration),
    Await,
    Answering,
    Deaf,
    HangUp,
    Reset,
}

impl Scene {
    /// A connection that is accepted. Without a step it gets no answer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A connection that becomes a WebSocket.
    #[must_use]
    pub fn websocket() -> Self {
        Self::new().then(Step::Upgrade)
    }

    /// A connection that becomes an event stream.
    #[must_use]
    pub fn events() -> Self {
        Self::new().request().raw(STREAM_HEAD)
    }

    /// A request that is answered whole, after which the peer hangs up.
    #[must_use]
    pub fn answer(self, status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let mut answer = format!("HTTP/1.1 {status} As scripted\r\nconnection: close\r\n");
        for (name, value) in headers {
            answer += &format!("{name}: {value}\r\n");
        }
        answer += &format!("content-length: {}\r\n\r\n{body}", body.len());
        self.request().raw(answer).hang_up()
    }

    /// Reads a request, and says nothing.
    #[must_use]
    pub fn request(self) -> Self {
        self.then(Step::Request)
    }

    /// Waits for the client's next text.
    #[must_use]
    pub fn hear(self) -> Self {
        self.then(Step::Hear)
    }

    /// Sends a text message: a frame on a WebSocket, elsewhere an event. Of an event the id is the
    /// position of a greeting or change, as the text and the greeting before it say.
    #[must_use]
    pub fn say(self, text: impl AsRef<str>) -> Self {
        self.say_all([text])
    }

    /// Sends text messages, all in one go.
    #[must_use]
    pub fn say_all(self, texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        self.then(Step::Say(strings(texts)))
    }

    /// Sends text messages in pieces of so many bytes, which end anywhere, with a pause before each.
    #[must_use]
    pub fn say_in_pieces(
        self,
        texts: impl IntoIterator<Item = impl AsRef<str>>,
        bytes: usize,
        pause: Duration,
    ) -> Self {
        self.then(Step::Pieces(strings(texts), bytes, pause))
    }

    /// Sends the first half of a text message.
    #[must_use]
    pub fn half(self, text: &str) -> Self {
        self.then(Step::Half(text.to_owned()))
    }

    /// Sends bytes, all in one go.
    #[must_use]
    pub fn raw(self, bytes: impl Into<Vec<u8>>) -> Self {
        self.then(Step::Raw(bytes.into()))
    }

    /// Sends bytes one by one, with a pause after each.
    #[must_use]
    pub fn slowly(self, bytes: impl Into<Vec<u8>>, pause: Duration) -> Self {
        self.then(Step::Slowly(bytes.into(), pause))
    }

    /// Sends a close frame, waits for the client's answer and hangs up.
    #[must_use]
    pub fn close(self, code: Option<u16>, reason: &str) -> Self {
        self.raw(super::frame::close(code, reason))
    }

    /// Waits for [`Peer::go`](super::Peer::go).
    #[must_use]
    pub fn wait(self) -> Self {
        self.then(Step::Await)
    }

    /// From here on answers every ping of the protocol with a pong, until the client is gone.
    #[must_use]
    pub fn answering(self) -> Self {
        self.then(Step::Answering)
    }

    /// From here on reads nothing, until the peer is dropped.
    #[must_use]
    pub fn deaf(self) -> Self {
        self.then(Step::Deaf)
    }

    /// Hangs up, without a close frame.
    #[must_use]
    pub fn hang_up(self) -> Self {
        self.then(Step::HangUp)
    }

    /// Breaks the connection off under the client's hands: what it has sent is thrown away unread, so
    /// it gets a reset. It must have sent something that was not heard.
    #[must_use]
    pub fn reset(self) -> Self {
        self.then(Step::Reset)
    }

    /// The same scene on an event stream: its texts are events, and what the client would say on a
    /// WebSocket stands in its request. `None` where it has what only a WebSocket has: frames, and a
    /// client that goes on speaking.
    pub(crate) fn by_events(self) -> Option<Self> {
        if self.steps.first() != Some(&Step::Upgrade) {
            return Some(self);
        }
        let mut scene = Self::events();
        let mut has_heard = false;
        for step in self.steps.into_iter().skip(1) {
            match step {
                Step::Hear if !has_heard => has_heard = true,
                Step::Hear | Step::Raw(_) | Step::Slowly(..) | Step::Reset => return None,
                Step::Answering => {}
                step => scene.steps.push(step),
            }
        }
        Some(scene)
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

const STREAM_HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
                           connection: close\r\n\r\n";

fn strings(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    texts.into_iter().map(|text| text.as_ref().to_owned()).collect()
}
