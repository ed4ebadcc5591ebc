//! The certificate and key that HTTPS is spoken with: read, checked against each other, and until when they are good.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_rustls::rustls::crypto::ring;
use futures_rustls::rustls::pki_types::pem;
use futures_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use futures_rustls::rustls::{self, InconsistentKeys, ServerConfig};
use jiff::{SignedDuration, Timestamp};
use x509_cert::der::Decode as _;

use crate::config::TlsSettings;

/// A certificate that expires within this time is warned of.
const WARN_WITHIN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file has not what it is for.
    #[error("no {wanted} in {}; expected PEM{hint}", path.display())]
    Lacks {
        /// What it is for.
        wanted: &'static str,
        /// The file.
        path: PathBuf,
        /// What it has instead, and the way out.
        hint: &'static str,
    },
    /// A file has a broken part.
    #[error("cannot read the {wanted} in {}; expected PEM", path.display())]
    Pem {
        /// What it is for.
        wanted: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// They do not belong together.
    #[error(
        "cannot use the certificate and key: the private key in {} is not that of the first certificate in {}",
        key.display(), certificate.display()
    )]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// They are of a kind that is not known.
    #[error("cannot use the certificate and key")]
    Use(#[from] rustls::Error),
}

/// What HTTPS is spoken with.
pub struct TlsConfig {
    pub(super) rustls: Arc<ServerConfig>,
    /// Whether clients are told to come by HTTPS alone (RFC 6797).
    pub(super) has_hsts: bool,
    path: PathBuf,
    validity: Option<Validity>,
}

/// When a certificate is valid.
#[derive(Clone, Copy)]
struct Validity {
    begins: Timestamp,
    ends: Timestamp,
}

impl TlsConfig {
    /// When the certificate expires, if that could be read.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.validity.map(|validity| validity.ends)
    }

    /// What an admin should know of the certificate `now`.
    #[must_use]
    pub fn notice(&self, now: Timestamp) -> Option<String> {
        let Validity { begins, ends } = self.validity?;
        let path = self.path.display();
        if now < begins {
            Some(format!("the certificate in {path} is not valid before {begins}; check the clock"))
        } else if now >= ends {
            Some(format!("the certificate in {path} expired at {ends}; renew it and reload"))
        } else if ends.duration_since(now) < WARN_WITHIN {
            let days = ends.duration_since(now).as_hours() / 24;
            let plural = if days == 1 { "" } else { "s" };
            Some(format!("the certificate in {path} expires at {ends}, in {days} day{plural}; renew it and reload"))
        } else {
            None
        }
    }
}

/// Reads certificate and key.
///
/// # Errors
/// When they cannot be used.
pub fn load(tls: &TlsSettings, has_hsts: bool) -> Result<Arc<TlsConfig>, TlsError> {
    let certificates = Pem::read("certificate", &tls.certificate_file)?;
    let key = Pem::read("private key", &tls.private_key_file)?;
    let chain: Vec<_> = certificates.all::<CertificateDer<'static>>()?;
    let key = key.all::<PrivateKeyDer<'static>>()?.swap_remove(0);
    let validity = chain.first().and_then(|certificate| validity(certificate));
    let rustls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut rustls = rustls.map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            TlsError::Mismatch { certificate: tls.certificate_file.clone(), key: tls.private_key_file.clone() }
        }
        error => TlsError::Use(error),
    })?;
    rustls.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(TlsConfig { rustls: Arc::new(rustls), has_hsts, path: tls.certificate_file.clone(), validity }))
}

fn validity(certificate: &[u8]) -> Option<Validity> {
    let validity = x509_cert::Certificate::from_der(certificate).ok()?.tbs_certificate.validity;
    let moment = |time: x509_cert::time::Time| {
        let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
        Timestamp::from_second(seconds).ok()
    };
    Some(Validity { begins: moment(validity.not_before)?, ends: moment(validity.not_after)? })
}

/// A file that is to be PEM.
struct Pem<'a> {
    wanted: &'static str,
    path: &'a Path,
    bytes: Vec<u8>,
}

