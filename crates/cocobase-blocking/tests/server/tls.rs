//! A server by TLS that says what a test wants it to.

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use cocobase_blocking::{Client, Connections, Tls};
use rustls::crypto::ring;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tungstenite::{Message, WebSocket};

use crate::support::quick;

pub(crate) struct TlsServer {
    listener: TcpListener,
    config: Arc<ServerConfig>,
    certificate: String,
}

impl TlsServer {
    pub(crate) fn start() -> Self {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let key = PrivatePkcs8KeyDer::from(certified.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certified.cert.der().clone()], key.into());
        Self {
            listener: TcpListener::bind("127.0.0.1:0").unwrap(),
            config: Arc::new(config.unwrap()),
            certificate: certified.cert.pem(),
        }
    }

    /// A client that believes this server.
    pub(crate) fn client(&self) -> Client {
        let tls = Tls::nobody().and_root(self.certificate.clone());
        let url = format!("https://{}", self.listener.local_addr().unwrap());
        let builder = quick(url).connections(Connections::new().tls(tls));
        builder.api_key("k").build().unwrap()
    }

    /// The next client that wants a WebSocket.
    pub(crate) fn accept(&self) -> Line {
        let (stream, _) = self.listener.accept().unwrap();
        let connection = ServerConnection::new(Arc::clone(&self.config)).unwrap();
        let stream = StreamOwned::new(connection, stream);
        Line(tungstenite::accept(stream).unwrap())
    }
}

/// A WebSocket by TLS, from the server's side.
pub(crate) struct Line(WebSocket<StreamOwned<ServerConnection, TcpStream>>);

impl Line {
    pub(crate) fn hear(&mut self) -> String {
        self.0.read().unwrap().into_text().unwrap().to_string()
    }

    pub(crate) fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }
}
