//! Documents and event streams over HTTP.

use std::error::Error as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_driver::{Headers, HttpAnswer, HttpRequest};
use cocobase_proto::{CloseCause, Input, Text, rest};
use http_body::Body as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use reqwest::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use tokio::time::timeout;

use crate::stream::{self, Network};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
const MAX_ANSWER: usize = 64 << 20;

/// How much of an answer that is no event stream is read, for the words in it.
const MAX_REFUSAL: usize = 4 << 10;

/// reqwest, or a connection for each request where the user brings a connector: reqwest takes none.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    network: Arc<Network>,
}

impl Http {
    pub(crate) fn new(network: &Arc<Network>) -> Result<Self, String> {
        let proxies = Arc::clone(network);
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(network.tls().as_ref().clone())
            .proxy(reqwest::Proxy::custom(move |url| proxies.proxy_url(url.as_str())))
            .tcp_keepalive(network.keep_alive())
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| describe(&error))?;
        Ok(Self { client, network: Arc::clone(network) })
    }

    async fn exchange(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<reqwest::Response, String> {
        let network = &self.network;
        let request = request.build().map_err(|error| describe(&error))?;
        if network.connector().is_none() {
            let url = request.url().to_string();
            let answer = self.client.execute(request).await.map_err(|error| {
                let by = network.proxy(&url).map(|proxy| format!("by the proxy {proxy}: "));
                by.unwrap_or_default() + &describe(&error)
            })?;
            let of_proxy = network.proxy_error(&url, answer.status().as_u16());
            return of_proxy.map_or(Ok(answer), |error| Err(error.to_string()));
        }
        let stream = stream::connect(network, request.url().as_str()).await;
        let stream = TokioIo::new(stream.map_err(|error| error.to_string())?);
        let (mut sender, connection) = http1::handshake(stream).await.map_err(|e| chain(&e))?;
        // It moves the bytes, and ends with the answer. What goes wrong, the answer says as well.
        tokio::spawn(connection);
        let request = origin_form(request).map_err(|error| describe(&error))?;
        let answer = sender.send_request(request).await.map_err(|error| chain(&error))?;
        Ok(answer.map(reqwest::Body::wrap).into())
    }
}

/// The request as a server is told it that is no proxy: the host stands in a header.
fn origin_form(request: reqwest::Request) -> reqwest::Result<hyper::Request<reqwest::Body>> {
    let mut request = hyper::Request::try_from(request)?;
    let uri = std::mem::take(request.uri_mut());
    let host = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    request.headers_mut().extend(host.map(|host| (HOST, host)));
    if let Some(path) = uri.path_and_query() {
        *request.uri_mut() = path.clone().into();
    }
    Ok(request)
}

pub(crate) async fn send(http: Http, request: HttpRequest) -> Result<HttpAnswer, String> {
    let method = match request.method {
        rest::Method::Get => reqwest::Method::GET,
        rest::Method::Post => reqwest::Method::POST,
        rest::Method::Patch => reqwest::Method::PATCH,
        rest::Method::Delete => reqwest::Method::DELETE,
    };
    let mut builder = http.client.request(method, request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    if let Some(body) = request.body {
        builder = builder.header("content-type", "application/json").body(body);
    }
    let mut answer = patient(http.exchange(builder)).await?;
    let status = answer.status().as_u16();
    let headers = texts(answer.headers());
    let mut body = Vec::new();
    let piece = async |answer: &mut reqwest::Response| {
        answer.chunk().await.map_err(|error| describe(&error))
    };
    while let Some(chunk) = patient(piece(&mut answer)).await? {
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

async fn patient<T>(step: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match timeout(READ_TIMEOUT, step).await {
        Ok(done) => done,
        Err(_) => Err(format!("nothing came for {} s", READ_TIMEOUT.as_secs())),
    }
}

/// An answer that goes on.
#[derive(Debug)]
pub struct EventStream {
    body: reqwest::Body,
}

impl Http {
    pub(crate) async fn open_stream(
        self,
        url: String,
        headers: Headers,
    ) -> Result<EventStream, Input> {
        let request = headers
            .into_iter()
            .fold(self.client.get(url), |request, (name, value)| request.header(name, value));
        accept(self.exchange(request).await).await
    }

    pub(crate) async fn open_requested(
        self,
        request: hyper::Request<()>,
    ) -> Result<EventStream, Input> {
        let request = reqwest::Request::try_from(request.map(|()| reqwest::Body::default()));
        let answer = match request.map_err(|error| describe(&error)) {
            Ok(request) => {
                let client = self.client.clone();
                self.exchange(reqwest::RequestBuilder::from_parts(client, request)).await
            }
            Err(words) => Err(words),
        };
        accept(answer).await
    }
}

/// An event stream, if that is what was answered.
async fn accept(answer: Result<reqwest::Response, String>) -> Result<EventStream, Input> {
    let answer = answer.map_err(|words| Input::Closed(CloseCause::Connect(words.into())))?;
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

/// reqwest's own message names the address, which the user knows.
fn describe(error: &reqwest::Error) -> String {
    error.source().map_or_else(|| error.to_string(), chain)
}

/// The whole chain of reasons.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut reason = error.source();
    while let Some(error) = reason {
        words = format!("{words}: {error}");
        reason = error.source();
    }
    words
}
