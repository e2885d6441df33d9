//! A proxy of a few lines that speaks HTTP and SOCKS 5. It knows one address, this machine's.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// The servers that it was asked for.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    pub(crate) async fn start(login: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), asked: Arc::default() };
        let asked = Arc::clone(&proxy.asked);
        let login = percent_decode_str(login).decode_utf8().unwrap().into_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that is refused hangs up.
                let (asked, login) = (Arc::clone(&asked), login.clone());
                tokio::spawn(async move { serve(stream, &login, &asked).await });
            }
        });
        proxy
    }
}

async fn serve(mut stream: TcpStream, login: &str, asked: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut first = [0];
    stream.peek(&mut first).await?;
    let (to, forward) = match first[0] {
        5 => (socks(&mut stream, login).await?, Vec::new()),
        _ => http(&mut stream, login).await?,
    };
    asked.lock().unwrap().push(to.clone());
    let port = to.rsplit_once(':').unwrap().1.parse::<u16>().unwrap();
    let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    server.write_all(&forward).await?;
    copy_bidirectional(&mut stream, &mut server).await?;
    Ok(())
}

/// Whom the client wants, and what to say there first.
async fn http(stream: &mut TcpStream, login: &str) -> io::Result<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let expected = format!("basic {}\r\n", STANDARD.encode(login));
    if !login.is_empty() && !head.to_lowercase().contains(&expected.to_lowercase()) {
        stream.write_all(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n").await?;
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    if method == "CONNECT" {
        stream.write_all(b"HTTP/1.1 200 Go ahead\r\n\r\n").await?;
        return Ok((target.to_owned(), Vec::new()));
    }
    // A request to pass on: the server is told no more than the path.
    let (authority, _) = target.strip_prefix("http://").unwrap().split_once('/').unwrap();
    Ok((authority.to_owned(), head.replacen(&format!("http://{authority}"), "", 1).into_bytes()))
}

async fn socks(stream: &mut TcpStream, login: &str) -> io::Result<String> {
    let method = if login.is_empty() { 0 } else { 2 };
    let mut start = [0; 2];
    stream.read_exact(&mut start).await?;
    let mut methods = vec![0; usize::from(start[1])];
    stream.read_exact(&mut methods).await?;
    assert!(methods.contains(&method));
    stream.write_all(&[5, method]).await?;
    if method == 2 {
        assert_eq!(stream.read_u8().await?, 1);
        let given = [text(stream).await?, text(stream).await?].join(":");
        let is_right = given == login;
        stream.write_all(&[1, u8::from(!is_right)]).await?;
        if !is_right {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request).await?;
    assert_eq!(request, [5, 1, 0, 3], "it wants a connection to a name");
    let to = format!("{}:{}", text(stream).await?, stream.read_u16().await?);
    stream.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 80]).await?;
    Ok(to)
}

async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut text = vec![0; usize::from(stream.read_u8().await?)];
    stream.read_exact(&mut text).await?;
    Ok(String::from_utf8(text).unwrap())
}
