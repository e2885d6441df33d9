//! `cocobase import` and `cocobase export`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use super::{Connection, Select};
use crate::commands::import::{Token, Types};

const AFTER_IMPORT: &str = "\
Documents are stored in the order of the file, batch after batch; a batch is stored whole or not
at all. When the server is away, or has a passing fault, the same batch is sent again under the
same idempotency key, so nothing is stored twice. When the import ends early, it says which lines
are stored and how to go on with --resume, within 24 hours and with the same file.

A bad line stops the import: what stands before it is stored. With --skip-bad it is reported and
left out. With --dry-run nothing is sent.

CSV: the first line names the fields. A column is a number or a boolean when every value in it is
one (as JSON writes it: 007, +1, 1e999 and integers beyond 64 bits are text), and text otherwise;
an empty value is null. --types decides instead: number, bool, text (an empty value is then an
empty text), or json.

Examples:
  cocobase import quakes earthquakes.jsonl
  cocobase import people people.csv --types zip:text,tags:json
  curl -s https://example.com/all.json | cocobase import things -";

/// Store the documents of a file: JSON Lines, a JSON array, or CSV
#[derive(Debug, Args)]
#[command(after_help = AFTER_IMPORT)]
pub(crate) struct Import {
    /// The collection; the first document makes it
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) collection: String,
    /// The file, or - for standard input
    pub(crate) file: PathBuf,
    /// The file's format. Default: by its ending (.jsonl .ndjson .json .csv .tsv), else by its
    /// first character
    #[arg(long, value_enum)]
    pub(crate) format: Option<ImportFormat>,
    /// What the columns of a CSV file hold, for instance `age:number,zip:text`
    #[arg(long, value_name = "COLUMN:TYPE,…", default_value = "", hide_default_value = true)]
    pub(crate) types: Types,
    /// Documents a batch
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1000))]
    pub(crate) batch: Option<u64>,
    /// Report bad documents and go on without them
    #[arg(long)]
    pub(crate) skip_bad: bool,
    /// Read and check everything, and store nothing
    #[arg(long, conflicts_with = "resume")]
    pub(crate) dry_run: bool,
    /// How many seconds to try again when the server is away
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = super::watch::seconds)]
    pub(crate) retry_for: Duration,
    /// Go on where an earlier import of the same file ended; it said the token
    #[arg(long, value_name = "TOKEN")]
    pub(crate) resume: Option<Token>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What a file to import is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ImportFormat {
    /// One JSON object a line
    Jsonl,
    /// One JSON array of objects
    Array,
    /// Comma-separated values under a line of names
    Csv,
    /// Tab-separated values under a line of names
    Tsv,
}

const AFTER_EXPORT: &str = "\
Documents come in the order of their creation, with the fields they were stored with, so that
`cocobase import` of the file makes the same documents again. A file is written beside its name
first and takes the name when it is whole. Documents deleted while the export runs are noticed, and
end it with code 1.

CSV has one column for every field of any document; objects and arrays are written as JSON.

Examples:
  cocobase export quakes quakes.jsonl
  cocobase export quakes --where 'mag >= 4.5' --format csv > strong.csv";

/// Write the documents of a collection: JSON Lines, a JSON array, or CSV
#[derive(Debug, Args)]
#[command(after_help = AFTER_EXPORT)]
pub(crate) struct Export {
    /// The collection
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) collection: String,
    /// The file; without it, or with -, standard output
    pub(crate) file: Option<PathBuf>,
    /// The format. Default: by the file's ending (.json .csv), else JSON Lines
    #[arg(long, value_enum)]
    pub(crate) format: Option<ExportFormat>,
    /// Write each document's id too, as its field `id`
    #[arg(long)]
    pub(crate) with_ids: bool,
    #[command(flatten)]
    pub(crate) select: Select,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// What an exported file is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One JSON object a line
    Jsonl,
    /// One JSON array of objects
    Array,
    /// Comma-separated values under a line of names
    Csv,
}
