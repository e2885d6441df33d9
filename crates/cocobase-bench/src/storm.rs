//! Many watches whose server drops them all at once.

use std::time::{Duration, Instant};

use cocobase_tokio::{Client, Event, SessionConfig};
use tokio::sync::mpsc;

use crate::child::Server;
use crate::{Outcome, system};

const WATCHES: usize = 2_000;

/// How much more than its share a window may have by chance: four standard deviations.
const CHANCE: f64 = 4.0;

pub(crate) fn measure() -> Outcome<()> {
    system::allow_files()?;
    let mut server = Server::start()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (began, gaps) = runtime.block_on(watch(&mut server))?;
    let took = began.elapsed();
    let answer = server.ask("accepts")?;
    let (came, densest) = answer.split_once(' ').ok_or("an odd answer")?;
    let densest: f64 = densest.parse()?;
    let share = WATCHES as f64 * 0.1 / SessionConfig::default().backoff_initial.as_secs_f64();
    let bound = share + CHANCE * share.sqrt();
    let verdict = if densest <= bound { "met" } else { "NOT MET" };
    println!(
        "{WATCHES} watches are dropped at once: {gaps} gaps told, {came} connections made, all back \
         after {:.2} s;\nwithin 100 ms {densest} of them at most: the jitter's share is {share:.0}, \
         by chance up to {bound:.0}: {verdict}",
        took.as_secs_f64(),
    );
    Ok(())
}

/// Answers with when the connections were dropped, and how many gaps were told once all are back.
async fn watch(server: &mut Server) -> Outcome<(Instant, usize)> {
    let client = Client::builder(format!("http://{}", server.address)).api_key("k").build()?;
    let quakes = client.collection("storm");
    let (tell, mut told) = mpsc::unbounded_channel();
    for _ in 0..WATCHES {
        let mut watch = quakes.stream::<serde_json::Value>()?;
        let tell = tell.clone();
        tokio::spawn(async move {
            while let Some(event) = watch.next().await {
                let is_gap = match event {
                    Event::Connected(_) => false,
                    Event::Gap(_) => true,
                    _ => continue,
                };
                if tell.send(is_gap).is_err() {
                    return;
                }
            }
        });
        tokio::task::yield_now().await;
    }
    let mut wait = async |connections: usize, gaps: usize| {
        let (mut connected, mut missed) = (0, 0);
        while connected < connections || missed < gaps {
            let is_gap = tokio::time::timeout(Duration::from_secs(60), told.recv()).await?;
            match is_gap.ok_or("all watches have ended")? {
                true => missed += 1,
                false => connected += 1,
            }
        }
        Ok::<_, Box<dyn std::error::Error>>(missed)
    };
    wait(WATCHES, 0).await?;
    let began = Instant::now();
    server.ask("drop")?;
    let gaps = wait(WATCHES, WATCHES).await?;
    Ok((began, gaps))
}
