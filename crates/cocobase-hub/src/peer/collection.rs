//! Surface C: one collection.

use alloc::boxed::Box;

use cocobase_proto::Text;
use cocobase_proto::wire::{self, ErrorMessage};

use super::{Hello, Wish, hello_error};
use crate::watch::Watch;

pub(super) fn hello(text: &str, collection: &Text) -> Result<Hello, Box<ErrorMessage>> {
    let hello = wire::Hello::decode(text).map_err(|error| hello_error(&error))?;
    let watch = Watch {
        collection: collection.clone(),
        filter: hello.filter,
        written_filter: wire::Hello::written_filter(text).map(Text::from),
        resume: hello.resume,
        wants_snapshot: hello.snapshot,
        wants_greeting: true,
    };
    Ok(Hello { credentials: hello.credentials, wish: Wish::Watch(watch), user: None })
}
