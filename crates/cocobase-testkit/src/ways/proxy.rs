//! A proxy of a few lines that speaks HTTP and SOCKS 5. It knows one address, this machine's.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// A proxy that is asked for the way, by `CONNECT` or SOCKS 5 on the same port. Whatever name it is
/// asked for, it leads to that port of this machine. From [`Ways::proxy`](super::Ways::proxy), which has
/// an example.
#[derive(Debug)]
pub struct ForwardProxy {
    address: SocketAddr,
    asked: Asked,
}

type Asked = Arc<Mutex<Vec<String>>>;

/// The longest head of a request that is read.
const MAX_HEAD: usize = 64 << 10;

impl ForwardProxy {
    pub(super) async fn start(login: &str) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let proxy = Self { address: listener.local_addr()?, asked: Asked::default() };
        let asked = Arc::clone(&proxy.asked);
        let login = percent_decode_str(login).decode_utf8_lossy().into_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that is refused hangs up.
                let (asked, login) = (Arc::clone(&asked), login.clone());
                tokio::spawn(async move { serve(stream, &login, &asked).await });
            }
        });
        Ok(proxy)
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The servers, with their ports, that it was asked for, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn serve(mut stream: TcpStream, login: &str, asked: &Asked) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    let (to, forward) = match first {
        [5] => (socks(&mut stream, login).await?, Vec::new()),
        _ => http(&mut stream, login).await?,
    };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(to.clone());
    let port = to.rsplit_once(':').and_then(|(_, port)| port.parse::<u16>().ok());
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port.ok_or_else(wrong)?)).await?;
    server.write_all(&forward).await?;
    copy_bidirectional(&mut stream, &mut server).await.map(drop)
}

/// Whom the client wants, and what to say there first.
async fn http(stream: &mut TcpStream, login: &str) -> io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
        if head.len() > MAX_HEAD {
            return Err(wrong());
        }
    }
    let head = String::from_utf8(head).map_err(|_| wrong())?;
    let expected = format!("basic {}\r\n", STANDARD.encode(login));
    if !login.is_empty() && !head.to_lowercase().contains(&expected.to_lowercase()) {
        stream.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n").await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut words = head.split(' ');
    let (method, target) = words.next().zip(words.next()).ok_or_else(wrong)?;
    if method == "CONNECT" {
        stream.write_all(b"HTTP/1.1 200 Go ahead\r\n\r\n").await?;
        return Ok((target.to_owned(), Vec::new()));
    }
    // A request to pass on: the server is told no more than the path.
    let target = target.strip_prefix("http://").and_then(|target| target.split_once('/'));
    let (authority, _) = target.ok_or_else(wrong)?;
    Ok((authority.to_owned(), head.replacen(&format!("http://{authority}"), "", 1).into_bytes()))
}

async fn socks(stream: &mut TcpStream, login: &str) -> io::Result<String> {
    let method = if login.is_empty() { 0 } else { 2 };
    let (_version, count) = (stream.read_u8().await?, stream.read_u8().await?);
    let mut methods = vec![0; usize::from(count)];
    stream.read_exact(&mut methods).await?;
    if !methods.contains(&method) {
        stream.write_all(&[5, 0xff]).await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    stream.write_all(&[5, method]).await?;
    if method == 2 {
        let _version = stream.read_u8().await?;
        let given = [text(stream).await?, text(stream).await?].join(":");
        let is_right = given == login;
        stream.write_all(&[1, u8::from(!is_right)]).await?;
        if !is_right {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    // A connection to a name is all that it knows.
    if request != [5, 1, 0, 3] {
        return Err(wrong());
    }
    let to = format!("{}:{}", text(stream).await?, stream.read_u16().await?);
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
    Ok(to)
}

async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut text).await?;
    String::from_utf8(text).map_err(|_| wrong())
}

fn wrong() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
