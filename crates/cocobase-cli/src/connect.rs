//! The way to the server: a client from the command line's words, and its errors in ours.

use std::fs;
use std::path::{Path, PathBuf};

use cocobase_proto::{BaseUrl, Refusal, RefusalKind};
use cocobase_tokio::{Client, Connections, Error, Proxies, Tls};

use crate::args::Connection;
use crate::exit::{Exit, Failure};
use crate::fields::printable;

/// The file in a data folder that holds the key which the server made.
const KEY_FILE: &str = "api-key";

/// Where a batch or a request stands after it failed.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The server is away or busy: the same request may succeed later.
    Passing(String),
    /// The server does not want this content; nothing of it was stored.
    Rejected(String),
    /// Trying again cannot help.
    Fatal(Failure),
}

/// A client for the server that the user named.
pub(crate) fn client(connection: &Connection) -> Result<Client, Failure> {
    let base = BaseUrl::parse(&connection.url).map_err(|error| {
        Failure::new(Exit::Usage, format_args!("--url: {error}"))
            .next("write it like http://127.0.0.1:4200 or https://api.cocobase.buzz")
    })?;
    // A variable that is set to nothing is as good as not set.
    let key = match connection.api_key.as_ref().filter(|key| !key.is_empty()) {
        Some(key) => key.clone(),
        None => local_key(&base)?,
    };
    let connections = connections(connection)?;
    let mut client = Client::builder(&connection.url).api_key(&*key).connections(connections);
    if connection.allow_insecure {
        client = client.allow_insecure();
    }
    client.build().map_err(|error| failure(&error))
}

/// How the server is reached: proxies and certificates.
fn connections(connection: &Connection) -> Result<Connections, Failure> {
    let mut tls = Tls::web();
    // A variable that is set to nothing names no file.
    for file in connection.ca.iter().filter(|file| !file.as_os_str().is_empty()) {
        tls = tls.and_root(read("--ca", file)?);
    }
    if let (Some(chain), Some(key)) = (&connection.client_cert, &connection.client_key) {
        tls = tls.client_certificate(read("--client-cert", chain)?, read("--client-key", key)?);
    }
    let proxies = match connection.proxy.as_deref() {
        None => Proxies::environment(),
        Some("none") => Proxies::none(),
        Some(proxy) => Proxies::all(proxy),
    };
    Ok(Connections::new().tls(tls).proxies(proxies))
}

fn read(option: &str, file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| {
        let what = format_args!("{option}: cannot read {}: {error}", file.display());
        Failure::new(Exit::Usage, what).next("name a PEM file")
    })
}

/// The key of a server on this machine, where the user gave none: the one that `cocobase serve`
/// keeps in its default data folder. It is sent to this machine only.
fn local_key(base: &BaseUrl) -> Result<String, Failure> {
    let missing = Failure::new(Exit::Usage, "no API key is given");
    if !base.is_loopback() {
        return Err(missing.next("give it with --api-key, or in COCOBASE_API_KEY"));
    }
    let file = default_data_folder().map(|folder| folder.join(KEY_FILE));
    let key = file.as_deref().and_then(|file| fs::read_to_string(file).ok());
    match key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty()) {
        Some(key) => Ok(key),
        None => Err(missing.next(
            "give it with --api-key or COCOBASE_API_KEY; `cocobase serve` prints it at its first \
             start and keeps it in its data folder, in the file `api-key`",
        )),
    }
}

/// The user's own place for data: `cocobase` under `XDG_DATA_HOME`, `~/.local/share`, or on Windows
/// `%LOCALAPPDATA%`. None where the system tells none of them.
pub(crate) fn default_data_folder() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let data = if cfg!(windows) {
        var("LOCALAPPDATA")
    } else {
        var("XDG_DATA_HOME").or_else(|| Some(var("HOME")?.join(".local").join("share")))
    };
    data.map(|data| data.join("cocobase"))
}

/// Where a data folder keeps its key.
pub(crate) fn key_file(folder: &Path) -> PathBuf {
    folder.join(KEY_FILE)
}

