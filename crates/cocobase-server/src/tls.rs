//! The server's certificate and key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Where a server's certificate and its key are kept.
///
/// ```
/// use cocobase_server::{Config, TlsConfig};
///
/// let tls = TlsConfig { cert: "/etc/cocobase/cert.pem".into(), key: "/etc/cocobase/key.pem".into() };
/// let config = Config { tls: Some(tls), ..Config::default() };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsConfig {
    /// A PEM file with the server's certificate, and behind it those that vouch for it.
    pub cert: PathBuf,
    /// A PEM file with the certificate's private key: PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
}

/// Why a server cannot be reached by TLS. The message names the file.
///
/// ```
/// use cocobase_server::{Config, Error, Server, TlsConfig, TlsError};
///
/// # #[tokio::main]
/// # async fn main() {
/// let tls = TlsConfig { cert: "/nowhere/cert.pem".into(), key: "/nowhere/key.pem".into() };
/// let error = Server::bind(Config { tls: Some(tls), ..Config::default() }).await.unwrap_err();
/// assert!(matches!(&error, Error::Tls(TlsError::Unreadable { .. })));
/// assert!(error.to_string().starts_with("cannot read /nowhere/cert.pem"));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file is no PEM.
    #[error("{} is not in PEM format: {source}", path.display())]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: pem::Error,
    },
    /// The file for the certificate holds none.
    #[error("{} holds no certificate (`-----BEGIN CERTIFICATE-----`)", path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// The file for the private key holds none.
    #[error("{} holds no private key (`-----BEGIN PRIVATE KEY-----`)", path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// The private key is not the certificate's, or of a kind that is not supported.
    #[error("the key in {} does not go with the certificate in {}: {source}", key.display(), cert.display())]
    Mismatch {
        /// The file of the certificate.
        cert: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
}

/// Reads both files.
pub(crate) fn acceptor(config: &TlsConfig) -> Result<TlsAcceptor, TlsError> {
    let mismatch =
        |source| TlsError::Mismatch { cert: config.cert.clone(), key: config.key.clone(), source };
    let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(mismatch)?
        .with_no_client_auth()
        .with_single_cert(certificates(&config.cert)?, private_key(&config.key)?)
        .map_err(mismatch)?;
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| TlsError::NotPem { path: path.into(), source })?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { path: path.into() });
    }
    Ok(certificates)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(&read(path)?).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsError::NoKey { path: path.into() },
        source => TlsError::NotPem { path: path.into(), source },
    })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|source| TlsError::Unreadable { path: path.into(), source })
}
