//! Surface B: everyone in the project.

use alloc::boxed::Box;

use cocobase_proto::wire::{self, ErrorMessage};

use super::{Hello, Wish, hello_error};

pub(super) fn hello(text: &str) -> Result<Hello, Box<ErrorMessage>> {
    let hello = wire::BroadcastHello::decode(text).map_err(|error| hello_error(&error))?;
    let wish = Wish::Broadcast { resume: hello.resume };
    Ok(Hello { credentials: hello.credentials, wish, user: Some(hello.user) })
}
