//! The command line.

mod demo;
mod doc;
mod select;
mod serve;
mod talk;
mod transfer;
mod watch;

use std::path::PathBuf;

use clap::builder::Styles;
use clap::{ArgAction, Args, Parser, Subcommand};

pub(crate) use demo::{Demo, Speed};
pub(crate) use doc::{Direction, Doc, DocCommand, List};
pub(crate) use select::Select;
pub(crate) use serve::{Serve, Shape};
pub(crate) use talk::{Broadcast, Chat, Rooms, Talk};
pub(crate) use transfer::{Export, ExportFormat, Import, ImportFormat};
pub(crate) use watch::Watch;

use crate::output::{GOOD, NAME, STRONG};

const STYLES: Styles =
    Styles::styled().header(STRONG).usage(STRONG).literal(NAME).placeholder(GOOD);

const AFTER_HELP: &str = "\
Examples:
  cocobase demo                                      see everything at work, in half a minute
  cocobase serve                                     a server on 127.0.0.1:4200
  cocobase import quakes earthquakes.jsonl
  cocobase watch quakes --where 'mag >= 4.5 and place contains \"Alaska\"'
  cocobase chat general --create --user-name Alice

Exit codes:
  0    done
  1    failed; demo: an event was missing, doubled or out of order
  2    the command line makes no sense
  3    refused: the credentials, the collection or the room; trying again cannot help
  4    the server could not be reached, or had a fault for too long
  5    bad data: a document, a file or a request is not what it must be
  130  stopped by ctrl-C or SIGTERM in the middle of work

Environment, where an option does not say otherwise:
  COCOBASE_URL, COCOBASE_API_KEY, COCOBASE_CA   --url, --api-key and --ca
  HTTPS_PROXY, HTTP_PROXY, ALL_PROXY            the proxy to https, to http, to what is left
  NO_PROXY                                      whom to reach without: `db.example,10.0.0.0/8`
  COCOBASE_LOG, RUST_LOG                        what is logged: `info,cocobase_driver=debug`
  NO_COLOR                                      no colours; there are some only on a terminal";

/// Cocobase realtime: serve documents, watch them change, move them in and out.
#[derive(Debug, Parser)]
#[command(name = "cocobase", version, styles = STYLES, after_help = AFTER_HELP)]
#[command(arg_required_else_help = true, disable_help_subcommand = false)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) logging: Logging,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Serve(Serve),
    Watch(Watch),
    Chat(Chat),
    Broadcast(Broadcast),
    Rooms(Rooms),
    Doc(Doc),
    Import(Import),
    Export(Export),
    Demo(Demo),
}

/// How much is said on standard error.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Logging {
    /// Say more; twice, say everything. COCOBASE_LOG or RUST_LOG (`info,cocobase_server=debug`)
    /// decide in detail
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    pub(crate) verbose: u8,
    /// Say only what went wrong
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

/// Where the server is, and what to prove oneself with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct Connection {
    /// The server's address
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    pub(crate) url: String,
    /// The project's API key. Without one, and with a server on this machine, the key that
    /// `cocobase serve` keeps in its default data folder is used
    #[arg(long, value_name = "KEY", env = "COCOBASE_API_KEY", hide_env_values = true)]
    pub(crate) api_key: Option<String>,
    /// Send the key over plain http to another machine, where anyone on the way can read it
    #[arg(long)]
    pub(crate) allow_insecure: bool,
    /// Go to every server through this proxy: http://, https:// or socks5://, perhaps with
    /// NAME:PASSWORD@; or `none`. Default: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say,
    /// with none for this machine itself
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// Believe servers that the authorities in this PEM file vouch for, beside those that browsers
    /// believe. May be repeated
    #[arg(long, value_name = "FILE", env = "COCOBASE_CA")]
    pub(crate) ca: Vec<PathBuf>,
    /// Show this certificate to a server that asks for one: a PEM file with its chain
    #[arg(long, value_name = "FILE", requires = "client_key")]
    pub(crate) client_cert: Option<PathBuf>,
    /// The private key of --client-cert, as PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    pub(crate) client_key: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_option_and_command_is_documented() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
            for argument in command.get_arguments() {
                assert!(
                    argument.get_help().is_some(),
                    "{} {} has no help",
                    command.get_name(),
                    argument.get_id()
                );
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }
}
