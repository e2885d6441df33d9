//! Documents over HTTP.

use std::error::Error as _;
use std::time::Duration;

use cocobase_driver::{HttpAnswer, HttpRequest};
use cocobase_proto::{Text, rest};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
const MAX_ANSWER: usize = 64 << 20;

pub(crate) fn client(tls: &rustls::ClientConfig) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .build()
        .map_err(|error| describe(&error))
}

pub(crate) async fn send(
    client: reqwest::Client,
    request: HttpRequest,
) -> Result<HttpAnswer, String> {
    let method = match request.method {
        rest::Method::Get => reqwest::Method::GET,
        rest::Method::Post => reqwest::Method::POST,
        rest::Method::Patch => reqwest::Method::PATCH,
        rest::Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = client.request(method, request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.header("content-type", "application/json").body(body);
    }
    let mut answer = builder.send().await.map_err(|error| describe(&error))?;
    let status = answer.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| describe(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20));
        }
        body.extend_from_slice(&chunk);
    }
    let body = Text::from_utf8(body.into()).map_err(|error| format!("the answer: {error}"))?;
    Ok(HttpAnswer { status, body })
}

/// The whole chain of reasons. reqwest's own message stops at the first and names the address,
/// which the user knows.
fn describe(error: &reqwest::Error) -> String {
    let mut reason = error.source();
    let mut words = Vec::new();
    while let Some(error) = reason {
        words.push(error.to_string());
        reason = error.source();
    }
    if words.is_empty() { error.to_string() } else { words.join(": ") }
}
