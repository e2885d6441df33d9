//! Logs: on standard error, so that standard output stays what was asked for.

use tracing_subscriber::EnvFilter;

use crate::args::Logging;
use crate::exit::{Exit, Failure};

/// Starts logging. A server tells more of itself than a command that is over in a moment.
pub(crate) fn start(logging: Logging, is_server: bool) -> Result<(), Failure> {
    let told = ["COCOBASE_LOG", "RUST_LOG"].into_iter().find_map(|name| {
        std::env::var(name).ok().filter(|value| !value.is_empty()).map(|v| (name, v))
    });
    let filter = match told {
        Some((name, directives)) => EnvFilter::try_new(directives).map_err(|error| {
            Failure::new(Exit::Usage, format_args!("{name}: {error}"))
                .next("write it like `info` or `warn,cocobase_server=debug`")
        })?,
        None => EnvFilter::new(level(logging, is_server)),
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        .with_writer(std::io::stderr)
        .init();
    Ok(())
}

fn level(logging: Logging, is_server: bool) -> &'static str {
    match (logging.quiet, logging.verbose) {
        (true, _) => "error",
        (false, 0) if is_server => "info",
        (false, 0) => "warn",
        (false, 1) => "debug",
        (false, _) => "trace",
    }
}
