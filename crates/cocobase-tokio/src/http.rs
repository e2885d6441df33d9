//! Documents and event streams over HTTP.

use std::error::Error as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_driver::{HttpAnswer, HttpRequest};
use cocobase_proto::{CloseCause, Input, Text, rest};
use http_body::Body as _;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use tokio::time::timeout;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
const MAX_ANSWER: usize = 64 << 20;

/// How much of an answer that is no event stream is read, for the words in it.
const MAX_REFUSAL: usize = 4 << 10;

pub(crate) fn client(tls: &rustls::ClientConfig) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
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
    let mut answer = patient(builder.send()).await?;
    let status = answer.status().as_u16();
    let headers = texts(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = patient(answer.chunk()).await? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20));
        }
        body.extend_from_slice(&chunk);
    }
    let body = Text::from_utf8(body.into()).map_err(|error| format!("the answer: {error}"))?;
    Ok(HttpAnswer { status, headers, body })
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &reqwest::header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let texts = headers.iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
    texts.collect()
}

async fn patient<T>(step: impl Future<Output = reqwest::Result<T>>) -> Result<T, String> {
    match timeout(READ_TIMEOUT, step).await {
        Ok(done) => done.map_err(|error| describe(&error)),
        Err(_) => Err(format!("nothing came for {} s", READ_TIMEOUT.as_secs())),
    }
}

/// An answer that goes on.
#[derive(Debug)]
pub struct EventStream {
    body: reqwest::Body,
}

pub(crate) async fn open_stream(
    client: reqwest::Client,
    url: String,
    headers: Vec<(&'static str, String)>,
) -> Result<EventStream, Input> {
    let request = headers
        .into_iter()
        .fold(client.get(url), |request, (name, value)| request.header(name, value));
    let answer = request
        .send()
        .await
        .map_err(|error| Input::Closed(CloseCause::Connect(describe(&error).into())))?;
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_stream = kind.is_some_and(|kind| kind.trim_start().starts_with(rest::EVENT_STREAM));
    if answer.status() == reqwest::StatusCode::OK && is_stream {
        return Ok(EventStream { body: answer.into() });
    }
    Err(refusal(answer).await)
}

async fn refusal(mut answer: reqwest::Response) -> Input {
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| rest::retry_after(value.to_str().ok()?));
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_REFUSAL {
            body.truncate(MAX_REFUSAL);
            break;
        }
    }
    Input::Refused { status, retry_after, body: String::from_utf8_lossy(&body).into_owned().into() }
}

impl cocobase_driver::EventStream for EventStream {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        loop {
            let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
            return Poll::Ready(match frame.map(|frame| frame.map(http_body::Frame::into_data)) {
                Some(Ok(Ok(bytes))) => Input::Bytes(bytes),
                // Trailers say nothing here.
                Some(Ok(Err(_))) => continue,
                Some(Err(error)) => Input::Closed(CloseCause::Io(describe(&error).into())),
                None => Input::Closed(CloseCause::Closed { code: None, reason: Text::default() }),
            });
        }
    }
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
