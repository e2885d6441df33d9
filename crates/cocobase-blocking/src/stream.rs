//! TCP, with TLS where the address asks for it.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use cocobase_threads::{Tcp, offload};
use rustls::{ClientConfig, ClientConnection, StreamOwned};
use tungstenite::http::Uri;
use tungstenite::stream::MaybeTlsStream;

/// A connection to a server.
pub(crate) type Stream = MaybeTlsStream<Tcp>;

/// Connects to the host of an address that begins with `ws`, `wss`, `http` or `https`. Its name is
/// looked up on a thread of its own, as that cannot but block.
pub(crate) async fn connect(uri: &Uri, tls: &Arc<ClientConfig>) -> io::Result<Stream> {
    let (host, port) = (host(uri), uri.port_u16().unwrap_or(if is_secure(uri) { 443 } else { 80 }));
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => offload(move || (host, port).to_socket_addrs()).await??.collect(),
    };
    secure(Tcp::connect(&addresses).await?, uri, tls)
}

/// Begins TLS, whose handshake takes place along with the first bytes.
pub(crate) fn secure(tcp: Tcp, uri: &Uri, tls: &Arc<ClientConfig>) -> io::Result<Stream> {
    if !is_secure(uri) {
        return Ok(MaybeTlsStream::Plain(tcp));
    }
    let name = host(uri).try_into().map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
    Ok(MaybeTlsStream::Rustls(StreamOwned::new(connection, tcp)))
}

fn is_secure(uri: &Uri) -> bool {
    matches!(uri.scheme_str(), Some("wss" | "https"))
}

fn host(uri: &Uri) -> String {
    // An IPv6 address stands in brackets there, and nowhere else.
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}