/// What became of a request that failed.
pub(crate) fn trouble(error: &Error) -> Trouble {
    match error {
        // An answer that cannot be read says nothing of what was stored; another may.
        Error::Json(_) => Trouble::Passing(words(error)),
        error if error.is_passing() => Trouble::Passing(words(error)),
        Error::Status { status: 400 | 409 | 411 | 413 | 415 | 422, message } => {
            let what = printable(&message.to_string());
            if what.contains("idempotency key") {
                let what = "this token belongs to another file or collection";
                return Trouble::Fatal(Failure::new(Exit::BadData, what));
            }
            Trouble::Rejected(what)
        }
        error => Trouble::Fatal(failure(error)),
    }
}

/// The failure of a command whose request failed.
pub(crate) fn failure(error: &Error) -> Failure {
    match error {
        Error::Status { status: 507, .. } => Failure::new(Exit::Unreachable, words(error))
            .next("make room on the server's disk, or raise its --max-data-bytes"),
        Error::Status { .. } if error.is_passing() => Failure::new(Exit::Unreachable, words(error))
            .next("try again in a while; if that does not help, see what the server logs"),
        Error::Transport(why) if why.contains("certificate") => {
            Failure::new(Exit::Unreachable, words(error)).next(
                "if an authority of your own vouches for the server, name its certificate by --ca; \
                 else check --url",
            )
        }
        Error::Transport(why) if why.contains("proxy") || why.contains("tunnel") => {
            Failure::new(Exit::Unreachable, words(error)).next(CHECK_PROXY)
        }
        Error::Runtime(_) => Failure::new(Exit::Usage, words(error))
            .next(format_args!("check --ca, --client-cert and --client-key; {CHECK_PROXY}")),
        error if error.is_passing() => Failure::new(Exit::Unreachable, words(error)).next(
            "check --url (or COCOBASE_URL), and that the server runs: `cocobase serve` starts one",
        ),
        Error::Refused(refusal) => refused(refusal),
        Error::Status { status: 401 | 403, .. } => {
            Failure::new(Exit::Refused, words(error)).next(CHECK_KEY)
        }
        Error::Status { status: 404, .. } => Failure::new(Exit::Failed, words(error))
            .next("check --url, the collection's name and the document's id"),
        Error::Status { .. } => Failure::new(Exit::BadData, words(error)),
        Error::Insecure => Failure::new(
            Exit::Usage,
            "the key would travel unencrypted, where anyone on the way can read it",
        )
        .next("use https://, or say --allow-insecure where the network is your own"),
        Error::Filter(_) | Error::Subscription(_) | Error::Address(_) => {
            Failure::new(Exit::Usage, words(error))
        }
        Error::Json(_) => Failure::new(Exit::Failed, words(error))
            .next("check --url: this does not look like a Cocobase server"),
        error => Failure::new(Exit::Failed, words(error)),
    }
}

const CHECK_PROXY: &str =
    "check --proxy, or HTTPS_PROXY, HTTP_PROXY and ALL_PROXY; --proxy none goes without";

const CHECK_KEY: &str = "check --api-key (or COCOBASE_API_KEY), and that --url names the server it is \
                         for";

/// The failure of a command that the server refused.
pub(crate) fn refused(refusal: &Refusal) -> Failure {
    let said = printable(&refusal.message);
    match refusal.kind {
        RefusalKind::Credentials => {
            Failure::new(Exit::Refused, format_args!("the server refused the key: {said}"))
                .next(CHECK_KEY)
        }
        RefusalKind::Collection => {
            Failure::new(Exit::Refused, format_args!("the server refused the collection: {said}"))
                .next("check its name; a collection begins with its first document")
        }
        RefusalKind::Room => {
            Failure::new(Exit::Refused, format_args!("there is no such room: {said}"))
                .next("create it with --create; `cocobase rooms` lists those that are there")
        }
        RefusalKind::ForeignRoom => {
            Failure::new(Exit::Refused, format_args!("the room belongs to others: {said}"))
                .next("choose another id")
        }
        RefusalKind::Filter => {
            Failure::new(Exit::Usage, format_args!("the server refused the filter: {said}"))
                .next("correct --filter or --where")
        }
        _ => Failure::new(Exit::Refused, format_args!("the server refused the request: {said}"))
            .next("check --url: is a Cocobase server there?"),
    }
}

fn words(error: &Error) -> String {
    printable(&error.to_string())
}
