//! Keys, tokens and those who give them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cocobase_proto::{Credentials, RefusalKind};

use crate::peer::{Peer, Scene, header};
use crate::suite::adapter::{Access, Entry, Ready, Wish};
use crate::suite::messages::{CONNECTED, greeted, request};
use crate::suite::stage::{Outcome, Stage, hold, posts, room, same};
use crate::suite::told::Kind;

/// A peer that says this after the hello: it is told once, and nobody comes back.
fn refused_with(stage: &Stage<'_>, wish: Wish, error: &str, kind: RefusalKind) -> Outcome {
    let peer = stage.peer([stage.then_closed(greeted(error))])?;
    let mut subject = stage.open(peer.url(), wish)?;
    subject.expect_refusal(kind)?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_refused_key_ends_a_connection(stage: &mut Stage<'_>) -> Outcome {
    for error in [
        r#"{"error":"Invalid API key"}"#,
        r#"{"error":"API key is required","error_detail":"send one"}"#,
        r#"{"error":true,"message":"invalid api key"}"#,
        r#"{"type":"error","code":"UNAUTHORIZED","message":"no"}"#,
    ] {
        refused_with(stage, posts(), error, RefusalKind::Credentials)?;
    }
    Ok(())
}

pub(crate) fn a_refused_key_ends_every_surface(stage: &mut Stage<'_>) -> Outcome {
    let error = r#"{"error":"Invalid API key"}"#;
    for wish in [Wish::Broadcast, room(Entry::Join), Wish::Gateway] {
        refused_with(stage, wish, error, RefusalKind::Credentials)?;
    }
    Ok(())
}

pub(crate) fn a_refused_collection_ends_a_watch(stage: &mut Stage<'_>) -> Outcome {
    let error = r#"{"error":"Collection not found or access denied"}"#;
    refused_with(stage, posts(), error, RefusalKind::Collection)
}

pub(crate) fn a_refused_filter_ends_a_watch(stage: &mut Stage<'_>) -> Outcome {
    let error = r#"{"error":"Invalid filters","error_detail":"`n_gte` is no number"}"#;
    refused_with(stage, posts(), error, RefusalKind::Filter)
}

pub(crate) fn a_refusal_is_what_ready_says(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([greeted(r#"{"error":"Invalid API key"}"#)])?;
    let ready = watch.ready_within(crate::suite::stage::SOON);
    same!(ready, Ready::Refused(Some(RefusalKind::Credentials)));
    watch.expect_refusal(RefusalKind::Credentials).map(drop)
}

pub(crate) fn a_refusal_in_the_midst_ends_a_watch(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(CONNECTED).say(r#"{"error":"Invalid API key"}"#);
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_refusal(RefusalKind::Credentials)?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_token_is_sent_as_one(stage: &mut Stage<'_>) -> Outcome {
    stage.access = Access::Given(Credentials::Token("a-token".into()));
    let (peer, mut watch) = stage.watching([greeted(CONNECTED)])?;
    watch.expect(Kind::Connected)?;
    hold!(has_token(stage, &peer, 0, "a-token"), "{:?}", peer.heard());
    Ok(())
}

/// Whether this token was shown when a connection was made.
fn has_token(stage: &Stage<'_>, peer: &Peer, connection: usize, token: &str) -> bool {
    if stage.is_by_events() {
        let head = request(&peer.heard(), connection);
        return header(&head, "authorization") == Some(&format!("Bearer {token}"));
    }
    peer.texts(connection).join("").contains(&format!(r#""token":"{token}""#))
}

/// Gives `token-1`, `token-2` and so on, and counts the questions that followed a refusal.
fn provider(stage: &mut Stage<'_>) -> Arc<[AtomicUsize; 2]> {
    let counts = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
    let [questions, refusals] = [Arc::clone(&counts), Arc::clone(&counts)];
    stage.access = Access::Asked(Arc::new(move |refused| {
        refusals[1].fetch_add(usize::from(refused), Ordering::SeqCst);
        let number = questions[0].fetch_add(1, Ordering::SeqCst) + 1;
        Ok(Credentials::Token(format!("token-{number}").into()))
    }));
    counts
}

pub(crate) fn a_provider_is_asked_for_every_link(stage: &mut Stage<'_>) -> Outcome {
    let counts = provider(stage);
    let (peer, mut watch) = stage.watching([greeted(CONNECTED).hang_up(), greeted(CONNECTED)])?;
    watch.expect(Kind::Connected)?;
    watch.expect_reconnect()?;
    for (link, token) in ["token-1", "token-2"].into_iter().enumerate() {
        hold!(has_token(stage, &peer, link, token), "{:?}", peer.heard());
    }
    same!(counts[1].load(Ordering::SeqCst), 0);
    Ok(())
}

pub(crate) fn a_provider_is_asked_once_more(stage: &mut Stage<'_>) -> Outcome {
    let counts = provider(stage);
    let refused = greeted(r#"{"error":"Invalid API key"}"#);
    let unauthorized = Scene::new().answer(401, &[], "");
    for first in [refused, unauthorized] {
        let (_peer, mut watch) = stage.watching([first, greeted(CONNECTED)])?;
        watch.expect(Kind::Connected)?;
    }
    same!(counts[1].load(Ordering::SeqCst), 2);
    Ok(())
}

pub(crate) fn a_provider_is_not_asked_for_ever(stage: &mut Stage<'_>) -> Outcome {
    let counts = provider(stage);
    let refused = || greeted(r#"{"error":"Invalid API key"}"#);
    let (peer, mut watch) = stage.watching([refused(), refused(), refused()])?;
    watch.expect_refusal(RefusalKind::Credentials)?;
    same!(peer.connections(), 2);
    same!(counts[0].load(Ordering::SeqCst), 2);
    Ok(())
}

pub(crate) fn a_provider_that_fails_is_asked_again(stage: &mut Stage<'_>) -> Outcome {
    let asked = AtomicUsize::new(0);
    stage.access = Access::Asked(Arc::new(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Err("the vault is locked".to_owned()),
        _ => Ok(Credentials::Token("a-token".into())),
    }));
    let (_peer, mut watch) = stage.watching([greeted(CONNECTED)])?;
    for _ in 0..2 {
        let lost = watch.expect(Kind::Disconnected)?;
        hold!(lost.words.contains("the vault is locked"), "{}", lost.words);
    }
    watch.expect(Kind::Connected).map(drop)
}
