//! `cocobase demo`: everything at work, on real data.

mod desk;
mod plan;
mod quake;
mod replay;
mod report;
mod screen;
mod tally;
mod watchers;

use std::net::Ipv4Addr;

use cocobase_server::log::Data;
use cocobase_server::{Config, Server};
use cocobase_tokio::Client;
use serde_json::json;
use tokio::sync::oneshot;

use crate::args::Demo;
use crate::exit::{End, Exit, Failure};
use crate::output::{DIM, NAME, STRONG, line, paint};
use crate::signals::Signals;
use screen::Screen;

/// Serves, watches and replays in one process, over real sockets.
pub(crate) async fn run(args: Demo) -> Result<(), End> {
    let failed = |what: &dyn std::fmt::Display| Failure::new(Exit::Failed, what);
    let max = args.max.map(|max| usize::try_from(max.get()).unwrap_or(usize::MAX));
    let quakes = quake::week(max).map_err(|error| failed(&error).context("the sample data"))?;
    let steps = plan::plan(&quakes, args.speed)
        .map_err(|error| failed(&error).context("the sample data"))?;

    let mut signals = Signals::listen()?;
    let folder = tempfile::tempdir().map_err(|error| {
        failed(&error).context("no temporary folder").next("check the disk, or set TMPDIR")
    })?;
    let key = new_key()?;
    let config = Config {
        listen: (Ipv4Addr::LOCALHOST, 0).into(),
        data: Data::Folder(folder.path().to_owned()),
        keys: vec![key.as_str().into()],
        ..Config::default()
    };
    let server = Server::bind(config).await.map_err(|error| failed(&error))?;
    let url = format!("http://{}", server.local_addr());
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(server.run(async move {
        let _ = stopped.await;
    }));

    let client = Client::builder(&url)
        .api_key(key.as_str())
        .build()
        .map_err(|error| crate::connect::failure(&error))?;
    let mut screen = Screen::new(args.json, steps.len() as u64);
    let title = "A week of earthquakes, January 31 to February 7, 2018";
    screen.say(&format!(
        "{}\n{}",
        paint(STRONG, title),
        paint(
            DIM,
            format_args!(
                "{} of them, replayed to three watchers, a room and everyone at {url}\n",
                quakes.len()
            )
        ),
    ))?;
    let report = tokio::select! {
        report = replay::replay(&client, &quakes, &steps, &mut screen) => report?,
        () = signals.next() => {
            screen.end();
            return Err(Failure::new(Exit::Interrupted, "stopped before the end").into());
        }
    };

    if args.json {
        let mut result = report.to_json();
        if let (true, Some(result)) = (args.keep, result.as_object_mut()) {
            result.insert("url".into(), json!(url));
            result.insert("api_key".into(), json!(key));
        }
        line(result)?;
    } else {
        line(format_args!("\n{}", report.to_text()))?;
    }
    if args.keep {
        if !args.json {
            line(format_args!(
                "\nStill serving, until ctrl-C. In another terminal:\n  {}\n  {}",
                paint(NAME, format_args!("export COCOBASE_URL={url} COCOBASE_API_KEY={key}")),
                paint(NAME, format_args!("cocobase watch {}", replay::COLLECTION)),
            ))?;
        }
        signals.next().await;
    }
    drop(stop);
    // Gone with the process anyway: the folder is a temporary one.
    let _ = server.await;
    if report.is_right() {
        Ok(())
    } else {
        Err(failed(&"not everyone was told of everything once and in order")
            .next("run it again with -v, and report what it says")
            .into())
    }
}

fn new_key() -> Result<String, Failure> {
    let random = getrandom::u64().map_err(|error| {
        Failure::new(Exit::Failed, format_args!("the system gives no random number: {error}"))
    })?;
    Ok(format!("demo_{random:016x}"))
}
