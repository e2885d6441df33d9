//! One reads, others speak, look and close.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use cocobase_proto::{GapCause, Missed, Published};

use crate::peer::{Heard, Scene};
use crate::suite::adapter::{Handle, Wish};
use crate::suite::cases::broadcast::GREETING;
use crate::suite::messages::{CONNECTED, change, created, greeted, greeting, has_hello, has_text};
use crate::suite::stage::{Failure, Outcome, SOON, Stage, hold, same};
use crate::suite::told::Kind;

/// Long enough for a thread to begin to wait; if it has not, the case shows less, and passes.
const A_MOMENT: Duration = Duration::from_millis(50);

fn died<T>(_: T) -> String {
    "a thread died".to_owned()
}

pub(crate) fn a_waiting_reader_stops_no_sender(stage: &mut Stage<'_>) -> Outcome {
    let echo = r#"{"type":"message","user_id":"u1","data":"back"}"#;
    let peer = stage.peer([greeted(GREETING).hear().say(echo)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let handle = all.handle();
    thread::scope(|scope| {
        let sending = scope.spawn(|| {
            thread::sleep(A_MOMENT);
            let begun = Instant::now();
            let published = handle.publish("", r#""there?""#);
            let heard = peer.wait(SOON, |heard| has_text(heard, "there?"));
            (published, heard, begun.elapsed())
        });
        // Nothing comes before the message has left.
        all.expect(Kind::Message)?;
        let (published, heard, took) = sending.join().map_err(died)?;
        same!(published, Ok(Published::Sent));
        hold!(heard && took < Duration::from_secs(1), "the message took {took:?}");
        Ok(())
    })
}

pub(crate) fn a_waiting_reader_stops_no_close(stage: &mut Stage<'_>) -> Outcome {
    let is_by_events = stage.is_by_events();
    for scene in [greeted(CONNECTED), Scene::websocket().hear()] {
        let (peer, mut watch) = stage.watching([scene])?;
        let handle = watch.handle();
        thread::scope(|scope| {
            let closing = scope.spawn(|| {
                let heard = peer.wait(SOON, |heard| has_hello(is_by_events, heard));
                thread::sleep(A_MOMENT);
                let begun = Instant::now();
                handle.close();
                (heard, begun.elapsed())
            });
            watch.read_to_the_end()?;
            let (heard, took) = closing.join().map_err(died)?;
            hold!(heard && took < Duration::from_secs(1), "closing took {took:?}");
            Ok::<_, Failure>(())
        })?;
        hold!(peer.wait(SOON, |heard| stage.has_left(heard, 0)), "no goodbye was heard");
    }
    Ok(())
}

pub(crate) fn many_may_speak_at_once(stage: &mut Stage<'_>) -> Outcome {
    const EACH: usize = 50;
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let handle: &Arc<dyn Handle> = &all.handle();
    thread::scope(|scope| {
        let speak = |speaker: usize| {
            move || (0..EACH).all(|n| handle.publish("", &format!("[{speaker},{n}]")).is_ok())
        };
        let speakers: Vec<_> = (0..4).map(|speaker| scope.spawn(speak(speaker))).collect();
        for speaker in speakers {
            hold!(speaker.join().map_err(died)?, "a message was refused");
        }
        Ok::<_, Failure>(())
    })?;
    hold!(handle.flush(SOON), "not all was written");
    let is_all = |heard: &[Heard]| heard.iter().filter(|it| it.text().is_some()).count() > 4 * EACH;
    hold!(peer.wait(SOON, is_all), "only {} texts were heard", peer.texts(0).len());
    let texts = peer.texts(0);
    for speaker in 0..4 {
        // What one says stays in order.
        let of_one = texts.iter().filter(|text| text.contains(&format!("[{speaker},")));
        let wanted = (0..EACH).map(|n| format!(r#"{{"type":"message","data":[{speaker},{n}]}}"#));
        hold!(of_one.eq(wanted.collect::<Vec<_>>().iter()), "out of order: {texts:?}");
    }
    Ok(())
}

pub(crate) fn statistics_are_kept(stage: &mut Stage<'_>) -> Outcome {
    let said = created(1);
    let first = greeted(&greeting("e", 0)).say(&said).hang_up();
    let (peer, mut watch) = stage.watching([first, greeted(&greeting("e", 5))])?;
    same!(watch.seen().events, 0);
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    watch.expect_reconnect()?;
    watch.expect(Kind::Gap)?;
    let seen = watch.seen();
    same!((seen.events, seen.reconnects, seen.gaps), (5, 1, 1));
    let bytes = greeting("e", 0).len() + said.len() + greeting("e", 5).len();
    match stage.is_by_events() {
        true => hold!(seen.bytes_received >= bytes as u64, "{seen:?}, and not {bytes} bytes"),
        false => same!(seen.bytes_received, bytes as u64),
    }
    // The request of an event stream is no message.
    let bytes: usize = (0..2).flat_map(|link| peer.texts(link)).map(|text| text.len()).sum();
    same!(seen.bytes_sent, bytes as u64);
    Ok(())
}

pub(crate) fn who_reads_late_is_told_what_was_missed(stage: &mut Stage<'_>) -> Outcome {
    const MESSAGES: u64 = 400;
    stage.config.max_events = 8;
    let changes = (1..=MESSAGES).map(|n| change("create", &n.to_string(), 0));
    let (_peer, mut watch) = stage.watching([greeted(CONNECTED).say_all(changes)])?;
    watch.expect(Kind::Connected)?;
    // A connection that somebody else drives has a bounded queue, and waits for its reader only for
    // so long; one that its reader drives is as slow as he is.
    thread::sleep(Duration::from_millis(1500));
    let (mut got, mut missed) = (0, 0);
    while got + missed < MESSAGES {
        let told = watch.next()?;
        match (told.kind, told.cause, told.missed) {
            (Kind::Created, ..) => {
                got += 1;
                same!(told.id, Some((got + missed).to_string()));
            }
            (Kind::Gap, Some(GapCause::Overflow), Some(Missed::Known(count))) => missed += count,
            _ => return Err(format!("told {told:?}").into()),
        }
    }
    Ok(())
}
