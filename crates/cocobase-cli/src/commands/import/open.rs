//! From a file, or standard input, to its records.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek};
use std::path::Path;

use indicatif::ProgressBar;

use super::array::Array;
use super::csv::Csv;
use super::lines::Lines;
use super::record::{Fault, Records};
use super::types::Types;
use crate::args::ImportFormat;
use crate::exit::{Exit, Failure};

type Input = Box<dyn BufRead + Send>;

/// Opens what is to be imported; `bar` follows the reading of it.
pub(crate) fn open(
    path: &Path,
    format: Option<ImportFormat>,
    types: &Types,
    bar: &ProgressBar,
) -> Result<Records, Failure> {
    let unreadable = |error: io::Error| {
        Failure::new(Exit::BadData, format_args!("cannot read {}: {error}", path.display()))
            .next("check the file's name and rights, or give - for standard input")
    };
    let is_stdin = path.as_os_str() == "-";
    let format = format.or_else(|| by_ending(path));
    if let Some(separator) = format.and_then(separator) {
        let mut file = if is_stdin {
            // The types of the columns show only when all of it has been seen.
            let mut file = tempfile::tempfile().map_err(unreadable)?;
            io::copy(&mut io::stdin().lock(), &mut file).map_err(unreadable)?;
            file
        } else {
            File::open(path).map_err(unreadable)?
        };
        bar.set_length(length(&mut file).map_err(unreadable)?);
        let csv = Csv::open(file, separator, types, |file| bar.wrap_read(file))
            .map_err(|fault| bad_data(path, &fault))?;
        return Ok(Box::new(csv));
    }
    if !types.is_empty() {
        return Err(Failure::new(Exit::Usage, "--types is for CSV: JSON has types of its own")
            .next("leave it out, or say --format csv"));
    }
    let mut input: Input = if is_stdin {
        Box::new(BufReader::new(bar.wrap_read(io::stdin())))
    } else {
        let mut file = File::open(path).map_err(unreadable)?;
        bar.set_length(length(&mut file).map_err(unreadable)?);
        Box::new(BufReader::with_capacity(64 * 1024, bar.wrap_read(file)))
    };
    skip_byte_order_mark(&mut input).map_err(unreadable)?;
    let first = first_character(&mut input).map_err(unreadable)?;
    match format {
        Some(ImportFormat::Jsonl) => Ok(Box::new(Lines::new(input))),
        Some(_) => Ok(Box::new(Array::new(input))),
        None => match first {
            Some(b'[') => Ok(Box::new(Array::new(input))),
            Some(b'{') | None => Ok(Box::new(Lines::new(input))),
            Some(_) => Err(Failure::new(
                Exit::Usage,
                format_args!("cannot tell the format of {}", path.display()),
            )
            .next("give --format jsonl, array, csv or tsv")),
        },
    }
}

/// The failure that a fault in the file makes.
pub(crate) fn bad_data(path: &Path, fault: &Fault) -> Failure {
    let name =
        if path.as_os_str() == "-" { "standard input".into() } else { path.display().to_string() };
    Failure::new(Exit::BadData, format_args!("{name}, {fault}"))
}

/// What the file's name says; a `.json` may be either of two.
fn by_ending(path: &Path) -> Option<ImportFormat> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jsonl" | "ndjson" => Some(ImportFormat::Jsonl),
        "csv" => Some(ImportFormat::Csv),
        "tsv" => Some(ImportFormat::Tsv),
        _ => None,
    }
}

fn separator(format: ImportFormat) -> Option<u8> {
    match format {
        ImportFormat::Csv => Some(b','),
        ImportFormat::Tsv => Some(b'\t'),
        ImportFormat::Jsonl | ImportFormat::Array => None,
    }
}

/// How long the file is: 0 for a pipe, whose length nobody knows.
fn length(file: &mut File) -> io::Result<u64> {
    if !file.metadata()?.is_file() {
        return Ok(0);
    }
    let length = file.seek(io::SeekFrom::End(0))?;
    file.rewind()?;
    Ok(length)
}

fn skip_byte_order_mark(input: &mut Input) -> io::Result<()> {
    if input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
        input.consume(3);
    }
    Ok(())
}

/// The first character that is not white space, as far as one read shows it.
fn first_character(input: &mut Input) -> io::Result<Option<u8>> {
    Ok(input.fill_buf()?.iter().copied().find(|byte| !byte.is_ascii_whitespace()))
}
