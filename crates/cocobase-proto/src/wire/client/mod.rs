//! What a client tells a server.

mod hello;
mod message;
mod parts;
mod self_hosted;

pub use hello::{BroadcastHello, Hello, HelloError, RoomAction, RoomHello, User};
pub use message::{ClientMessage, ClientMessageError};
pub use self_hosted::{SelfHostedHello, Split};
