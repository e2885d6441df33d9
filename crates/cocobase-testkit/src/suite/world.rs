//! The real server behind a fault proxy, and a hand that writes its documents.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::adapter::Wish;
use super::stage::{Actor, KEY, Outcome, SOON, Stage, hold};
use crate::proxy::Proxy;

#[cfg(not(feature = "server"))]
use super::absent::{Certified, RealServer, Secure};
#[cfg(feature = "server")]
use crate::server::RealServer;
#[cfg(feature = "server")]
use crate::ways::{Certified, Secure};

/// A server that can be killed, behind a line that can be cut.
pub(crate) struct World {
    pub(crate) server: RealServer,
    pub(crate) proxy: Proxy,
    /// How to speak with a server that speaks TLS.
    secure: Option<Secure>,
}

impl World {
    pub(crate) fn start() -> Outcome<Self> {
        let server = RealServer::start(KEY)?;
        let proxy = Proxy::start(server.address())?;
        Ok(Self { server, proxy, secure: None })
    }

    /// The same with a server that speaks TLS, for clients that believe this certificate.
    pub(crate) fn start_secured(certified: &Certified) -> Outcome<Self> {
        let server = RealServer::start_secured(KEY, certified)?;
        let proxy = Proxy::start(server.address())?;
        Ok(Self { server, proxy, secure: Some(Secure::new(certified)?) })
    }

    /// Opens a connection through the proxy.
    pub(crate) fn open(&self, stage: &Stage<'_>, wish: Wish) -> Outcome<Actor> {
        stage.open(self.url(), wish)
    }

    /// Where the proxy is, for clients.
    pub(crate) fn url(&self) -> String {
        match self.secure {
            Some(_) => format!("https://localhost:{}", self.proxy.address().port()),
            None => self.proxy.url(),
        }
    }

    /// Opens a connection that the proxy's faults do not touch.
    pub(crate) fn open_beside(&self, stage: &Stage<'_>, wish: Wish) -> Outcome<Actor> {
        stage.open(format!("http://{}", self.server.address()), wish)
    }

    /// The server dies, and is there again with its data.
    pub(crate) fn kill_and_restart(&mut self) -> Outcome {
        self.server.kill();
        self.restart()
    }

    pub(crate) fn restart(&mut self) -> Outcome {
        self.server.restart()?;
        self.proxy.lead_to(self.server.address());
        Ok(())
    }

    /// The server is there again, with another history.
    pub(crate) fn restart_empty(&mut self) -> Outcome {
        self.server.restart_empty()?;
        self.proxy.lead_to(self.server.address());
        Ok(())
    }

    pub(crate) fn writer(&self) -> Writer {
        Writer { server: self.server.address(), secure: self.secure.clone() }
    }

    pub(crate) fn create(&self, n: i64) -> Outcome<String> {
        self.writer().create(n)
    }

    pub(crate) fn update(&self, id: &str, n: i64) -> Outcome {
        let body = format!(r#"{{"data":{{"n":{n}}}}}"#);
        let path = format!("/collections/posts/documents/{id}");
        self.writer().request("PATCH", &path, &body).map(drop)
    }

    pub(crate) fn delete(&self, id: &str) -> Outcome {
        let path = format!("/collections/posts/documents/{id}");
        self.writer().request("DELETE", &path, "").map(drop)
    }

    /// The ids of the documents, in the order of their creation.
    pub(crate) fn list(&self) -> Outcome<Vec<String>> {
        let path = "/collections/posts/documents?limit=1000";
        let list = self.writer().request("GET", path, "")?;
        Ok(list.as_array().into_iter().flatten().map(id).collect())
    }
}

/// Writes documents of the collection `posts`.
#[derive(Clone)]
pub(crate) struct Writer {
    server: SocketAddr,
    secure: Option<Secure>,
}

impl Writer {
    /// Creates a document, and gives its id once the server has acknowledged it.
    pub(crate) fn create(&self, n: i64) -> Outcome<String> {
        let body = format!(r#"{{"data":{{"n":{n}}}}}"#);
        let path = "/collections/documents?collection=posts";
        Ok(id(&self.request("POST", path, &body)?))
    }

    /// Sends a request and reads the answer, which must be a success.
    fn request(&self, method: &str, path: &str, body: &str) -> Outcome<Value> {
        let stream = TcpStream::connect(self.server)?;
        stream.set_read_timeout(Some(SOON))?;
        match &self.secure {
            Some(secure) => exchange(secure.over(stream)?, method, path, body),
            None => exchange(stream, method, path, body),
        }
    }
}

pub(crate) fn id(document: &Value) -> String {
    document.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn exchange(mut stream: impl Read + Write, method: &str, path: &str, body: &str) -> Outcome<Value> {
    let length = body.len();
    stream.write_all(
        format!(
            "{method} {path} HTTP/1.1\r\nhost: server\r\nx-api-key: {KEY}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    hold!(head.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    // An answer may come in chunks, which only surround the JSON.
    let json = body.find(['[', '{']).zip(body.rfind([']', '}']));
    let json = json.and_then(|(start, end)| body.get(start..=end)).unwrap_or_default();
    serde_json::from_str(json).map_err(|error| format!("{method} {path}: {error}: {answer}").into())
}
