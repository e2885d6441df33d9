//! Keeping keys and tokens out of a trace.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::memmem;

use crate::credentials::{Credentials, Secret};
use crate::session::token;
use crate::wire::keys;

/// How many secrets are remembered; the oldest is forgotten first.
const MAX_SECRETS: usize = 64;

/// How many times over a secret may be quoted, as JSON within JSON is.
const MAX_QUOTES: usize = 4;

/// A shorter secret is replaced only where the session says it: elsewhere, it may be part of
/// anything.
const MIN_BYTES: usize = 8;

/// Knows the secrets that have been in use, and a stand-in for each.
#[derive(Clone, Default)]
pub(super) struct Redactor {
    known: Vec<Known>,
    count: u64,
}

#[derive(Clone)]
struct Known {
    secret: Secret,
    stand_in: String,
    /// The secret in every spelling in which it may stand in a text.
    spellings: Vec<String>,
}

impl Redactor {
    /// The credentials with a stand-in for the secret. From now on, it is replaced everywhere.
    pub(super) fn learn(&mut self, credentials: &Credentials) -> Credentials {
        let secret = credentials.secret();
        let stand_in = self.stand_in(secret);
        match credentials {
            Credentials::ApiKey(_) => Credentials::ApiKey(stand_in.into()),
            Credentials::Token(_) => Credentials::Token(stand_in.into()),
        }
    }

    fn stand_in(&mut self, secret: &Secret) -> String {
        if let Some(known) = self.known.iter().find(|known| known.secret == *secret) {
            return known.stand_in.clone();
        }
        if self.known.len() >= MAX_SECRETS {
            self.known.remove(0);
        }
        self.count += 1;
        let stand_in = stand_in(secret, self.count);
        let spellings = spellings(secret.expose());
        self.known.push(Known { secret: secret.clone(), stand_in: stand_in.clone(), spellings });
        stand_in
    }

    pub(super) fn text(&self, text: &str) -> String {
        String::from_utf8(self.bytes(text.as_bytes())).unwrap_or_default()
    }

    pub(super) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut replacements: Vec<(&str, &str)> = self
            .known
            .iter()
            .filter(|known| known.secret.expose().len() >= MIN_BYTES)
            .flat_map(|known| known.spellings.iter().map(|one| (&**one, &*known.stand_in)))
            .collect();
        // One secret may be a part of another.
        replacements.sort_by_key(|(spelling, _)| core::cmp::Reverse(spelling.len()));
        replacements.into_iter().fold(bytes.to_vec(), |bytes, (spelling, stand_in)| {
            replace(bytes, spelling.as_bytes(), stand_in.as_bytes())
        })
    }

    /// A text that the session sends, which may be a hello.
    pub(super) fn sent(&self, text: &str) -> String {
        let mut text = text.to_string();
        for Known { secret, stand_in, .. } in &self.known {
            let secret = serde_json::Value::from(secret.expose());
            for key in [keys::API_KEY, keys::TOKEN] {
                text = text
                    .replace(&format!("\"{key}\":{secret}"), &format!("\"{key}\":\"{stand_in}\""));
            }
        }
        self.text(&text)
    }

    /// A header's value.
    pub(super) fn header(&self, value: &str) -> String {
        let bearer = value.strip_prefix("Bearer ");
        match self.known.iter().find(|known| bearer == Some(known.secret.expose())) {
            Some(known) => format!("Bearer {}", known.stand_in),
            None => self.text(value),
        }
    }
}

