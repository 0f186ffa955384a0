use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;

use super::Cfdi;
use super::cadena::Cadena;
use super::certificate::{Certificate, decode};

/// Whether the issuer's seal fits the document.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// Sealed by the key of the certificate it carries, and unaltered since.
    Valid,
    /// Altered, or sealed by another key, or without a readable certificate.
    Invalid,
    /// It holds a complement whose part of the sealed text we can't write.
    NotChecked {
        /// Local name of that complement.
        complement: String,
    },
}

/// Checks the issuer's seal: RSA PKCS#1 v1.5 with SHA-256 over the cadena original, by the key
/// of `Certificado`. Says nothing about who issued that certificate.
#[must_use]
pub fn signature(cfdi: &Cfdi) -> SignatureState {
    match &cfdi.seal.cadena {
        Cadena::Unknown { complement } => SignatureState::NotChecked {
            complement: complement.clone(),
        },
        Cadena::Known(cadena) => {
            let certificate = Certificate::read(&cfdi.seal.certificado);
            if certificate.is_some_and(|c| holds(&c, &cfdi.seal.sello, cadena)) {
                SignatureState::Valid
            } else {
                SignatureState::Invalid
            }
        }
    }
}

fn holds(certificate: &Certificate, sello: &str, cadena: &str) -> bool {
    let Some(signature) =
        decode(sello).and_then(|bytes| Signature::try_from(bytes.as_slice()).ok())
    else {
        return false;
    };
    VerifyingKey::<Sha256>::new(certificate.key.clone())
        .verify(cadena.as_bytes(), &signature)
        .is_ok()
}
