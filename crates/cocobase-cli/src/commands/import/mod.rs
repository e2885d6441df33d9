//! `cocobase import`: the documents of a file, each stored once.

mod array;
mod batch;
mod csv;
mod lines;
mod open;
mod record;
mod token;
mod types;
mod upload;

use std::thread;
use std::time::Instant;

use cocobase_tokio::Collection;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use crate::args::Import;
use crate::connect::{self, Trouble};
use crate::exit::{End, Exit, Failure};
use crate::output::{NOTE, counted, line, paint, quoted, remark};
use crate::signals::Signals;
use batch::{Batch, Batches};
use record::Records;
pub(crate) use token::Token;
pub(crate) use types::Types;
use upload::{Stop, Store, Upload};

/// Imports, or only checks.
pub(crate) async fn run(args: Import) -> Result<(), End> {
    let bar = progress_bar();
    if args.dry_run {
        let records = open::open(&args.file, args.format, &args.types, &bar)?;
        return check(records, &args, &bar);
    }
    let token = token(&args)?;
    let mut signals = Signals::listen()?;
    let client = connect::client(&args.connection)?;
    // Should this process be killed, the import can still go on: from here.
    tracing::debug!(%token, "the import begins");
    let started = Instant::now();
    let collection = client.collection(&args.collection);
    let mut upload = Upload::new(collection, token, args.retry_for, args.skip_bad);

    let stop = tokio::select! {
        result = store_all(&args, &mut upload, &bar) => result.err(),
        () = signals.next() => {
            Some(Stop::Failed(Failure::new(Exit::Interrupted, "the import was stopped")))
        }
    };
    bar.finish_and_clear();
    match stop {
        Some(Stop::Unread(failure)) => Err(failure.into()),
        Some(stop) => Err(failure(stop, &upload, &args).into()),
        None => {
            let took = started.elapsed().as_secs_f64();
            let (count, name) = (counted(upload.stored, "document"), &args.collection);
            let left_out = left_out(upload.left_out);
            line(format_args!("imported {count} into {name} in {took:.1} s{left_out}"))?;
            Ok(())
        }
    }
}

/// The import's identity: the user's, or a new one.
fn token(args: &Import) -> Result<Token, Failure> {
    let Some(token) = &args.resume else { return Token::new(args.batch.unwrap_or(token::BATCH)) };
    match args.batch {
        Some(batch) if batch != token.batch => Err(Failure::new(
            Exit::Usage,
            format_args!("--resume goes on in batches of {}, not {batch}", token.batch),
        )
        .next("leave --batch out")),
        _ => Ok(token.clone()),
    }
}

/// Reads on a thread of its own, a little ahead, and stores batch after batch.
async fn store_all<S: Store>(
    args: &Import,
    upload: &mut Upload<S>,
    bar: &ProgressBar,
) -> Result<(), Stop> {
    let (ahead, mut read) = mpsc::channel::<Result<Batch, Failure>>(2);
    let batches = batches(args, upload.token(), bar);
    // Opening belongs there too: standard input may let us wait.
    let read_ahead = move || match batches() {
        Ok(mut batches) => {
            batches.all(|batch| ahead.blocking_send(Ok(batch)).is_ok());
        }
        Err(failure) => drop(ahead.blocking_send(Err(failure))),
    };
    thread::Builder::new().name("reader".into()).spawn(read_ahead).map_err(|error| {
        Stop::Failed(Failure::new(Exit::Failed, format_args!("cannot start a thread: {error}")))
    })?;
    while let Some(batch) = read.recv().await {
        let batch = batch.map_err(Stop::Unread)?;
        upload.store(batch, &mut |text| bar.suspend(|| remark(paint(NOTE, text)))).await?;
        bar.set_message(format!("{} stored", upload.stored));
    }
    Ok(())
}

/// What opens the file and goes to where `token` says.
fn batches(
    args: &Import,
    token: &Token,
    bar: &ProgressBar,
) -> impl FnOnce() -> Result<Batches, Failure> + Send + 'static {
    let (file, format, types) = (args.file.clone(), args.format, args.types.clone());
    let (token, skip_bad, bar) = (token.clone(), args.skip_bad, bar.clone());
    move || {
        let records = open::open(&file, format, &types, &bar)?;
        Ok(Batches::new(records, &token, skip_bad))
    }
}

impl Store for Collection {
    async fn store(&self, documents: &[&RawValue], key: &str) -> Result<(), Trouble> {
        match self.create_many(documents, Some(key)).await {
            Ok(_) => Ok(()),
            Err(error) => Err(connect::trouble(&error)),
        }
    }
}

/// Reads everything and stores nothing.
fn check(records: Records, args: &Import, bar: &ProgressBar) -> Result<(), End> {
    let (mut good, mut bad) = (0_u64, 0_u64);
    for record in records {
        let stop = match record.map(|record| record.document) {
            Ok(Ok(_)) => {
                good += 1;
                continue;
            }
            Ok(Err(fault)) if args.skip_bad => {
                bad += 1;
                bar.suspend(|| remark(paint(NOTE, format_args!("{fault}; would be left out"))));
                continue;
            }
            Ok(Err(fault)) => open::bad_data(&args.file, &fault)
                .next("mend it, or leave such documents out with --skip-bad"),
            Err(fault) => open::bad_data(&args.file, &fault).next("mend the file"),
        };
        bar.finish_and_clear();
        return Err(stop.into());
    }
    bar.finish_and_clear();
    let left_out = left_out(bad);
    let good = counted(good, "document");
    line(format_args!("{good} could be imported{left_out}; nothing was stored"))?;
    Ok(())
}

fn left_out(count: u64) -> String {
    if count == 0 { String::new() } else { format!("; {} left out", counted(count, "record")) }
}

/// What went wrong, what is stored, and how to go on.
fn failure<S: Store>(stop: Stop, upload: &Upload<S>, args: &Import) -> Failure {
    let (failure, mend) = match stop {
        Stop::Bad(fault) => (open::bad_data(&args.file, &fault), "mend it and "),
        Stop::Away(what) => (Failure::new(Exit::Unreachable, what), ""),
        Stop::Failed(failure) | Stop::Unread(failure) => (failure, ""),
    };
    let token = upload.token();
    let stored = match upload.last_line {
        Some(line) => {
            format!("stored: {}, up to line {line}", counted(upload.stored, "document"))
        }
        None => "stored: nothing".into(),
    };
    let doubt = if token.end > token.start {
        format!(
            "; unknown: {} sent without an answer",
            counted(token.end - token.start, "document")
        )
    } else {
        String::new()
    };
    let since = if args.resume.is_some() { " since --resume" } else { "" };
    let advice = failure.advice().map_or(String::new(), |advice| format!("{advice}; "));
    failure.more(format_args!("; {stored}{since}{doubt}")).next(format_args!(
        "{advice}{mend}go on, without storing anything twice, with: cocobase import {} {} --resume {token}",
        quoted(&args.collection),
        quoted(&args.file.display().to_string()),
    ))
}

/// A bar that follows the reading of the file; shown on a terminal only.
fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let template =
        "{bar:30.cyan/blue} {percent:>3} %  {binary_bytes} of {binary_total_bytes}  {msg}";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}
