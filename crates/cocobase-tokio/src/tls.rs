//! The one TLS configuration of a client.

use std::sync::Arc;

/// rustls with ring and the web's root certificates. The provider is named here, so that nothing
/// depends on what the program has or has not installed for its process.
pub(crate) fn config() -> Result<rustls::ClientConfig, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
