//! Who is asking.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use cocobase_proto::rest::header::{API_KEY, AUTHORIZATION};

use super::error::ApiError;
use crate::app::App;
use crate::keys::Keys;

/// Lets a request through that carries one of the server's keys, as `x-api-key` or as
/// `Authorization: Bearer`. Where both are given, `x-api-key` counts: the vendor's SDK sends its
/// key there, and a user's token in the other.
pub(crate) async fn check_key(
    State(app): State<Arc<App>>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    accept_key(&app.keys, given_key(request.headers()))?;
    Ok(next.run(request).await)
}

/// The key, if there is one and the server knows it.
pub(crate) fn accept_key<K: AsRef<str>>(keys: &Keys, given: Option<K>) -> Result<K, ApiError> {
    match given {
        None => Err(ApiError::unauthorized(
            "API key is required: send it in the header `x-api-key`, or as `Authorization: Bearer`",
        )),
        Some(key) if keys.accept(key.as_ref()) => Ok(key),
        Some(_) => Err(ApiError::unauthorized(
            "Invalid API key: take the one that `cocobase serve` was started with or printed",
        )),
    }
}

/// The key in a request's headers.
pub(crate) fn given_key(headers: &HeaderMap) -> Option<&str> {
    // A value that is no text is a key that fits none.
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("\0"));
    let bearer = || {
        let (scheme, token) = text(AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    };
    text(API_KEY).map(str::trim).filter(|key| !key.is_empty()).or_else(bearer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    #[test]
    fn a_key_is_found_where_clients_put_it() {
        let table = [
            (vec![], None),
            (vec![("x-api-key", "k")], Some("k")),
            (vec![("x-api-key", "")], None),
            (vec![("x-api-key", ""), ("authorization", "Bearer t")], Some("t")),
            (vec![("authorization", "Bearer t")], Some("t")),
            (vec![("authorization", "bearer  t ")], Some("t")),
            (vec![("authorization", "Basic t")], None),
            (vec![("authorization", "Bearer")], None),
            (vec![("x-api-key", "k"), ("authorization", "Bearer t")], Some("k")),
        ];
        for (pairs, key) in table {
            let headers = pairs
                .iter()
                .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()))
                .collect();
            assert_eq!(given_key(&headers), key, "{pairs:?}");
        }
    }
}
