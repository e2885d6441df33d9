//! `cocobase export`: the documents of a collection, page after page.

mod csv;
mod json;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use cocobase_proto::query::ListQuery;
use cocobase_proto::{Document, Text};
use cocobase_tokio::{Collection, Error};
use serde_json::Value;
use serde_json::value::RawValue;
use tempfile::NamedTempFile;

use crate::args::{Export, ExportFormat};
use crate::connect;
use crate::exit::{End, Exit, Failure};
use crate::fields::Fields;
use crate::output::{counted, remark};
use crate::signals::Signals;

/// Documents a page; one more is asked for, to see that the page joins the one before.
const PAGE: u64 = 999;

/// What documents are written to.
trait Sink {
    /// Writes one document.
    fn write(&mut self, fields: &Fields) -> io::Result<()>;
    /// Writes what stands behind the last one, down to the disk or the pipe.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Writes all documents that fit.
pub(crate) async fn run(args: Export) -> Result<(), End> {
    let mut signals = Signals::listen()?;
    let filter = args.select.filter()?;
    let client = connect::client(&args.connection)?;
    let mut pages = Pages::new(client.collection(&args.collection), filter);
    let format = args.format.unwrap_or_else(|| by_ending(args.file.as_deref()));
    let file = args.file.filter(|file| file.as_os_str() != "-");

    let export = async {
        let Some(file) = file else {
            write_all(&mut pages, sink(format, io::stdout())?, args.with_ids).await?;
            return Ok(());
        };
        let cannot = |error: &dyn std::fmt::Display| {
            Failure::new(Exit::Failed, format_args!("cannot write {}: {error}", file.display()))
                .next("check the folder's rights and the disk's space")
        };
        let part = beside(&file).map_err(|error| cannot(&error))?;
        let output = BufWriter::new(part.reopen().map_err(|error| cannot(&error))?);
        let sink = sink(format, output)?;
        let count = match write_all(&mut pages, sink, args.with_ids).await {
            Err(WriteError::Output(error)) => return Err(cannot(&error).into()),
            result => result?,
        };
        part.as_file().sync_all().map_err(|error| cannot(&error))?;
        part.persist(&file).map_err(|error| cannot(&error.error))?;
        let count = counted(count, "document");
        remark(format_args!("exported {count} to {}", file.display()));
        Ok(())
    };
    tokio::select! {
        result = export => result,
        () = signals.next() => Err(Failure::new(Exit::Interrupted, "the export was stopped").into()),
    }
}

/// What ended the writing: our side or theirs.
enum WriteError {
    Output(io::Error),
    Failure(Failure),
}

impl From<WriteError> for End {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Output(error) => error.into(),
            WriteError::Failure(failure) => failure.into(),
        }
    }
}

async fn write_all(
    pages: &mut Pages,
    mut sink: Box<dyn Sink>,
    with_ids: bool,
) -> Result<u64, WriteError> {
    let mut count = 0;
    while let Some(page) = pages.next().await.map_err(WriteError::Failure)? {
        for document in &page {
            let fields = fields(document, with_ids).map_err(WriteError::Failure)?;
            sink.write(&fields).map_err(WriteError::Output)?;
            count += 1;
        }
    }
    sink.finish().map_err(WriteError::Output)?;
    Ok(count)
}

fn fields(document: &Document, with_id: bool) -> Result<Fields, Failure> {
    let mut fields = Fields::stored(document).map_err(|error| {
        Failure::new(Exit::Failed, format_args!("the server's document is unreadable: {error}"))
    })?;
    let id = document.id().map(|id| Value::from(id.as_str()).to_string());
    if let (true, Some(id)) = (with_id, id.and_then(|id| RawValue::from_string(id).ok())) {
        fields.0.retain(|(name, _)| name != "id");
        fields.0.insert(0, ("id".into(), id));
    }
    Ok(fields)
}

fn by_ending(file: Option<&Path>) -> ExportFormat {
    let ending = file.and_then(Path::extension).and_then(|ending| ending.to_str());
    match ending.map(str::to_ascii_lowercase).as_deref() {
        Some("json") => ExportFormat::Array,
        Some("csv") => ExportFormat::Csv,
        _ => ExportFormat::Jsonl,
    }
}

fn sink(format: ExportFormat, output: impl Write + 'static) -> Result<Box<dyn Sink>, End> {
    Ok(match format {
        ExportFormat::Jsonl => Box::new(json::Lines::new(output)),
        ExportFormat::Array => Box::new(json::Array::new(output)),
        ExportFormat::Csv => Box::new(csv::Csv::new(output)?),
    })
}

/// A file that takes `file`'s name when it is whole, with the rights that a new file has.
fn beside(file: &Path) -> io::Result<NamedTempFile> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder: PathBuf = folder.map_or_else(|| ".".into(), Path::to_owned);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cocobase-export-");
    builder.make_in(folder, |path| {
        fs::OpenOptions::new().read(true).write(true).create_new(true).open(path)
    })
}

/// The pages of a collection in the order of creation.
struct Pages {
    collection: Collection,
    query: ListQuery,
    page: u64,
    /// The last document of the page before: the next page must begin with it.
    last: Option<Text>,
    done: bool,
}

impl Pages {
    fn new(collection: Collection, filter: cocobase_proto::filter::Filter) -> Self {
        let query = ListQuery { filter, ..ListQuery::default() };
        Self { collection, query, page: PAGE, last: None, done: false }
    }

    async fn next(&mut self) -> Result<Option<Vec<Document>>, Failure> {
        if self.done {
            return Ok(None);
        }
        let overlap = u64::from(self.last.is_some());
        let mut documents = loop {
            self.query.limit = Some(self.page + overlap);
            match self.collection.list(&self.query).await {
                // Large documents: the answer has a bound of its own.
                Err(Error::Status { status: 413 | 422, .. }) if self.page > 1 => self.page /= 2,
                answer => break answer.map_err(|error| connect::failure(&error))?,
            }
        };
        if let Some(last) = &self.last {
            let joins = documents.first().and_then(Document::id).is_some_and(|id| id == **last);
            if !joins {
                return Err(Failure::new(
                    Exit::Failed,
                    "documents were deleted, or ceased to fit, while the export ran",
                )
                .next("run it again"));
            }
            documents.remove(0);
        }
        let count = documents.len() as u64;
        self.done = count < self.page;
        if let Some(id) = documents.last().and_then(Document::id) {
            self.query.offset += count - u64::from(self.last.is_none());
            self.last = Some(id);
        } else {
            self.done = true;
        }
        Ok(Some(documents))
    }
}
