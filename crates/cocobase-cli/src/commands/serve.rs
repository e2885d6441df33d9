//! `cocobase serve`.

use std::path::PathBuf;
use std::process;

use cocobase_proto::Secret;
use cocobase_server::log::Data;
use cocobase_server::{Config, Error, Server, TlsConfig};
use tokio::sync::oneshot;

use crate::args::{Serve, Shape};
use crate::connect::{default_data_folder, key_file};
use crate::exit::{End, Exit, Failure};
use crate::output::{line, remark};
use crate::signals::Signals;

/// Serves until ctrl-C or SIGTERM.
pub(crate) async fn run(args: Serve) -> Result<(), End> {
    let mut signals = Signals::listen()?;
    #[cfg(unix)]
    allow_many_sockets();
    let folder = folder(&args)?;
    let config = Config {
        listen: args.listen,
        data: folder.clone().map_or(Data::Memory, Data::Folder),
        // A variable that is set to nothing is as good as not set.
        keys: args.api_keys.into_iter().filter(|key| !key.is_empty()).map(Secret::from).collect(),
        shape: match args.document_shape {
            Shape::Flat => cocobase_proto::Shape::Flat,
            Shape::Nested => cocobase_proto::Shape::Nested,
        },
        max_data_bytes: args.max_data_bytes,
        tls: args.tls_cert.zip(args.tls_key).map(|(cert, key)| TlsConfig { cert, key }),
        ..Config::default()
    };
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let server = Server::bind(config).await.map_err(|error| failure(&error))?;
    let (stop, stopped) = oneshot::channel();
    tokio::spawn(async move {
        signals.next().await;
        remark("stopping; ask once more to stop at once");
        let _ = stop.send(());
        // Who asks twice does not want to wait for requests under way. What was acknowledged is
        // durable at any moment.
        signals.next().await;
        process::exit(Exit::Interrupted as i32);
    });
    // The socket listens already: whoever reads this line can connect.
    line(format_args!("cocobase listening on {scheme}://{}", server.local_addr()))?;
    if let Some(key) = server.generated_key() {
        line(format_args!("API key: {}", key.expose()))?;
        remark(match &folder {
            Some(folder) => format!("the key is kept in {}", key_file(folder).display()),
            None => "the key is gone when the server stops, like everything in memory".into(),
        });
    }
    server.run(async { stopped.await.unwrap_or_default() }).await;
    Ok(())
}

/// Each watcher takes a file descriptor, and the soft limit on them, 1,024 as a rule, is there for
/// programs that use `select`. Without more, a thousand watchers would shut out every request.
#[cfg(unix)]
fn allow_many_sockets() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        tracing::warn!(%error, "cannot raise the limit on open files");
    }
}

/// The data folder; none for a server that keeps all in memory.
fn folder(args: &Serve) -> Result<Option<PathBuf>, Failure> {
    if args.memory {
        return Ok(None);
    }
    args.data.clone().or_else(default_data_folder).map(Some).ok_or_else(|| {
        Failure::new(Exit::Usage, "this system does not tell where data belong")
            .next("name a data folder with --data, or keep all in memory with --memory")
    })
}

fn failure(error: &Error) -> Failure {
    let failure = Failure::new(Exit::Failed, error);
    match error {
        Error::Listen { .. } => {
            failure.next("stop what listens there, or choose another address with --listen")
        }
        Error::Tls(_) => failure.next(
            "name a certificate with --tls-cert and its private key with --tls-key, both as PEM files",
        ),
        Error::Open(_) => failure.next("check the folder, or choose another one with --data"),
        _ => failure,
    }
}
