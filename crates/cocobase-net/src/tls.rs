//! The one TLS configuration of a client.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

/// Whom a client believes over TLS, and how it shows who it is. rustls does the work, with ring as
/// its provider of cryptography, named here: what the program has installed for its process, or has
/// not, changes nothing.
///
/// ```
/// use cocobase_net::Tls;
///
/// // The certificates of the web, or those of this machine, such as a company's own:
/// let tls = [Tls::web(), Tls::system()];
/// // Nobody but this one, and we have to show a certificate ourselves:
/// # let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
/// # let (authority, certificate) = (certified.cert.pem(), certified.cert.pem());
/// # let key = certified.signing_key.serialize_pem();
/// let tls = Tls::nobody().and_root(authority).client_certificate(certificate, key);
/// # tls.config()?;
/// # Ok::<(), String>(())
/// ```
#[derive(Clone)]
pub struct Tls {
    roots: Roots,
    own_roots: Vec<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy)]
enum Roots {
    Web,
    System,
    Nobody,
}

impl Tls {
    /// Believes the authorities that Mozilla's browsers believe; the list is compiled in. The default.
    #[must_use]
    pub const fn web() -> Self {
        Self::believing(Roots::Web)
    }

    /// Believes the authorities that this machine believes, read when the client is built.
    #[must_use]
    pub const fn system() -> Self {
        Self::believing(Roots::System)
    }

    /// Believes nobody but those added by [`and_root`](Self::and_root).
    #[must_use]
    pub const fn nobody() -> Self {
        Self::believing(Roots::Nobody)
    }

    const fn believing(roots: Roots) -> Self {
        Self { roots, own_roots: Vec::new(), identity: None }
    }

    /// Believes also the authorities whose certificates these are: one or more, as PEM.
    #[must_use]
    pub fn and_root(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.own_roots.push(pem.into());
        self
    }

    /// Shows this certificate to a server that asks for one: its chain and its private key, as PEM.
    #[must_use]
    pub fn client_certificate(
        mut self,
        chain: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.identity = Some((chain.into(), key.into()));
        self
    }

    /// The same, for rustls.
    ///
    /// # Errors
    ///
    /// When a certificate or the key cannot be used, or the machine has no authorities; in words for
    /// the user.
    pub fn config(&self) -> Result<ClientConfig, String> {
        let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(self.roots()?);
        let Some((chain, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let chain = certificates(chain, "the client's certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|error| format!("the client's private key cannot be read as PEM: {error}"))?;
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| format!("the client's certificate and key cannot be used: {error}"))
    }

    fn roots(&self) -> Result<RootCertStore, String> {
        let mut roots = RootCertStore::empty();
        match self.roots {
            Roots::Web => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Roots::System => {
                let found = rustls_native_certs::load_native_certs();
                let (added, _) = roots.add_parsable_certificates(found.certs);
                if added == 0 {
                    let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
                    return Err(format!(
                        "this machine has no root certificates that can be read; install them, or \
                         use `Tls::web()`. {why}"
                    ));
                }
            }
            Roots::Nobody => {}
        }
        for pem in &self.own_roots {
            for certificate in certificates(pem, "the root certificate")? {
                let unusable = |error| format!("the root certificate cannot be used: {error}");
                roots.add(certificate).map_err(unusable)?;
            }
        }
        Ok(roots)
    }
}

fn certificates(pem: &[u8], whose: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| format!("{whose} cannot be read as PEM: {error}"))?;
    if certificates.is_empty() {
        return Err(format!("{whose} has no `-----BEGIN CERTIFICATE-----` in it: give it as PEM"));
    }
    Ok(certificates)
}

impl Default for Tls {
    fn default() -> Self {
        Self::web()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("roots", &self.roots)
            .field("own_roots", &self.own_roots.len())
            .field("has_client_certificate", &self.identity.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_used_is_named_and_never_shown() {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let (certificate, key) = (certified.cert.pem(), certified.signing_key.serialize_pem());
        let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        let table = [
            (Tls::nobody().and_root("secret"), "the root certificate has no"),
            (Tls::nobody().and_root(broken), "the root certificate cannot be used"),
            (
                Tls::web().client_certificate("secret", key.clone()),
                "the client's certificate has no",
            ),
            (Tls::web().client_certificate(certificate.clone(), "secret"), "private key"),
            (
                Tls::web().client_certificate(certificate, other.signing_key.serialize_pem()),
                "certificate and key cannot be used",
            ),
        ];
        for (tls, words) in table {
            let error = tls.config().unwrap_err();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("secret"), "{error}");
            assert!(!format!("{tls:?}").contains("secret"), "{tls:?}");
        }
    }

    #[test]
    fn roots_add_up() {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let pem = certified.cert.pem();
        let web = webpki_roots::TLS_SERVER_ROOTS.len();
        let count = |tls: Tls| tls.roots().unwrap().len();
        assert_eq!(count(Tls::web()), web);
        assert_eq!(count(Tls::nobody()), 0);
        assert_eq!(count(Tls::web().and_root(pem.clone())), web + 1);
        assert_eq!(count(Tls::nobody().and_root(pem.repeat(2))), 2);
    }
}
