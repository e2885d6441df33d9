//! The surfaces, by name.

/// One of the ways into a server. Surfaces spell some messages differently.
///
/// ```
/// use cocobase_proto::wire::{ErrorMessage, Surface};
///
/// let error = ErrorMessage::new("Invalid API key");
/// assert_eq!(error.encode(Surface::Collection), r#"{"error":"Invalid API key"}"#);
/// assert_eq!(
///     error.encode(Surface::Gateway),
///     r#"{"type":"error","code":"UNAUTHORIZED","message":"Invalid API key"}"#,
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surface {
    /// G: many subscriptions and rooms on one WebSocket.
    Gateway,
    /// C: one collection on one WebSocket.
    Collection,
    /// C′: one collection on the vendor's self-hosted server.
    SelfHosted,
    /// B: messages to a whole project.
    Broadcast,
    /// R: messages in one room.
    Room,
    /// S: one collection by server-sent events.
    Events,
    /// L: the list of rooms, over HTTP.
    Rooms,
    /// D: documents over HTTP.
    Documents,
}
