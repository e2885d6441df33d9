//! A real server on a free port, and a client for it.

pub mod socket;
pub mod stream;

use std::net::SocketAddr;

use cocobase_server::log::Data;
use cocobase_server::{Config, Server};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub const KEY: &str = "coco_test";

pub struct Running {
    pub address: SocketAddr,
    client: reqwest::Client,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// What a request was answered with.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

/// A configuration for tests: a free port, one key, data in memory.
pub fn config() -> Config {
    Config { listen: ([127, 0, 0, 1], 0).into(), keys: vec![KEY.into()], ..Config::default() }
}

pub fn config_in(folder: &std::path::Path) -> Config {
    Config { data: Data::Folder(folder.into()), ..config() }
}

impl Running {
    pub async fn start(config: Config) -> Self {
        let server = Server::bind(config).await.unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, client: client(), stop, task }
    }

    pub async fn stop(self) {
        drop(self.client);
        drop(self.stop);
        self.task.await.unwrap();
    }

    /// Asks the server to stop, and does not wait for it.
    pub fn begin_stop(self) -> JoinHandle<()> {
        drop(self.stop);
        self.task
    }

    /// A request without a key.
    pub fn bare_request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().unwrap();
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// The stream of a collection's events.
    pub async fn events(&self, collection_and_query: &str) -> stream::Stream {
        let path = format!("/realtime/sse/{collection_and_query}");
        stream::Stream::open(self.bare_request("GET", &path).bearer_auth(KEY)).await
    }

    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.bare_request(method, path).header("x-api-key", KEY)
    }

    pub async fn get(&self, path: &str) -> Answer {
        answer(self.request("GET", path)).await
    }

    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        answer(self.request(method, path).json(body)).await
    }

    pub async fn send_text(&self, method: &str, path: &str, body: impl Into<String>) -> Answer {
        answer(self.request(method, path).body(body.into())).await
    }

    /// Creates a document and answers with its id.
    pub async fn create(&self, collection: &str, fields: Value) -> String {
        let path = format!("/collections/documents?collection={collection}");
        let answer = self.send("POST", &path, &serde_json::json!({"data": fields})).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.text("id").to_string()
    }

    /// The `data` of the documents in a list.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body.as_array().unwrap().iter().map(|document| document["data"].clone()).collect()
    }

    /// Sends bytes as they are, and reads until the server closes.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        String::from_utf8(answer).unwrap()
    }
}

/// A client; reqwest wants a TLS provider even for tests that use none.
pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::new()
}

pub async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text:?}"));
    Answer { status, headers, body }
}

impl Answer {
    pub fn text(&self, key: &str) -> &str {
        self.body[key].as_str().unwrap_or_else(|| panic!("no text `{key}` in {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is an error of our form that says `message`.
    pub fn is_error(&self, status: u16, message: &str) {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        assert_eq!(self.body["error"], true, "{self:?}");
        assert!(self.text("message").contains(message), "{self:?} lacks {message:?}");
        assert_eq!(self.header("content-type"), "application/json");
    }
}
