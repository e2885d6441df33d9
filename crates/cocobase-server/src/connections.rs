//! Accepting connections, and letting them go.

use std::convert::Infallible;
use std::future::{Future, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, Parts};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::lent::Lent;
use crate::realtime::{Arrival, Handover, Wire};

/// How long to wait when the system has no more file descriptors for us.
const BREATHER: Duration = Duration::from_millis(200);

/// A TLS handshake may take so long. The time for a request's head begins behind it.
const TLS_HANDSHAKE: Duration = Duration::from_secs(10);

/// The connections that still speak HTTP when the server stops.
pub(crate) struct Draining(JoinSet<()>);

/// Serves `router` until `shutdown` is done. Then connections end after the request that they are in.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> Draining {
    let (_stop, stopping) = watch::channel(());
    let service = TowerToHyperService::new(router);
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Draining(connections),
            // Takes finished tasks out of the set, so that it does not grow.
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Answers are written whole: waiting for more only delays them.
                    let _ = stream.set_nodelay(true);
                    let (service, stopping) = (service.clone(), stopping.clone());
                    match tls.clone() {
                        None => connections.spawn(connection(stream, Wire::Tcp, service, stopping)),
                        Some(tls) => connections.spawn(secured(stream, tls, service, stopping)),
                    };
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(BREATHER).await;
                }
            },
        }
    }
}

impl Draining {
    /// Waits until all requests are answered. Cancel-safe.
    pub(crate) async fn finish(&mut self) {
        while self.0.join_next().await.is_some() {}
    }

    /// Ends those that have not finished.
    pub(crate) async fn cut_off(mut self) {
        self.0.shutdown().await;
    }
}

async fn secured(
    stream: TcpStream,
    tls: TlsAcceptor,
    service: TowerToHyperService<Router>,
    stopping: watch::Receiver<()>,
) {
    match tokio::time::timeout(TLS_HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let wire = |stream| Wire::Tls(Box::new(stream));
            connection(stream, wire, service, stopping).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
        Err(_) => tracing::debug!("no TLS handshake in time"),
    }
}

/// Serves one connection. A WebSocket or an event stream is handed over, by which the memory of the
/// HTTP connection is freed.
async fn connection<I>(
    stream: I,
    wire: fn(I) -> Wire,
    service: TowerToHyperService<Router>,
    stopping: watch::Receiver<()>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let ended = match speak_http(stream, service, stopping).await {
        Ok(End { stream, early, arrival: Some(arrival) }) => {
            arrival.enter(stream, wire, early).await
        }
        Ok(End { mut stream, .. }) => stream.shutdown().await,
        Err(error) => Err(io::Error::other(error)),
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "connection broke off");
    }
}

/// What is left of a connection that does not speak HTTP any more.
struct End<I> {
    stream: I,
    /// What was read behind the last request.
    early: Bytes,
    arrival: Option<Arrival>,
}

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Speaks HTTP as long as it is HTTP; on `stopping`, until the request is answered that it is in.
async fn speak_http<I>(
    stream: I,
    service: TowerToHyperService<Router>,
    mut stopping: watch::Receiver<()>,
) -> hyper::Result<End<I>>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handover = Handover::default();
    let offered = handover.clone();
    let service = service_fn(move |mut request: Request<Incoming>| -> Answering {
        request.extensions_mut().insert(offered.clone());
        let (answering, offered) = (service.call(request), offered.clone());
        Box::pin(async move {
            match offered.pass(answering.await?) {
                Some(answer) => Ok(answer),
                None => pending().await,
            }
        })
    });
    let (stream, is_flushed) = Lent::new(stream);
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let mut is_stopping = false;
    loop {
        // Hyper may hold a part of an earlier answer when it hears of the request for a stream.
        let serving = poll_fn(|cx| match connection.poll_without_shutdown(cx) {
            Poll::Pending if handover.has_answer() && is_flushed.load(Ordering::Relaxed) => {
                Poll::Ready(Ok(()))
            }
            served => served,
        });
        tokio::select! {
            served = serving => break served?,
            _ = stopping.changed(), if !is_stopping => {
                is_stopping = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    }
    let Parts { io, read_buf, .. } = connection.into_parts();
    Ok(End { stream: io.into_inner().into_inner(), early: read_buf, arrival: handover.take() })
}

/// Errors of a connection that was gone before it was accepted.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, join, simplex};

    use super::*;
    use crate::{Config, Server};

    /// One who does not wait for the end of a request's body is answered without hyper's having read it.
    /// It reads on while it still writes the answer, and so comes to the next request: here, to that
    /// for a stream.
    #[tokio::test]
    async fn hyper_is_left_when_it_has_written_everything() {
        let listen = ([127, 0, 0, 1], 0).into();
        let config = Config { listen, keys: vec!["key".into()], ..Config::default() };
        let service = TowerToHyperService::new(Server::bind(config).await.unwrap().router());
        let preflight = "OPTIONS /collections HTTP/1.1\r\norigin: https://app.example\r\n\
             access-control-request-method: GET\r\ncontent-length: 2\r\n\r\n{";
        let rest = "}GET /realtime/sse/c?api_key=key HTTP/1.1\r\n\r\n";
        let (reading, mut asking) = simplex(preflight.len());
        let (mut answers, writing) = simplex(16);
        let (_stop, stopping) = watch::channel(());
        let speak = async {
            let mut end = speak_http(join(reading, writing), service, stopping).await.unwrap();
            assert!(end.arrival.is_some());
            end.stream.shutdown().await.unwrap();
        };
        let ask = async {
            asking.write_all(preflight.as_bytes()).await.unwrap();
            asking.write_all(rest.as_bytes()).await.unwrap();
        };
        let mut heard = String::new();
        // In this order, so that the rest is there when hyper comes back to it.
        let (.., read) = tokio::join!(biased; ask, speak, answers.read_to_string(&mut heard));
        read.unwrap();
        assert!(heard.starts_with("HTTP/1.1 204 No Content\r\n"), "{heard}");
        assert!(heard.ends_with("\r\n\r\n"), "{heard}");
    }
}
