//! Where servers and their surfaces are.

use cocobase_proto::{BaseUrl, BaseUrlError};
use serde::Deserialize;
use serde_json::json;

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::Letter;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BaseVector {
    base: String,
    address: Option<Address>,
    error: Option<String>,
}

/// The addresses of the path `/x`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    websocket: String,
    http: String,
    secure: bool,
    loopback: bool,
}

impl Vector for BaseVector {
    fn check(&self) -> Result<(), String> {
        match (BaseUrl::parse(&self.base), &self.address, &self.error) {
            (Ok(base), Some(expected), None) => {
                let Address { websocket, http, secure, loopback } = expected;
                let expected = json!([websocket, http, secure, loopback]);
                let found = json!([
                    base.websocket("/x"),
                    base.http("/x"),
                    base.is_secure(),
                    base.is_loopback()
                ]);
                compare("address", &expected, &found)
            }
            (Err(error), None, Some(expected)) => {
                let found = match error {
                    BaseUrlError::Scheme => "scheme",
                    BaseUrlError::NoHost => "no_host",
                    BaseUrlError::UserInfo => "user_info",
                    BaseUrlError::Query => "query",
                    BaseUrlError::Port => "port",
                    BaseUrlError::Character => "character",
                    _ => "not in this format",
                };
                compare("error", &json!(expected), &json!(found))
            }
            (found, ..) => Err(format!("reading gave {found:?}")),
        }
    }
}

/// The path of a WebSocket surface.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PathVector {
    surface: Letter,
    /// The collection or the room, if the surface has one.
    #[serde(default, rename = "of")]
    of: String,
    path: String,
}

impl Vector for PathVector {
    fn check(&self) -> Result<(), String> {
        let found = match self.surface {
            Letter::G => BaseUrl::GATEWAY_PATH.into(),
            Letter::C => BaseUrl::collection_watch_path(&self.of),
            Letter::SelfHosted => BaseUrl::self_hosted_watch_path(&self.of),
            Letter::B => BaseUrl::BROADCAST_PATH.into(),
            Letter::R => BaseUrl::room_path(&self.of),
            Letter::S | Letter::L | Letter::D => return Err("see rest-requests.json".into()),
        };
        compare("path", &json!(self.path), &json!(found))
    }
}
