//! Documents and event streams over HTTP, by ureq.

use std::io::{self, Read};
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_driver::{Headers, HttpAnswer, HttpRequest};
use cocobase_net::http;
use cocobase_proto::{CloseCause, Input, Text, rest};
use cocobase_threads::{Network, offload, ready};
use ureq::http::request::Builder;
use ureq::http::{Request, Response};
use ureq::{Agent, Body, BodyReader, Error};

/// How much of an event stream is read at once.
const PIECE: usize = 4 << 10;

/// What sends requests. Its clones share the connections that are free.
pub(crate) fn agent(network: Arc<Network>) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(http::CONNECT_TIMEOUT))
        .timeout_per_read(Some(http::READ_TIMEOUT))
        .timeout_per_write(Some(http::READ_TIMEOUT))
        .input_buffer_size(PIECE)
        .build();
    cocobase_threads::agent(network, config)
}

pub(crate) async fn send(agent: Agent, request: HttpRequest) -> Result<HttpAnswer, String> {
    let exchanged = offload(move || exchange(&agent, request)).await;
    exchanged.map_err(|error| error.to_string())?.map_err(|error| error.to_string())
}

fn exchange(agent: &Agent, request: HttpRequest) -> Result<HttpAnswer, Error> {
    let HttpRequest { method, url, headers, body } = request;
    let request = builder(method, &url, headers);
    let mut answer = match body {
        None => agent.run(request.body(())?)?,
        Some(body) => agent.run(request.header("content-type", "application/json").body(body)?)?,
    };
    let body = answer.body_mut().with_config().limit(http::MAX_ANSWER).read_to_vec()?;
    Ok(HttpAnswer {
        status: answer.status().as_u16(),
        headers: http::texts(answer.headers()),
        body: Text::from_utf8(body.into()).map_err(io::Error::other)?,
    })
}

fn builder(method: rest::Method, url: &str, headers: Headers) -> Builder {
    let request = Request::builder().method(method.as_str()).uri(url);
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

/// An answer that goes on.
#[allow(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct EventStream(BodyReader<'static>);

pub(crate) async fn open_stream(
    agent: Agent,
    url: String,
    headers: Headers,
) -> Result<EventStream, Input> {
    let ask = move || agent.run(builder(rest::Method::Get, &url, headers).body(())?).map(opened);
    let asked = offload(ask).await.map_err(|error| error.to_string());
    let asked = asked.and_then(|asked| asked.map_err(|error| error.to_string()));
    asked.unwrap_or_else(|reason| Err(Input::Closed(CloseCause::Connect(reason.into()))))
}

fn opened(mut answer: Response<Body>) -> Result<EventStream, Input> {
    let status = answer.status().as_u16();
    if http::is_event_stream(status, answer.headers()) {
        return Ok(EventStream(answer.into_body().into_reader()));
    }
    let mut words = Vec::new();
    // What cannot be read of them is no loss.
    let _ = answer.body_mut().as_reader().take(http::MAX_REFUSAL).read_to_end(&mut words);
    Err(http::refusal(status, answer.headers(), &words))
}

impl cocobase_driver::EventStream for EventStream {
    fn poll_input(&mut self, _: &mut Context<'_>) -> Poll<Input> {
        let mut piece = [0; PIECE];
        ready(self.0.read(&mut piece)).map(|read| match read {
            Ok(0) => Input::Closed(CloseCause::Closed { code: None, reason: Text::default() }),
            Ok(len) => Input::Bytes(piece.get(..len).unwrap_or_default().to_vec().into()),
            Err(error) => Input::Closed(CloseCause::Io(error.to_string().into())),
        })
    }
}
