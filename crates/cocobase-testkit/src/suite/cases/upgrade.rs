//! Before there is a link: addresses without a server, and answers that are no upgrade.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use cocobase_proto::RefusalKind;

use crate::peer::Scene;
use crate::suite::messages::{CONNECTED, greeted};
use crate::suite::stage::{Outcome, Stage, hold, posts, same};
use crate::suite::told::Kind;

/// An answer that trying again cannot mend: it is told once, and nobody comes back.
fn refused_with(
    stage: &Stage<'_>,
    status: u16,
    headers: &[(&str, &str)],
    kind: RefusalKind,
) -> Outcome {
    let body = r#"{"error":true,"message":"as the script says"}"#;
    let (peer, mut watch) = stage.watching([Scene::new().answer(status, headers, body)])?;
    let told = watch.expect_refusal(kind)?;
    hold!(told.words.contains("as the script says"), "{}", told.words);
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn status_401_refuses_the_key(stage: &mut Stage<'_>) -> Outcome {
    refused_with(stage, 401, &[("WWW-Authenticate", "Bearer")], RefusalKind::Credentials)
}

pub(crate) fn status_403_refuses_the_key(stage: &mut Stage<'_>) -> Outcome {
    refused_with(stage, 403, &[], RefusalKind::Credentials)
}

pub(crate) fn status_404_refuses_the_address(stage: &mut Stage<'_>) -> Outcome {
    // Of an event stream, the address is the collection.
    let kind = if stage.is_by_events() { RefusalKind::Collection } else { RefusalKind::Request };
    refused_with(stage, 404, &[], kind)
}

pub(crate) fn status_426_refuses_the_request(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("nothing is upgraded")?;
    refused_with(stage, 426, &[("Upgrade", "h2c")], RefusalKind::Request)
}

pub(crate) fn a_redirection_is_not_followed(stage: &mut Stage<'_>) -> Outcome {
    let elsewhere = [("Location", "http://127.0.0.1:1/")];
    refused_with(stage, 301, &elsewhere, RefusalKind::Request)?;
    refused_with(stage, 307, &elsewhere, RefusalKind::Request)
}

pub(crate) fn a_page_instead_of_an_upgrade_is_refused(stage: &mut Stage<'_>) -> Outcome {
    refused_with(stage, 200, &[("Content-Type", "text/html")], RefusalKind::Request)
}

/// An answer that may pass: it is told, and another link is made.
fn passes(stage: &Stage<'_>, status: u16) -> Outcome {
    let busy = Scene::new().answer(status, &[], "busy");
    let (_peer, mut watch) = stage.watching([busy.clone(), busy, greeted(CONNECTED)])?;
    same!(watch.expect(Kind::Disconnected)?.code, Some(status));
    same!(watch.expect_reconnect()?.code, Some(status));
    Ok(())
}

pub(crate) fn status_503_passes(stage: &mut Stage<'_>) -> Outcome {
    passes(stage, 503)
}

pub(crate) fn statuses_408_500_502_504_pass(stage: &mut Stage<'_>) -> Outcome {
    [408, 500, 502, 504].into_iter().try_for_each(|status| passes(stage, status))
}

pub(crate) fn status_429_is_obeyed(stage: &mut Stage<'_>) -> Outcome {
    let busy = Scene::new().answer(429, &[("Retry-After", "1")], "slow down");
    let (peer, mut watch) = stage.watching([busy, greeted(CONNECTED)])?;
    let lost = watch.expect(Kind::Disconnected)?;
    let begun = Instant::now();
    same!(lost.code, Some(429));
    hold!(lost.retry_in >= Some(Duration::from_secs(1)), "{:?}", lost.retry_in);
    watch.expect(Kind::Connected)?;
    hold!(begun.elapsed() > Duration::from_millis(800), "back after {:?}", begun.elapsed());
    same!(peer.connections(), 2);
    Ok(())
}

pub(crate) fn where_nobody_listens_it_keeps_trying(stage: &mut Stage<'_>) -> Outcome {
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    let mut watch = stage.open(format!("http://{address}"), posts())?;
    for _ in 0..3 {
        let lost = watch.expect(Kind::Disconnected)?;
        hold!(lost.words.contains("cannot connect"), "{}", lost.words);
    }
    stage.close(&*watch.handle())
}

pub(crate) fn an_answer_that_is_no_http_is_a_fault(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([
        Scene::new().request().raw("SSH-2.0-OpenSSH_9.6\r\n\r\n").hang_up(),
        Scene::new().request().raw([0xff; 64]).hang_up(),
        greeted(CONNECTED),
    ])?;
    watch.expect_all(&[Kind::Disconnected, Kind::Disconnected, Kind::Connected])
}

pub(crate) fn an_answer_that_is_cut_off_is_a_fault(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([
        Scene::new().request().raw("HTTP/1.1 101 Switching Pro").hang_up(),
        Scene::new().request().hang_up(),
        Scene::new().hang_up(),
        greeted(CONNECTED),
    ])?;
    watch.expect_all(&[Kind::Disconnected; 3])?;
    watch.expect(Kind::Connected).map(drop)
}

pub(crate) fn an_upgrade_with_a_wrong_key_is_a_fault(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("nothing is upgraded")?;
    let wrong = "HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                 sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    let (_peer, mut watch) =
        stage.watching([Scene::new().request().raw(wrong), greeted(CONNECTED)])?;
    watch.expect_reconnect().map(drop)
}

pub(crate) fn an_upgrade_that_never_comes_is_given_up(stage: &mut Stage<'_>) -> Outcome {
    stage.config.connect_timeout = Duration::from_millis(60);
    let (peer, mut watch) = stage.watching([Scene::new().request(), Scene::new()])?;
    for _ in 0..2 {
        let lost = watch.expect(Kind::Disconnected)?;
        hold!(lost.words.contains("timed out"), "{}", lost.words);
    }
    hold!(peer.connections() >= 2, "it did not come back");
    Ok(())
}

pub(crate) fn pauses_grow_and_start_over(stage: &mut Stage<'_>) -> Outcome {
    stage.config.backoff_initial = Duration::from_millis(4);
    stage.config.backoff_max = Duration::from_millis(64);
    let busy = || Scene::new().answer(503, &[], "");
    let scenes = [busy(), busy(), busy(), busy(), greeted(CONNECTED).hang_up(), greeted(CONNECTED)];
    let (_peer, mut watch) = stage.watching(scenes)?;
    for bound in [4, 8, 16, 32] {
        let pause = watch.expect(Kind::Disconnected)?.retry_in;
        hold!(pause <= Some(Duration::from_millis(bound)), "{pause:?} at {bound} ms");
    }
    watch.expect(Kind::Connected)?;
    let pause = watch.expect(Kind::Disconnected)?.retry_in;
    hold!(pause <= Some(Duration::from_millis(4)), "{pause:?} after a greeting");
    Ok(())
}
