//! When a token expires.

use core::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::credentials::Credentials;

/// The Unix time at which a JWT says that it expires (RFC 7519, `exp`). Its signature is the
/// server's business. What is no JWT, or does not expire, has none.
pub(crate) fn expiry(credentials: &Credentials) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: f64,
    }
    let Credentials::Token(token) = credentials else { return None };
    let mut parts = token.expose().split('.');
    let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
    let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    Duration::try_from_secs_f64(exp).ok()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn token(claims: &str) -> Credentials {
        Credentials::Token(format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims)).into())
    }

    #[test]
    fn a_jwt_names_its_expiry() {
        for (claims, seconds) in [
            (r#"{"exp":1700000000}"#, Some(1_700_000_000)),
            (r#"{"sub":"u1","exp":1700000000.0}"#, Some(1_700_000_000)),
            (r#"{"exp":-5}"#, None),
            (r#"{"exp":1e300}"#, None),
            (r#"{"exp":"soon"}"#, None),
            (r#"{}"#, None),
            ("nothing", None),
        ] {
            assert_eq!(expiry(&token(claims)).map(|exp| exp.as_secs()), seconds, "{claims}");
        }
        for opaque in ["coco_1234", "", "a.b", "a.b.c", "..", "a.*.c"] {
            assert_eq!(expiry(&Credentials::Token(opaque.into())), None, "{opaque}");
        }
        let as_key = Credentials::ApiKey("e30.eyJleHAiOjF9.sig".into());
        assert_eq!(expiry(&as_key), None, "a key does not expire");
    }
}
