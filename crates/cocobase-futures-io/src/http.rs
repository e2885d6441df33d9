//! Documents and event streams over HTTP, by hyper. A connection carries one request.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Timer;
use async_tungstenite::tungstenite::http::Uri;
use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest};
use cocobase_proto::{CloseCause, Input, Text, rest};
use futures_util::future::{Either, select};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, RETRY_AFTER};
use hyper::{Request, Response, StatusCode};
use smol_hyper::rt::FuturesIo;

use crate::stream::{self, Network};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
const MAX_ANSWER: usize = 64 << 20;

/// How much of an answer that is no event stream is read, for the words in it.
const MAX_REFUSAL: usize = 4 << 10;

pub(crate) async fn send(
    request: HttpRequest,
    network: Arc<Network>,
) -> Result<HttpAnswer, String> {
    let method = match request.method {
        rest::Method::Get => "GET",
        rest::Method::Post => "POST",
        rest::Method::Patch => "PATCH",
        rest::Method::Delete => "DELETE",
    };
    let mut headers = request.headers;
    if request.body.is_some() {
        headers.push(("content-type", "application/json".into()));
    }
    let body = request.body.unwrap_or_default();
    let (answer, mut connection) = exchange(method, &request.url, headers, body, network).await?;
    let status = answer.status().as_u16();
    let texts = texts(answer.headers());
    let mut incoming = answer.into_body();
    let mut body = Vec::new();
    while let Some(frame) = drive(&mut connection, patient(incoming.frame())).await? {
        let frame = frame.map_err(|error| describe(&error))?;
        let Ok(piece) = frame.into_data() else { continue };
        if body.len() + piece.len() > MAX_ANSWER {
            return Err(format!("the answer is larger than {} MiB", MAX_ANSWER >> 20));
        }
        body.extend_from_slice(&piece);
    }
    let body = Text::from_utf8(body.into()).map_err(|error| format!("the answer: {error}"))?;
    Ok(HttpAnswer { status, headers: texts, body })
}

/// An answer that goes on.
pub struct EventStream {
    connection: Connection,
    body: Incoming,
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

pub(crate) async fn open_stream(
    url: String,
    headers: Headers,
    network: Arc<Network>,
) -> Result<EventStream, Input> {
    let (answer, connection) = exchange("GET", &url, headers, String::new(), network)
        .await
        .map_err(|error| Input::Closed(CloseCause::Connect(error.into())))?;
    let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_stream = kind.is_some_and(|kind| kind.trim_start().starts_with(rest::EVENT_STREAM));
    if answer.status() == StatusCode::OK && is_stream {
        return Ok(EventStream { connection, body: answer.into_body() });
    }
    Err(refusal(answer, connection).await)
}

async fn refusal(answer: Response<Incoming>, mut connection: Connection) -> Input {
    let status = answer.status().as_u16();
    let retry_after = answer.headers().get(RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| rest::retry_after(value.to_str().ok()?));
    let mut incoming = answer.into_body();
    let mut body = Vec::new();
    while body.len() < MAX_REFUSAL
        && let Ok(Some(Ok(frame))) = drive(&mut connection, patient(incoming.frame())).await
    {
        body.extend(frame.into_data().unwrap_or_default().iter().take(MAX_REFUSAL - body.len()));
    }
    Input::Refused { status, retry_after, body: String::from_utf8_lossy(&body).into_owned().into() }
}

impl cocobase_driver::EventStream for EventStream {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        // It moves the bytes; what it has to say about their end, the body says as well.
        let _ = self.connection.as_mut().poll(cx);
        loop {
            let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
            return Poll::Ready(
                match frame.map(|frame| frame.map(hyper::body::Frame::into_data)) {
                    Some(Ok(Ok(bytes))) => Input::Bytes(bytes),
                    // Trailers say nothing here.
                    Some(Ok(Err(_))) => continue,
                    Some(Err(error)) => Input::Closed(CloseCause::Io(describe(&error).into())),
                    None => {
                        Input::Closed(CloseCause::Closed { code: None, reason: Text::default() })
                    }
                },
            );
        }
    }
}

/// The future that moves a connection's bytes. It is pending for ever once it is done.
type Connection = BoxFuture<()>;

async fn exchange(
    method: &str,
    url: &str,
    headers: Headers,
    body: String,
    network: Arc<Network>,
) -> Result<(Response<Incoming>, Connection), String> {
    let uri = url.parse::<Uri>().map_err(|error| error.to_string())?;
    let authority = uri.authority().map(|authority| authority.as_str().to_owned());
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let mut request = Request::builder().method(method).uri(path);
    if let Some(authority) = authority {
        request = request.header(HOST, authority);
    }
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;

    let connecting = async {
        let stream = stream::connect(&network, url).await.map_err(|error| error.to_string())?;
        http1::handshake(FuturesIo::new(stream)).await.map_err(|error| describe(&error))
    };
    let (mut sender, connection) = within(CONNECT_TIMEOUT, connecting)
        .await
        .ok_or_else(|| format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()))??;
    let mut connection: Connection = Box::pin(async {
        let _ = connection.await;
        std::future::pending::<()>().await;
    });
    let answer = drive(&mut connection, patient(sender.send_request(request))).await?;
    Ok((answer.map_err(|error| describe(&error))?, connection))
}

/// Waits for `step`, while the connection moves the bytes that it waits for.
async fn drive<T>(connection: &mut Connection, step: impl Future<Output = T>) -> T {
    match select(std::pin::pin!(step), connection).await {
        Either::Left((done, _)) => done,
        Either::Right(((), step)) => step.await,
    }
}

async fn patient<T>(step: impl Future<Output = T>) -> Result<T, String> {
    within(READ_TIMEOUT, step)
        .await
        .ok_or_else(|| format!("nothing came for {} s", READ_TIMEOUT.as_secs()))
}

async fn within<T>(patience: Duration, step: impl Future<Output = T>) -> Option<T> {
    match select(std::pin::pin!(step), Timer::after(patience)).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let texts = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    texts.collect()
}

/// The whole chain of reasons: hyper's own message stops at the first.
fn describe(error: &hyper::Error) -> String {
    let mut words = error.to_string();
    let mut reason = std::error::Error::source(error);
    while let Some(error) = reason {
        words = format!("{words}: {error}");
        reason = error.source();
    }
    words
}
