//! Which authorities the console trusts: one bundle file, read only when TLS is really needed.
//!
//! The file is `AWS_CA_BUNDLE`, then `SSL_CERT_FILE`, then the first of the usual places. The directory of single files
//! that lies beside it on most systems is never read: it is the same certificates in some 290 files.

use std::path::{Path, PathBuf};

use aws_smithy_http_client::tls::{TlsContext, TrustStore};
use aws_smithy_types::base64;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use thiserror::Error;

use crate::text::printable;

/// Variables that name a bundle, the most specific first.
const VARIABLES: [&str; 2] = ["AWS_CA_BUNDLE", "SSL_CERT_FILE"];

/// Where systems keep their bundle.
const PLACES: [&str; 6] = [
    "/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Arch, Gentoo
    "/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL, Amazon Linux
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7 and later
    "/etc/ssl/ca-bundle.pem",                            // openSUSE
    "/etc/ssl/cert.pem",                                 // Alpine, macOS, OpenBSD
    "/usr/local/share/certs/ca-root-nss.crt",            // FreeBSD
];

/// There are no authorities to trust.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RootsError {
    /// A bundle was named and cannot be used.
    #[error(
        "The CA bundle {} named by {variable} cannot be used: {why}. Name a readable PEM file, or unset {variable} to use the system's own.",
        printable(path)
    )]
    Named {
        /// Which variable named it.
        variable: &'static str,
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// No bundle was named and none of the usual places has one.
    #[error("No CA bundle was found, so no https endpoint can be trusted. Tried: {}. Install ca-certificates, or name a PEM file in SSL_CERT_FILE.", PLACES.join(", "))]
    Missing,
}

/// Reads the bundle.
///
/// # Errors
/// [`RootsError`]; a bundle that was named is never silently replaced by another.
pub fn load() -> Result<TlsContext, RootsError> {
    let named = VARIABLES.iter().find_map(|&variable| {
        let path = std::env::var_os(variable).filter(|path| !path.is_empty())?;
        Some((variable, PathBuf::from(path)))
    });
    let bundle = match named {
        Some((variable, path)) => read(&path).map_err(|why| {
            let path = path.to_string_lossy().into_owned();
            RootsError::Named { variable, path, why }
        })?,
        None => PLACES.iter().find_map(|place| read(Path::new(place)).ok()).ok_or(RootsError::Missing)?,
    };
    let store = TrustStore::empty().with_pem_certificate(bundle);
    TlsContext::builder().with_trust_store(store).build().map_err(|_| RootsError::Missing)
}

fn read(path: &Path) -> Result<String, String> {
    let text = std::fs::read(path).map_err(|error| error.to_string())?;
    let usable = usable(&String::from_utf8_lossy(&text));
    if usable.is_empty() { Err("it has no usable certificate".to_owned()) } else { Ok(usable) }
}

/// The certificates of a bundle that can be used as authorities, in the plainest PEM, without comments.
///
/// System bundles do have some that rustls refuses, and the connector panics on the first of those.
fn usable(bundle: &str) -> String {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let mut roots = RootCertStore::empty();
    let mut usable = String::with_capacity(bundle.len());
    for section in bundle.split(BEGIN).skip(1) {
        let Some((body, _)) = section.split_once(END) else { continue };
        let body: String = body.split_ascii_whitespace().collect();
        if base64::decode(&body).is_ok_and(|der| roots.add(CertificateDer::from(der)).is_ok()) {
            usable.extend([BEGIN, "\n", &body, "\n", END, "\n"]);
        }
    }
    usable
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    /// A certificate whose text decodes but is none.
    const BROKEN: &str = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    /// Let's Encrypt's ISRG Root X2 (a real authority, small because it has an elliptic curve key).
    const ISRG_X2: &str = include_str!("testdata/isrg-root-x2.pem");

    /// What the connector makes of a bundle.
    fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn only_usable_certificates_are_kept() {
        let windows = ISRG_X2.replace('\n', "\r\n");
        let bundle = format!("# comment\n{BROKEN}{windows}{BROKEN}-----BEGIN CERTIFICATE-----\ncut off");
        assert_eq!(certificates(&usable(&bundle)), certificates(ISRG_X2));
        assert_eq!(usable("nothing here"), "");
    }

    #[test]
    fn a_bundle_without_certificates_is_refused_in_words() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bundle.pem");
        std::fs::write(&path, BROKEN).unwrap();
        assert_eq!(read(&path), Err("it has no usable certificate".to_owned()));
        assert!(read(Path::new("/nowhere")).unwrap_err().contains("No such file"));
    }
}