/// What stands for a secret: as long as it where that is possible, so that positions in texts stay
/// what they are, and with the same expiry, as the session foresees it.
fn stand_in(secret: &Secret, number: u64) -> String {
    let expiry = token::expiry(&Credentials::Token(secret.clone()));
    let mut stand_in = format!("hidden{number}");
    if let Some(expiry) = expiry {
        let (seconds, nanos) = (expiry.as_secs(), expiry.subsec_nanos());
        let claims = match nanos {
            0 => format!(r#"{{"exp":{seconds}}}"#),
            _ => format!(r#"{{"exp":{seconds}.{nanos:09}}}"#),
        };
        stand_in.push('.');
        stand_in.push_str(&URL_SAFE_NO_PAD.encode(claims));
        stand_in.push('.');
    }
    while stand_in.len() < secret.expose().len() {
        stand_in.push('-');
    }
    stand_in
}

/// The secret itself, and as it stands in JSON or in an event's text, and as those stand in a text
/// that quotes them.
fn spellings(secret: &str) -> Vec<String> {
    let mut spellings = alloc::vec![secret.to_string()];
    for _ in 0..MAX_QUOTES {
        for spelling in spellings.clone() {
            let quoted = [serde_json::Value::from(&*spelling).to_string(), format!("{spelling:?}")];
            spellings.extend(
                quoted.iter().filter_map(|text| {
                    Some(text.strip_prefix('"')?.strip_suffix('"')?.to_string())
                }),
            );
        }
        spellings.sort();
        spellings.dedup();
    }
    spellings
}

fn replace(bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut rest = &*bytes;
    let mut out = Vec::new();
    while let Some((before, after)) = memmem::find(rest, from)
        .and_then(|at| Some((rest.get(..at)?, rest.get(at + from.len()..)?)))
    {
        out.extend_from_slice(before);
        out.extend_from_slice(to);
        rest = after;
    }
    if out.is_empty() {
        return bytes;
    }
    out.extend_from_slice(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_replaced_in_every_spelling() {
        let mut redactor = Redactor::default();
        let key = r#"co"co\_1234"#;
        let Credentials::ApiKey(stand_in) = redactor.learn(&Credentials::ApiKey(key.into())) else {
            panic!()
        };
        assert_eq!(stand_in.expose(), "hidden1----");
        for text in [
            key.to_string(),
            format!("{key:?}"),
            serde_json::to_string(key).unwrap(),
            format!("{:?}", serde_json::to_string(key).unwrap()),
        ] {
            let redacted = redactor.text(&text);
            assert!(
                redacted.contains("hidden1----") && !redacted.contains("co_1234"),
                "{redacted}"
            );
        }
        assert_eq!(redactor.bytes(b"\xff co\"co\\_1234 \xff"), b"\xff hidden1---- \xff");
    }

    #[test]
    fn a_token_keeps_its_length_and_its_expiry() {
        for exp in ["1700000000", "1700000000.25", "0.1", "5"] {
            let claims = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"u1","exp":{exp}}}"#));
            let token = Credentials::Token(format!("eyJhbGciOiJIUzI1NiJ9.{claims}.sig").into());
            let hidden = Redactor::default().learn(&token);
            assert_eq!(token::expiry(&hidden), token::expiry(&token), "{exp}");
            assert!(token::expiry(&hidden).is_some());
            assert_eq!(hidden.secret().expose().len(), token.secret().expose().len(), "{exp}");
        }
    }

    #[test]
    fn a_short_secret_is_replaced_where_the_session_says_it() {
        let mut redactor = Redactor::default();
        redactor.learn(&Credentials::ApiKey("k".into()));
        assert_eq!(redactor.sent(r#"{"api_key":"k","x":"k"}"#), r#"{"api_key":"hidden1","x":"k"}"#);
        assert_eq!(redactor.header("Bearer k"), "Bearer hidden1");
        assert_eq!(redactor.text("ok"), "ok");
    }

    #[test]
    fn a_secret_within_another_is_no_trouble() {
        let mut redactor = Redactor::default();
        for key in ["coco_1234", "coco_1234_5678"] {
            redactor.learn(&Credentials::ApiKey(key.into()));
        }
        assert_eq!(redactor.text("coco_1234_5678 coco_1234"), "hidden2------- hidden1--");
    }
}
