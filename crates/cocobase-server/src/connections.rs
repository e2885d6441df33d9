//! Accepting connections, and letting them go.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
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

use crate::realtime::{Handover, Wire};

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

type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// Serves one connection as long as it speaks HTTP; on `stopping`, it ends after the request that it
/// is in. A WebSocket is then handed over, by which the memory of the HTTP connection is freed.
async fn connection<I>(
    stream: I,
    wire: fn(I) -> Wire,
    service: TowerToHyperService<Router>,
    mut stopping: watch::Receiver<()>,
) where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let handover = Handover::default();
    let offered = handover.clone();
    let service = service_fn(move |mut request: Request<Incoming>| -> Answering {
        request.extensions_mut().insert(offered.clone());
        Box::pin(service.call(request))
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service);
    let served = tokio::select! {
        served = poll_fn(|cx| connection.poll_without_shutdown(cx)) => served,
        _ = stopping.changed() => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "connection broke off");
        return;
    }
    let Parts { io, read_buf, .. } = connection.into_parts();
    let mut stream = io.into_inner();
    match handover.take() {
        Some(arrival) => arrival.enter(wire(stream), read_buf).await,
        None => {
            // The client may be gone already.
            let _ = stream.shutdown().await;
        }
    }
}

/// Errors of a connection that was gone before it was accepted.
fn is_passing(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
