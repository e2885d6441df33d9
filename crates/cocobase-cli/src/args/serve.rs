//! `cocobase serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

const AFTER_HELP: &str = "\
Standard output gets `cocobase listening on http://ADDR` (https with --tls-cert) once connections are accepted, and, without
--api-key, a second line `API key: KEY`. Everything else goes to standard error.

Ctrl-C or SIGTERM stops it gracefully; a second one at once.

Examples:
  cocobase serve
  cocobase serve --listen 127.0.0.1:0 --memory --api-key test
  cocobase serve --listen 0.0.0.0:4200 --data /var/lib/cocobase
  cocobase serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem";

/// Serve collections, over HTTP and live
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4200", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// The data folder. Default: `cocobase` in the user's data folder (XDG_DATA_HOME, or
    /// ~/.local/share; %LOCALAPPDATA% on Windows)
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Keep everything in memory: it is gone when the server stops
    #[arg(long, conflicts_with = "data")]
    pub(crate) memory: bool,
    /// A key that clients may use; may be repeated. Without one, a key is made at the first start
    /// and kept in the data folder
    #[arg(
        long = "api-key",
        value_name = "KEY",
        env = "COCOBASE_API_KEY",
        hide_env_values = true,
        value_delimiter = ','
    )]
    pub(crate) api_keys: Vec<String>,
    /// The data file grows to at most so many bytes; then writes are refused. Default: no bound
    #[arg(long, value_name = "BYTES", conflicts_with = "memory")]
    pub(crate) max_data_bytes: Option<u64>,
    /// Serve over TLS, with the certificate in this PEM file; those that vouch for it stand behind it
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The PEM file with the certificate's private key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// How documents stand in live events: their fields beside the id, or under `data`, as the
    /// vendor's Go and Dart packages expect
    #[arg(long, value_name = "SHAPE", value_enum, default_value_t)]
    pub(crate) document_shape: Shape,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse()
        .map_err(|_| "expected an address and a port, for instance 127.0.0.1:4200 or [::1]:0")
}

/// How documents stand in live events.
#[derive(Debug, Clone, Copy, Default, ValueEnum)]
pub(crate) enum Shape {
    /// `{"id":…,"name":…}`
    #[default]
    Flat,
    /// `{"id":…,"data":{"name":…}}`
    Nested,
}