impl<'a> Pem<'a> {
    fn read(wanted: &'static str, path: &'a Path) -> Result<Self, TlsError> {
        let bytes = std::fs::read(path).map_err(|source| TlsError::Read { path: path.to_owned(), source })?;
        Ok(Self { wanted, path, bytes })
    }

    /// All parts of a kind; at least one.
    fn all<T: pem::PemObject>(&self) -> Result<Vec<T>, TlsError> {
        let (wanted, path) = (self.wanted, self.path.to_owned());
        // With a mark before it, the first part would be overlooked, and the second one be taken for it.
        let parts = if self.bytes.starts_with(BYTE_ORDER_MARK) {
            vec![]
        } else {
            T::pem_slice_iter(&self.bytes).collect::<Result<_, _>>().map_err(|source| TlsError::Pem {
                wanted,
                path: path.clone(),
                source,
            })?
        };
        if parts.is_empty() { Err(TlsError::Lacks { wanted, path, hint: self.hint() }) } else { Ok(parts) }
    }

    /// What the file has instead, and the way out.
    fn hint(&self) -> &'static str {
        /// A SEQUENCE (X.690, 8.9) with a length of two bytes, as every certificate and key is that is not tiny.
        const DER: &[u8] = &[0x30, 0x82];
        let has = |text: &str| self.bytes.windows(text.len()).any(|window| window == text.as_bytes());
        if self.bytes.trim_ascii().is_empty() {
            ", and the file is empty"
        } else if self.bytes.starts_with(BYTE_ORDER_MARK) {
            ", and the file begins with a byte order mark; save it as UTF-8 without one"
        } else if self.bytes.starts_with(DER) {
            ", and the file looks like DER; convert it with `openssl x509 -inform der` or `openssl pkey -inform der`"
        } else if has("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            ", and the key is encrypted; decrypt it with `openssl pkey`"
        } else if has("PRIVATE KEY-----") || has("-----BEGIN CERTIFICATE-----") {
            "; perhaps certificate_file and private_key_file are swapped"
        } else {
            ""
        }
    }
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::moment;

    #[test]
    fn a_certificate_is_warned_of_before_it_expires_and_after() {
        let config = |begins: &str, ends: &str| {
            let rustls = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_cert_resolver(Arc::new(rustls::server::ResolvesServerCertUsingSni::new()));
            let validity = Some(Validity { begins: moment(begins), ends: moment(ends) });
            TlsConfig { rustls: Arc::new(rustls), has_hsts: false, path: "/c.pem".into(), validity }
        };
        let config = config("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z");
        for (now, notice) in [
            ("2025-12-31T23:59:59Z", Some("is not valid before 2026-01-01T00:00:00Z; check the clock")),
            ("2026-01-01T00:00:00Z", None),
            ("2026-03-18T00:00:00Z", None),
            ("2026-03-18T00:00:01Z", Some("expires at 2026-04-01T00:00:00Z, in 13 days; renew it and reload")),
            ("2026-03-30T12:00:00Z", Some("expires at 2026-04-01T00:00:00Z, in 1 day; renew it and reload")),
            ("2026-03-31T23:59:59Z", Some("expires at 2026-04-01T00:00:00Z, in 0 days; renew it and reload")),
            ("2026-04-01T00:00:00Z", Some("expired at 2026-04-01T00:00:00Z; renew it and reload")),
        ] {
            let expected = notice.map(|notice| format!("the certificate in /c.pem {notice}"));
            assert_eq!(config.notice(moment(now)), expected, "{now}");
        }
    }

    #[test]
    fn the_validity_is_read_from_the_certificate() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut wanted = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
        wanted.not_before = rcgen::date_time_ymd(2026, 1, 2);
        wanted.not_after = rcgen::date_time_ymd(2061, 3, 4);
        let validity = validity(wanted.self_signed(&key).unwrap().der()).unwrap();
        assert_eq!(validity.begins, moment("2026-01-02T00:00:00Z"));
        assert_eq!(validity.ends, moment("2061-03-04T00:00:00Z"));
        assert!(super::validity(b"no certificate").is_none());
    }
}
