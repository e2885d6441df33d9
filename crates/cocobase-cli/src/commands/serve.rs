//! `cocobase serve`.

use std::path::PathBuf;

use cocobase_server::{Config, Server};

use crate::args::{Serve, Shape};
use crate::connect::{default_data_folder, key_file};
use crate::exit::{End, Exit, Failure};
use crate::output::{line, remark};

/// Serves until ctrl-C or SIGTERM.
pub(crate) async fn run(args: Serve) -> Result<(), End> {
    let folder = folder(&args)?;
    let config = config(&args, folder.clone());
    let server = Server::bind(config).await.map_err(|error| failure(&error, &args))?;
    line(format_args!("cocobase listening on http://{}", server.local_addr()))?;
    if let Some(key) = server.generated_key() {
        line(format_args!("API key: {}", key.expose()))?;
        if let Some(folder) = &folder {
            remark(format_args!("The key is kept in {}", key_file(folder).display()));
        }
    }
    tokio::spawn(async {
        stop_signal().await;
        remark("stopping; once more to stop at once");
        stop_signal().await;
        std::process::exit(Exit::Interrupted as i32);
    });
    server.run(stop_signal()).await.map_err(|error| failure(&error, &args))?;
    Ok(())
}
