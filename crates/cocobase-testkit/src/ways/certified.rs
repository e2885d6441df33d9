//! Certificates for tests.

use std::fmt;

use rcgen::{CertifiedKey, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate that vouches for itself, and its key. Its names are `localhost` and `db.example`.
///
/// ```
/// let certified = cocobase_testkit::ways::Certified::new()?;
/// assert!(certified.certificate().starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok::<(), String>(())
/// ```
pub struct Certified(CertifiedKey<KeyPair>);

impl Certified {
    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers.
    pub fn new() -> Result<Self, String> {
        let names = ["localhost", "db.example"].map(str::to_owned);
        rcgen::generate_simple_self_signed(names).map(Self).map_err(|error| error.to_string())
    }

    /// The certificate, as PEM.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.0.cert.pem()
    }

    /// The private key, as PEM.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.signing_key.serialize_pem()
    }

    pub(super) fn der(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = PrivatePkcs8KeyDer::from(self.0.signing_key.serialize_der());
        (self.0.cert.der().clone(), key.into())
    }
}

impl fmt::Debug for Certified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certified").finish_non_exhaustive()
    }
}
