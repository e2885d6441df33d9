//! Tokens that expire, networks that change.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn token(expires: u64) -> Credentials {
    let claims = URL_SAFE_NO_PAD.encode(alloc::format!(r#"{{"exp":{expires}}}"#));
    Credentials::Token(alloc::format!("e30.{claims}.sig").into())
}

fn asking() -> Scene {
    let unix_epoch = Some(Duration::from_secs(1_000_000));
    let config = SessionConfig { unix_epoch, ..SessionConfig::default() };
    Scene::about(quakes(Filter::new()), Access::Ask, config)
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let mut scene = asking();
    scene.session.set_credentials(token(1_000_100), scene.now);
    let link = scene.greeted();
    scene.events();
    while scene.now < Instant::default() + Duration::from_secs(40) {
        scene.wait_for_wakeup();
        scene.text(link, r#"{"type":"pong"}"#);
    }
    assert_eq!(scene.events(), [Event::CredentialsNeeded { refused: false }]);
    assert_eq!(scene.session.state(), State::Live, "nothing is broken yet");
    scene.session.set_credentials(token(1_001_000), scene.now);
    assert_eq!(scene.fault(), Fault::Requested);
    let (link, hello) = scene.hello();
    assert!(hello[0].contains("token"), "{hello:?}");
    scene.text(link, GREETING);
    assert_eq!(scene.session.state(), State::Live);
}

#[test]
fn a_provider_that_has_none_is_asked_again() {
    let mut scene = asking();
    scene.session.set_credentials(token(1_000_061), scene.now);
    let link = scene.greeted();
    scene.wait(1.0);
    assert!(matches!(scene.events().last(), Some(Event::CredentialsNeeded { .. })));
    scene.session.credentials_unavailable("busy", scene.now);
    scene.text(link, r#"{"type":"pong"}"#);
    assert_eq!(scene.session.state(), State::Live);
    scene.wait(30.0);
    assert!(matches!(scene.events().last(), Some(Event::CredentialsNeeded { .. })));
}

#[test]
fn tokens_without_an_expiry_are_left_alone() {
    for credentials in [Credentials::Token("opaque".into()), token(999_999)] {
        let mut scene = asking();
        scene.session.set_credentials(credentials, scene.now);
        scene.greeted();
        scene.events();
        assert_eq!(scene.session.poll_timeout().unwrap().reason, WakeReason::Ping);
    }
}

#[test]
fn a_new_network_cuts_the_pause_short() {
    let mut scene = Scene::keyed();
    let Some(Action::Open { link, .. }) = scene.session.poll_action() else { panic!() };
    scene.cut(link);
    assert_eq!(scene.session.state(), State::Waiting);
    scene.session.network_changed(scene.now);
    assert_eq!(scene.session.state(), State::Connecting);
}

#[test]
fn a_new_network_makes_a_live_link_prove_itself() {
    let (mut scene, link) = Scene::live();
    scene.wait(5.0);
    scene.session.network_changed(scene.now);
    assert_eq!(scene.sent(), [encode::PING]);
    scene.text(link, r#"{"type":"pong"}"#);
    scene.wait(20.0);
    assert_eq!(scene.session.state(), State::Live);

    let (mut scene, _) = Scene::live();
    scene.wait(5.0);
    scene.session.network_changed(scene.now);
    scene.wait(10.0);
    assert_eq!(scene.fault(), Fault::Silence(Duration::from_secs(15)));
}

#[test]
fn lag_is_made_good_where_it_can_be() {
    let (mut scene, link) = Scene::live();
    scene.text(link, r#"{"type":"lagged","missed":3}"#);
    assert_eq!(scene.fault(), Fault::Lagged);
    let (_, hello) = scene.hello();
    assert!(hello[0].contains(r#""resume":{"epoch":"e","seq":7}"#), "{hello:?}");

    let config = SessionConfig { resume: false, ..SessionConfig::default() };
    let mut scene = Scene::about(quakes(Filter::new()), key(), config);
    let link = scene.greeted();
    scene.events();
    scene.text(link, r#"{"type":"lagged","missed":3}"#);
    assert!(matches!(&scene.events()[..], [Event::Gap(gap)]
        if (gap.missed, gap.cause) == (Missed::Known(3), GapCause::Lagged)));
}

#[test]
fn a_snapshot_comes_before_the_greeting() {
    let mut scene = Scene::of(quakes(Filter::new()).with_snapshot());
    let (link, hello) = scene.hello();
    assert_eq!(hello, [r#"{"api_key":"k","snapshot":true}"#]);
    for n in 0..5 {
        scene.wait(8.0);
        scene.text(
            link,
            &alloc::format!(
                r#"{{"event":"snapshot","collection_id":"quakes","data":{{"id":"{n}"}}}}"#
            ),
        );
    }
    scene.text(link, r#"{"event":"connected","epoch":"e","seq":9,"snapshot":5}"#);
    let events = scene.events();
    assert_eq!(events.len(), 6);
    assert!(matches!(&events[0], Event::Snapshot(_)));
    assert!(matches!(&events[5], Event::Connected(greeting) if greeting.snapshot == Some(5)));
}
