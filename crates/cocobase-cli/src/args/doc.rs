//! `cocobase doc`.

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, Subcommand, ValueEnum};

use super::{Connection, Select};

const AFTER_HELP: &str = "\
A document is one JSON object: written out, `@FILE`, or `-` for standard input.

Examples:
  cocobase doc create users '{\"name\":\"Ada\",\"age\":36}'
  cocobase doc list users --where 'age >= 18' --sort age --order desc --limit 10
  cocobase doc update users ID '{\"age\":37}'
  cocobase doc get users ID --json | jq .age
  cocobase doc delete users ID";

/// Create, read, list, change and delete documents
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Doc {
    #[command(subcommand)]
    pub(crate) command: DocCommand,
}

/// What to do with documents.
#[derive(Debug, Subcommand)]
pub(crate) enum DocCommand {
    /// Store a new document and show it with its id
    Create {
        /// The collection; the first document makes it
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        collection: String,
        /// The document: JSON, @FILE, or - for standard input
        document: String,
        #[command(flatten)]
        show: Show,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show one document
    Get {
        /// The collection
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        collection: String,
        /// The document's id
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        show: Show,
        #[command(flatten)]
        connection: Connection,
    },
    /// Show the documents that fit, a page of them or all
    List(List),
    /// Change the fields that are given and leave the others
    Update {
        /// The collection
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        collection: String,
        /// The document's id
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The fields to change: JSON, @FILE, or - for standard input
        fields: String,
        #[command(flatten)]
        show: Show,
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete documents
    Delete {
        /// The collection
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        collection: String,
        /// The documents' ids
        #[arg(required = true, value_parser = NonEmptyStringValueParser::new())]
        ids: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

/// Show the documents that fit, a page of them or all
#[derive(Debug, Args)]
pub(crate) struct List {
    /// The collection
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) collection: String,
    /// The field to sort by. Without it, documents come in the order of their creation
    #[arg(long, value_name = "FIELD")]
    pub(crate) sort: Option<String>,
    /// The direction of --sort
    #[arg(long, value_enum, default_value_t, requires = "sort")]
    pub(crate) order: Direction,
    /// At most so many documents
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    pub(crate) limit: u64,
    /// Leave out so many at the start
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) offset: u64,
    /// All of them, page after page
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) show: Show,
    #[command(flatten)]
    pub(crate) select: Select,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// How documents are shown.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Show {
    /// One JSON object a line, with the document's id in it
    #[arg(long)]
    pub(crate) json: bool,
}

/// The direction of a sort.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Direction {
    /// Smallest first
    #[default]
    Asc,
    /// Largest first
    Desc,
}
