//! `cocobase doc`: documents, one by one and in lists.

use std::fs::File;
use std::io::{self, Read};

use cocobase_proto::Document;
use cocobase_proto::query::{ListQuery, Order};
use serde_json::value::RawValue;

use crate::args::{Direction, Doc, DocCommand, List};
use crate::connect::{client, failure};
use crate::exit::{End, Exit, Failure};
use crate::fields::{Fields, printable};
use crate::json::{self, MAX_DOCUMENT};
use crate::output::{BAD, DIM, NAME, counted, line, paint, remark};

/// How many documents one request of `--all` asks for.
const PAGE: u64 = 500;

/// Does one thing with documents.
pub(crate) async fn run(args: Doc) -> Result<(), End> {
    match args.command {
        DocCommand::Create { collection, document, show, connection } => {
            let fields = argument(&document)?;
            let collection = client(&connection)?.collection(&collection);
            let document = collection.create(&fields).await.map_err(|error| failure(&error))?;
            print(&document, show.json)
        }
        DocCommand::Get { collection, id, show, connection } => {
            let collection = client(&connection)?.collection(&collection);
            let document = collection.get(&id).await.map_err(|error| failure(&error))?;
            print(&document, show.json)
        }
        DocCommand::Update { collection, id, fields, show, connection } => {
            let fields = argument(&fields)?;
            let collection = client(&connection)?.collection(&collection);
            let document =
                collection.update(&id, &fields).await.map_err(|error| failure(&error))?;
            print(&document, show.json)
        }
        DocCommand::Delete { collection, ids, connection } => {
            let collection = client(&connection)?.collection(&collection);
            for id in ids {
                let context = format!("`{}`", printable(&id));
                collection.delete(&id).await.map_err(|error| failure(&error).context(context))?;
                line(format_args!("{} {}", paint(BAD, "deleted"), paint(NAME, printable(&id))))?;
            }
            Ok(())
        }
        DocCommand::List(args) => list(args).await,
    }
}

async fn list(args: List) -> Result<(), End> {
    let mut query = ListQuery {
        filter: args.select.filter()?,
        sort: args.sort,
        order: match args.order {
            Direction::Asc => Order::Ascending,
            Direction::Desc => Order::Descending,
        },
        limit: Some(if args.all { PAGE } else { args.limit }),
        offset: args.offset,
    };
    let collection = client(&args.connection)?.collection(&args.collection);
    let mut shown = 0_u64;
    loop {
        let documents = collection.list(&query).await.map_err(|error| failure(&error))?;
        for document in &documents {
            if args.show.json {
                line(fields(document)?.to_json())?;
            } else {
                let stored = Fields::stored(document).map_err(unreadable)?.brief();
                let id = document.id().unwrap_or_default();
                line(format_args!("{}  {stored}", paint(NAME, printable(&id))))?;
            }
        }
        let count = documents.len() as u64;
        shown += count;
        query.offset += count;
        if count == 0 || !args.all {
            break;
        }
    }
    if !args.show.json {
        remark(paint(DIM, counted(shown, "document")));
    }
    Ok(())
}

fn print(document: &Document, one_line: bool) -> Result<(), End> {
    let fields = fields(document)?;
    Ok(line(if one_line { fields.to_json() } else { fields.to_lines() })?)
}

fn fields(document: &Document) -> Result<Fields, Failure> {
    Fields::all(document).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Failed, format_args!("the server's document is unreadable: {error}"))
}

/// The document in an argument: itself, `@FILE`, or `-`.
fn argument(text: &str) -> Result<Box<RawValue>, Failure> {
    let (what, bytes) = match text.strip_prefix('@') {
        _ if text == "-" => ("standard input", read(io::stdin())),
        Some(file) => (file, File::open(file).and_then(read)),
        None => ("the document", Ok(text.as_bytes().to_vec())),
    };
    let bytes = bytes.map_err(|error| {
        Failure::new(Exit::BadData, format_args!("cannot read {what}: {error}"))
    })?;
    json::document(bytes.trim_ascii()).map_err(|problem| {
        let at =
            if problem.line > 0 { format!(", line {}", problem.line + 1) } else { String::new() };
        Failure::new(Exit::BadData, format_args!("{what}{at}: {}", problem.what))
            .next("a document is one JSON object, for instance '{\"name\":\"Ada\",\"age\":36}'")
    })
}

/// Reads all, but not more than it takes to see that it is too much.
fn read(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(2 * MAX_DOCUMENT as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
