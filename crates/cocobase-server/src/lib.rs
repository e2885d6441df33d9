//! The self-hosted, wire-compatible Cocobase realtime server.
//!
//! [`Server::bind`] opens the data and an address, [`Server::run`] serves until it is told to stop.
//! Documents are changed over HTTP; each change is made durable in the [`log`], which is the truth,
//! and from there reaches those who watch.
//!
//! With [`Config::tls`], all of it goes over TLS. Pages of any origin may ask (CORS): what opens the
//! door is the key, and the server sets no cookies.
//!
//! # Documents over HTTP
//!
//! What the vendor's JavaScript SDK calls, so that it works unchanged. All but `/healthz` want a key,
//! in the header `x-api-key` or as `Authorization: Bearer`.
//!
//! | path | method | what it does |
//! |---|---|---|
//! | `/healthz` | GET | says that the server runs |
//! | `/collections` | GET | the collections |
//! | `/collections/documents?collection=C` | POST | creates from `{"data":{…}}` |
//! | `/collections/C` | POST | creates from the bare fields |
//! | `/collections/C/documents` | GET | lists: filters, `sort`, `order`, `limit`, `offset` |
//! | `/collections/C/documents/ID` | GET, PATCH, PUT, DELETE | one document; PUT is PATCH |
//! | `/collections/C/batch/documents/create` | POST | `{"documents":[{…}]}` |
//! | `/collections/C/batch/documents/update` | POST | `{"updates":{ID:{…}}}` |
//! | `/collections/C/batch/documents/delete` | POST | `{"document_ids":[ID]}` |
//! | `/collections/C/query/documents/count` | GET | how many fit the filters |
//! | `/collections/C/query/documents/aggregate` | GET | `?field=F&operation=count\|sum\|avg\|min\|max` |
//!
//! Where the vendor's documents leave a choice, this is ours:
//!
//! - A collection comes into being with its first document, and its id is its name. One without
//!   documents lists as `[]`, so that clients can list and watch before there is anything.
//! - Fields come back as they were sent: the order of keys and the digits of numbers are kept. An
//!   update replaces fields key by key; null is a value.
//! - A batch happens whole or not at all. Deleting passes over documents that do not exist and says
//!   how many did.
//! - Without `sort`, lists are in the order of creation, oldest first. With it, booleans come before
//!   numbers before texts before arrays and objects; documents without the field, or with null, come
//!   last in both directions; equals keep the order of creation. `sort=created_at` is the order of
//!   creation, both ways. Texts are told apart by their first 256 bytes.
//! - A `limit` above [`Limits::max_list`] is refused rather than cut: fewer documents than asked for
//!   would read as the end of the list. Without `limit`, a list has 100 documents.
//! - Every error is `{"error":true,"message":…}` with a fitting status, but for bytes that are no HTTP
//!   request at all: those get an empty answer of status 400.
//!
//! # Being told of changes, and of each other
//!
//! | path | what it is | the key comes |
//! |---|---|---|
//! | `WS /realtime` | the gateway: many collections and rooms on one WebSocket | in the first message |
//! | `WS /realtime/collections/C` | one collection | in the first message |
//! | `WS /realtime/broadcast` | everyone in the project | in the first message |
//! | `WS /realtime/rooms/R` | one room | in the first message |
//! | `GET /realtime/sse/C` | one collection as an event stream; `filters`, `greeting`, `snapshot`, and `last_event_id` for who cannot send that header | in a header, or as `api_key` or `token` in the query string, since a browser's `EventSource` sends no headers |
//! | `GET /realtime/rooms` | the list of rooms | in a header |
//!
//! Names are percent-decoded. What is said there, is said by [`cocobase_hub`], a machine without I/O;
//! this crate carries its bytes. What was decided about carrying them:
//!
//! - One task writes to all plain connections, and a connection's own task only reads: an event reaches
//!   a thousand clients without waking a thousand tasks. What waits for a client goes out in one
//!   write. TLS connections are written by their own tasks.
//! - An event stream leaves HTTP as a WebSocket does, once its head is written. Its body ends with the
//!   connection, without chunks; a client that closes its sending side has left.
//! - A client that takes its events too slowly is told that it lagged, and how far
//!   ([`Config::overflow`] has other ways). It never slows the others, and what waits for it is
//!   bounded ([`Limits::max_queue_bytes`]).
//! - A connection that is being closed may take 10 s to read what is left, and 1 s to say goodbye.
//! - Histories outlive a restart of the server, and so do the positions in them: who comes back is told
//!   what it missed. Rooms and broadcasts end with the server.
//!
//! # Extensions of documents over HTTP
//!
//! Two extensions, which clients that do not know them never notice: answers carry the headers
//! `x-cocobase-seq` and `x-cocobase-epoch`, the place in the collection's history that they stand at;
//! and a create with the header `Idempotency-Key`, repeated within 24 hours, is answered as the first
//! time, without a second write.

#![forbid(unsafe_code)]

mod api;
mod app;
mod clock;
mod config;
mod connections;
mod cors;
mod fields;
mod key_file;
mod keys;
mod lent;
mod limits;
pub mod log;
mod realtime;
mod server;
mod tls;

pub use cocobase_hub::{Overflow, PeerConfig, RoomsConfig};
pub use config::Config;
pub use key_file::KeyFileError;
pub use keys::Keys;
pub use limits::Limits;
pub use server::{Error, Server};
pub use tls::{TlsConfig, TlsError};
