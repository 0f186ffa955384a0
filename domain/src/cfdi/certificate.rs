use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use rsa::RsaPublicKey;
use rsa::pkcs8::DecodePublicKey as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};

/// x500UniqueIdentifier, where SAT's certificates carry the RFC.
const UNIQUE_IDENTIFIER: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.45");

/// What a CSD (the certificate with which invoices are sealed) says.
pub(super) struct Certificate {
    /// The key that checks the seal.
    pub key: RsaPublicKey,
    /// The 20-digit number: the bytes of the serial are its ASCII digits.
    pub number: Option<String>,
    /// The holder's RFC.
    pub rfc: Option<String>,
    /// First moment it holds.
    pub not_before: Option<DateTime<Utc>>,
    /// Last moment it holds.
    pub not_after: Option<DateTime<Utc>>,
}

impl Certificate {
    /// Reads the base64 DER of `Comprobante/@Certificado`; nothing when it is no RSA certificate.
    pub(super) fn read(base64: &str) -> Option<Self> {
        let der = decode(base64)?;
        let certificate = x509_cert::Certificate::from_der(&der).ok()?;
        let certificate = certificate.tbs_certificate;
        let key = certificate.subject_public_key_info.to_der().ok()?;
        let moment = |time: x509_cert::time::Time| {
            let seconds = i64::try_from(time.to_unix_duration().as_secs()).ok()?;
            DateTime::from_timestamp(seconds, 0)
        };
        let number: Vec<u8> = certificate
            .serial_number
            .as_bytes()
            .iter()
            .copied()
            .skip_while(|b| *b == 0)
            .collect();
        Some(Self {
            key: RsaPublicKey::from_public_key_der(&key).ok()?,
            number: String::from_utf8(number)
                .ok()
                .filter(|n| n.bytes().all(|b| b.is_ascii_digit())),
            rfc: holder_rfc(&certificate.subject),
            not_before: moment(certificate.validity.not_before),
            not_after: moment(certificate.validity.not_after),
        })
    }
}

/// `RFC`, or `RFC / RFC of the legal representative`.
fn holder_rfc(subject: &x509_cert::name::Name) -> Option<String> {
    let value = subject
        .0
        .iter()
        .flat_map(|part| part.0.iter())
        .find(|attribute| attribute.oid == UNIQUE_IDENTIFIER)?
        .value
        .value();
    // Old certificates hold Latin-1 (T61String); that matters only for Ñ.
    let text = std::str::from_utf8(value).map_or_else(
        |_| value.iter().map(|b| char::from(*b)).collect::<String>(),
        str::to_owned,
    );
    Some(text.split('/').next().unwrap_or_default().trim().to_owned())
}

/// Base64 as it stands in XML: blanks inside don't count.
pub(super) fn decode(base64: &str) -> Option<Vec<u8>> {
    let compact: String = base64
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    STANDARD.decode(compact).ok()
}
