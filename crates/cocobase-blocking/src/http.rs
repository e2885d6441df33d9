//! Documents and event streams over HTTP, by ureq on our own connections.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use cocobase_driver::{HttpAnswer, HttpRequest};
use cocobase_proto::{CloseCause, Input, Text, rest};
use cocobase_threads::{Tcp, offload, ready};
use ureq::http::header::{CONTENT_TYPE, RETRY_AFTER};
use ureq::http::{Request, Response};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, AsSendBody, Body, BodyReader, Error};

use crate::stream::{self, Stream};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
const MAX_ANSWER: u64 = 64 << 20;

/// How much of an answer that is no event stream is read, for the words in it.
const MAX_REFUSAL: u64 = 4 << 10;

/// How much of an event stream is read at once.
const PIECE: usize = 4 << 10;

/// What sends requests. Its clones share the connections that are free.
pub(crate) fn agent(tls: Arc<rustls::ClientConfig>) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(READ_TIMEOUT))
        .timeout_per_write(Some(READ_TIMEOUT))
        .input_buffer_size(PIECE)
        .build();
    Agent::with_parts(config, Connections { tls }, DefaultResolver::default())
}

pub(crate) async fn send(agent: Agent, request: HttpRequest) -> Result<HttpAnswer, String> {
    offload(move || exchange(&agent, request))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())
}

fn exchange(agent: &Agent, request: HttpRequest) -> Result<HttpAnswer, Error> {
    let HttpRequest { method, url, mut headers, body } = request;
    let method = match method {
        rest::Method::Get => "GET",
        rest::Method::Post => "POST",
        rest::Method::Patch => "PATCH",
        rest::Method::Delete => "DELETE",
    };
    let mut answer = match body {
        None => run(agent, method, &url, headers, ())?,
        Some(body) => {
            headers.push(("content-type", "application/json".into()));
            run(agent, method, &url, headers, body)?
        }
    };
    let body = answer.body_mut().with_config().limit(MAX_ANSWER).read_to_vec()?;
    let texts = answer
        .headers()
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    Ok(HttpAnswer {
        status: answer.status().as_u16(),
        headers: texts.collect(),
        body: Text::from_utf8(body.into()).map_err(io::Error::other)?,
    })
}

fn run(
    agent: &Agent,
    method: &str,
    url: &str,
    headers: Vec<(&'static str, String)>,
    body: impl AsSendBody,
) -> Result<Response<Body>, Error> {
    let request = headers
        .into_iter()
        .fold(Request::builder().method(method).uri(url), |request, (name, value)| {
            request.header(name, value)
        });
    agent.run(request.body(body)?)
}

/// An answer that goes on.
pub struct EventStream {
    body: BodyReader<'static>,
}

pub(crate) async fn open_stream(
    agent: Agent,
    url: String,
    headers: Vec<(&'static str, String)>,
) -> Result<EventStream, Input> {
    let unconnected = |reason: String| Input::Closed(CloseCause::Connect(reason.into()));
    let opening = offload(move || match run(&agent, "GET", &url, headers, ()) {
        Ok(answer) => opened(answer),
        Err(error) => Err(unconnected(error.to_string())),
    });
    opening.await.unwrap_or_else(|error| Err(unconnected(error.to_string())))
}

fn opened(mut answer: Response<Body>) -> Result<EventStream, Input> {
    let text = |name| answer.headers().get(name).and_then(|value| value.to_str().ok());
    let is_stream =
        text(CONTENT_TYPE).is_some_and(|kind| kind.trim_start().starts_with(rest::EVENT_STREAM));
    let (status, retry_after) = (answer.status().as_u16(), text(RETRY_AFTER));
    if status == 200 && is_stream {
        return Ok(EventStream { body: answer.into_body().into_reader() });
    }
    let retry_after = retry_after.and_then(rest::retry_after);
    let mut words = Vec::new();
    // What cannot be read of them is no loss.
    let _ = answer.body_mut().as_reader().take(MAX_REFUSAL).read_to_end(&mut words);
    let body = String::from_utf8_lossy(&words).into_owned().into();
    Err(Input::Refused { status, retry_after, body })
}

impl cocobase_driver::EventStream for EventStream {
    fn poll_input(&mut self, _: &mut Context<'_>) -> Poll<Input> {
        let mut piece = [0; PIECE];
        ready(self.body.read(&mut piece)).map(|read| match read {
            Ok(0) => Input::Closed(CloseCause::Closed { code: None, reason: Text::default() }),
            Ok(len) => Input::Bytes(piece.get(..len).unwrap_or_default().to_vec().into()),
            Err(error) => Input::Closed(CloseCause::Io(error.to_string().into())),
        })
    }
}

impl std::fmt::Debug for EventStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventStream").finish_non_exhaustive()
    }
}

/// Makes ureq's connections, so that they can be given up, and read without blocking.
struct Connections {
    tls: Arc<rustls::ClientConfig>,
}

impl Connector for Connections {
    type Out = Connection;

    fn connect(
        &self,
        details: &ConnectionDetails,
        _: Option<()>,
    ) -> Result<Option<Connection>, Error> {
        let tcp = patiently(Tcp::connect(&details.addrs), details.timeout)?;
        let stream = stream::secure(tcp, details.uri, &self.tls)?;
        let config = details.config;
        let buffers = LazyBuffers::new(config.input_buffer_size(), config.output_buffer_size());
        Ok(Some(Connection { stream, buffers }))
    }
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections").finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct Connection {
    stream: Stream,
    buffers: LazyBuffers,
}

impl Transport for Connection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        let timeout = timeout.for_write();
        let mut rest = self.buffers.output().get(..amount).unwrap_or_default();
        while !rest.is_empty() {
            let written = patiently(poll_fn(|_| ready(self.stream.write(rest))), timeout)?;
            rest = rest.get(written..).unwrap_or_default();
        }
        patiently(poll_fn(|_| ready(self.stream.flush())), timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let input = self.buffers.input_append_buf();
        let read = poll_fn(|_| ready(self.stream.read(input)));
        let amount = patiently(read, timeout.for_read())?;
        self.buffers.input_appended(amount);
        Ok(amount > 0)
    }

    fn is_open(&mut self) -> bool {
        match &self.stream {
            Stream::Rustls(stream) => stream.sock.is_idle(),
            Stream::Plain(tcp) => tcp.is_idle(),
            _ => false,
        }
    }
}

fn patiently<T>(
    step: impl Future<Output = io::Result<T>>,
    timeout: NextTimeout,
) -> Result<T, Error> {
    let until = timeout.not_zero().and_then(|after| Instant::now().checked_add(*after));
    cocobase_threads::patiently(step, until).map_err(|error| match error.kind() {
        io::ErrorKind::TimedOut => Error::Timeout(timeout.reason),
        _ => error.into(),
    })
}
