//! The server of this crate, through its library, with its data in memory.

use cocobase_server::{Config, Server};

use crate::traffic::KEY;
use crate::trouble::Outcome;

pub(super) fn play() -> Outcome<()> {
    // As the program does it.
    tokio::runtime::Runtime::new()?.block_on(async {
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            keys: vec![KEY.into()],
            ..Config::default()
        };
        let server = Server::bind(config).await.map_err(|error| error.to_string())?;
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        super::report(server.local_addr(), server.local_addr(), || drop(end))?;
        server.run(async { ended.await.unwrap_or_default() }).await;
        Ok(())
    })
}
