//! The vendors, the PAC, and their test keys (see `keys/README.md`).

use std::sync::LazyLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use rsa::{
    RsaPrivateKey,
    pkcs1v15::SigningKey,
    pkcs8::DecodePrivateKey,
    sha2::Sha256,
    signature::{SignatureEncoding, Signer},
};
use x509_cert::{Certificate, der::Decode};

use crate::ticket::PortalId;

/// Who issues the invoices of a portal.
pub(crate) struct Vendor {
    pub rfc: &'static str,
    pub name: &'static str,
    pub regime: &'static str,
    pub postal_code: &'static str,
    pub series: &'static str,
    pub product_code: &'static str,
    pub unit_code: &'static str,
    pub unit: &'static str,
    pub description: &'static str,
    sealer: &'static LazyLock<Sealer>,
}

static LA_PALOMA: Vendor = Vendor {
    rfc: "EKU9003173C9",
    name: "ABARROTES LA PALOMA",
    regime: "601",
    postal_code: "06700",
    series: "LP",
    product_code: "50192100",
    unit_code: "H87",
    unit: "Pieza",
    description: "Abarrotes y artículos del hogar",
    sealer: &LA_PALOMA_KEY,
};

static EL_FARO: Vendor = Vendor {
    rfc: "L&O950913MSA",
    name: "GASOLINERA EL FARO",
    regime: "601",
    postal_code: "91700",
    series: "EF",
    product_code: "15121500",
    unit_code: "E48",
    unit: "Servicio",
    description: "Lubricantes y servicio de estación",
    sealer: &EL_FARO_KEY,
};

impl Vendor {
    pub(crate) fn of(portal: PortalId) -> &'static Vendor {
        match portal {
            PortalId::Plain => &LA_PALOMA,
            PortalId::Wizard => &EL_FARO,
        }
    }

    pub(crate) fn sealer(&self) -> &'static Sealer {
        self.sealer
    }
}

/// RFC of the PAC.
pub(crate) const PAC_RFC: &str = "SPR190613I52";

/// A certificate and its key.
pub(crate) struct Sealer {
    /// 20 digits.
    pub number: String,
    /// DER in base64.
    pub certificate: String,
    key: SigningKey<Sha256>,
}

impl Sealer {
    fn load(certificate: &[u8], key: &[u8]) -> Sealer {
        let parsed = Certificate::from_der(certificate).expect("the bundled certificate parses");
        let serial = parsed.tbs_certificate.serial_number.as_bytes();
        let key = RsaPrivateKey::from_pkcs8_der(key).expect("the bundled key parses");
        Sealer {
            number: String::from_utf8_lossy(serial).into_owned(),
            certificate: STANDARD.encode(certificate),
            key: SigningKey::new(key),
        }
    }

    /// RSA PKCS#1 v1.5 over SHA-256 of a chain, in base64 (Anexo 20, I.D).
    pub(crate) fn seal(&self, chain: &str) -> String {
        STANDARD.encode(self.key.sign(chain.as_bytes()).to_bytes())
    }
}

macro_rules! sealer {
    ($name:literal) => {
        LazyLock::new(|| {
            Sealer::load(
                include_bytes!(concat!("../../keys/", $name, ".cer")),
                include_bytes!(concat!("../../keys/", $name, ".key")),
            )
        })
    };
}

static LA_PALOMA_KEY: LazyLock<Sealer> = sealer!("la-paloma");
static EL_FARO_KEY: LazyLock<Sealer> = sealer!("el-faro");
static PAC_KEY: LazyLock<Sealer> = sealer!("pac");

/// The PAC that stamps.
pub(crate) fn pac() -> &'static Sealer {
    &PAC_KEY
}
