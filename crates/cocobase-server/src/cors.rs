//! Leave for the pages of other origins: browsers ask for it before they hand over an answer.
//!
//! Any origin may ask, since what opens the door is the key in the request: the server sets no
//! cookies, which a browser would send along by itself.

use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// What a page may do on any path. Which of them a path knows, its answer tells.
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");

/// What a page may read of an answer beside its body.
const EXPOSED: HeaderValue =
    HeaderValue::from_static("x-cocobase-seq, x-cocobase-epoch, retry-after");

/// How long a browser may remember the leave: a day. Browsers cut it down to two hours or so.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

const ANY: HeaderValue = HeaderValue::from_static("*");

/// Answers the question whether a page may ask, which comes without a key, and lets it read every
/// other answer.
pub(crate) async fn allow(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(header::ORIGIN) {
        return next.run(request).await;
    }
    let mut response = match preflight(&request) {
        Some(leave) => leave,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    response
}

fn preflight(request: &Request) -> Option<Response> {
    let asked = request.headers();
    if request.method() != Method::OPTIONS
        || !asked.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return None;
    }
    let fixed = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    let mut response = (StatusCode::NO_CONTENT, fixed).into_response();
    let headers = response.headers_mut();
    // Whatever a page sends beside the key is no danger: the server reads what it knows.
    if let Some(wanted) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        headers.insert(header::VARY, header::ACCESS_CONTROL_REQUEST_HEADERS.into());
    }
    Some(response)
}
