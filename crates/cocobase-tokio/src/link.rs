//! WebSockets from tokio-tungstenite.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_driver::Link;
use cocobase_net::websocket;
use cocobase_proto::{CloseCause, Input, Text};
use futures_core::Stream;
use futures_sink::Sink;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

pub(crate) async fn connect(
    url: String,
    tls: Arc<rustls::ClientConfig>,
) -> Result<WebSocket, Input> {
    let connector = Some(Connector::Rustls(tls));
    let without_delay = true;
    let config = Some(websocket::config());
    tokio_tungstenite::connect_async_tls_with_config(url, config, without_delay, connector)
        .await
        .map(|(stream, _)| WebSocket { stream })
        .map_err(websocket::failure)
}

impl Link for WebSocket {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        Pin::new(&mut self.stream).poll_next(cx).map(websocket::input)
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_ready(cx).map_err(|error| websocket::broken(&error))
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        Pin::new(&mut self.stream).start_send(Message::text(text.as_str())).map_err(|error| websocket::broken(&error))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| websocket::broken(&error))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Whether the other side still hears it is of no interest any more.
        Pin::new(&mut self.stream).poll_close(cx).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use futures_util::{SinkExt, StreamExt};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::{ClientConfig, RootCertStore, ServerConfig};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    fn provider() -> Arc<rustls::crypto::CryptoProvider> {
        Arc::new(rustls::crypto::ring::default_provider())
    }

    /// A TLS WebSocket server for one connection that says back what it hears, and the certificate
    /// to trust it by.
    async fn echo() -> (String, rustls::pki_types::CertificateDer<'static>) {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = certified.cert.der().clone();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivateKeyDer::from(key))
            .unwrap();
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            // A client that does not trust us breaks off here.
            let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await else {
                return;
            };
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            while let Some(Ok(message)) = socket.next().await {
                if message.is_text() {
                    socket.send(message).await.unwrap();
                }
            }
        });
        (format!("wss://localhost:{port}/"), certificate)
    }

    #[tokio::test]
    async fn wss_carries_text_both_ways() {
        let (url, certificate) = echo().await;
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let mut link = connect(url, Arc::new(config)).await.unwrap();
        poll_fn(|cx| link.poll_ready(cx)).await.unwrap();
        link.start_send("hello".into()).unwrap();
        poll_fn(|cx| link.poll_flush(cx)).await.unwrap();
        assert_eq!(poll_fn(|cx| link.poll_input(cx)).await, Input::Text("hello".into()));
        poll_fn(|cx| link.poll_close(cx)).await;
    }

    #[tokio::test]
    async fn a_server_that_nobody_vouches_for_is_not_talked_to() {
        let (url, _) = echo().await;
        let failure = connect(url, Arc::new(cocobase_net::tls::config().unwrap())).await.unwrap_err();
        let Input::Closed(CloseCause::Connect(reason)) = failure else { panic!("{failure:?}") };
        assert!(reason.contains("certificate"), "{reason}");
    }
}
