//! The program `cocobase`: serve collections, watch them change, talk in rooms, move
//! documents in and out.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod connect;
mod exit;
mod fields;
mod json;
mod logging;
mod output;
mod signals;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use exit::{End, Exit, Failure};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = logging::start(cli.logging, matches!(cli.command, Command::Serve(_)))
        .map_err(End::from)
        .and_then(|()| run(cli));
    match result {
        Ok(()) | Err(End::ReaderGone) => ExitCode::SUCCESS,
        Err(End::Failure(failure)) => {
            output::complain(&failure);
            ExitCode::from(failure.exit() as u8)
        }
    }
}

fn run(cli: Cli) -> Result<(), End> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Failure::new(Exit::Failed, format_args!("cannot start: {error}"))
            .next("check the limits on threads and open files")
    })?;
    let result = runtime.block_on(async {
        match cli.command {
            Command::Serve(args) => commands::serve::run(args).await,
            Command::Watch(args) => commands::watch::run(args).await,
            Command::Chat(args) => commands::talk::chat(args).await,
            Command::Broadcast(args) => commands::talk::broadcast(args).await,
            Command::Rooms(args) => commands::rooms::run(args).await,
            Command::Doc(args) => commands::doc::run(args).await,
            Command::Import(args) => commands::import::run(args).await,
            Command::Export(args) => commands::export::run(args).await,
            Command::Demo(args) => commands::demo::run(args).await,
        }
    });
    // A thread that waits for standard input would hold up the end for ever.
    runtime.shutdown_background();
    result
}
