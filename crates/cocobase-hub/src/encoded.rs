//! One thing that is said to many: encoded when a dialect is first needed, and then shared.

use cocobase_proto::wire::Surface;

use crate::frame::Frame;

/// The frames of one event. Surfaces are told of the same event in at most three dialects.
#[derive(Debug)]
pub(crate) struct Encoded<F> {
    encode: F,
    gateway: Option<Frame>,
    stream: Option<Frame>,
    other: Option<Frame>,
}

impl<F: Fn(Surface) -> Option<Frame>> Encoded<F> {
    pub(crate) const fn new(encode: F) -> Self {
        Self { encode, gateway: None, stream: None, other: None }
    }

    /// The frame for the clients of `surface`, all of whom are those of one subject: what is said of
    /// a collection does not go to a room.
    pub(crate) fn frame(&mut self, surface: Surface) -> Option<&Frame> {
        let place = match surface {
            Surface::Gateway => &mut self.gateway,
            Surface::Events => &mut self.stream,
            _ => &mut self.other,
        };
        if place.is_none() {
            *place = (self.encode)(surface);
        }
        place.as_ref()
    }
}
