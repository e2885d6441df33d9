//! The one TLS configuration of a client.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring::default_provider;

/// rustls with ring and the web's root certificates. The provider is named here, so that nothing
/// depends on what the program has or has not installed for its process.
///
/// ```
/// let config = cocobase_net::tls::config()?;
/// assert!(!config.fips());
/// # Ok::<(), String>(())
/// ```
///
/// # Errors
///
/// When the provider lacks what TLS 1.2 or 1.3 needs, in words for the user.
pub fn config() -> Result<ClientConfig, String> {
    let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect::<rustls::RootCertStore>();
    Ok(ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
