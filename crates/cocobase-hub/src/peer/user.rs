//! Who a client is to the others.

use alloc::format;
use alloc::sync::Arc;

use cocobase_proto::{Participant, Text, User};

use crate::hub::Hub;
use crate::rooms::EnterError;

impl Hub {
    /// The user that a client says it is; what it does not say is made up. The texts are copies, as
    /// a part of a frame would keep all of it.
    pub(super) fn identify(&mut self, user: User) -> Result<Arc<Participant>, EnterError> {
        let id = match user.id {
            Some(id) => Text::from(&*id),
            None => format!("user_{:016x}", self.draw()).into(),
        };
        let participant = Participant { id, name: user.name.map(|name| Text::from(&*name)) };
        self.config.rooms.check_user(&participant)?;
        Ok(Arc::new(participant))
    }
}
