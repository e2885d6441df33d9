//! Tokens: whatever they claim, the session connects with them and stays within the laws.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use cocobase_proto::filter::Filter;
use cocobase_proto::{Access, Credentials, Instant, Session, SessionConfig, State, Subscription};
use std::time::Duration;

/// The claims of a token, and the same bytes as the token itself.
pub fn token(input: &[u8]) {
    let claims = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(input));
    connect(&claims);
    if let Ok(token) = str::from_utf8(input) {
        connect(token);
    }
}

fn connect(token: &str) {
    let now = Instant::from_nanos(1 << 40);
    let config = SessionConfig {
        unix_epoch: Some(Duration::from_secs(1_700_000_000)),
        ..SessionConfig::default()
    };
    let subscription = Subscription::new("quakes", Filter::new()).unwrap();
    let mut session = Session::new(subscription, Access::Ask, config, 1, now);
    session.set_credentials(Credentials::Token(token.into()), now);
    assert_eq!(session.state(), State::Connecting);
    assert!(session.poll_timeout().is_some_and(|wakeup| wakeup.at > now));
    for _ in 0..8 {
        let Some(wakeup) = session.poll_timeout() else { return };
        session.handle_timeout(wakeup.at);
        assert!(session.poll_timeout().is_none_or(|next| next.at > wakeup.at), "law 3");
    }
}
