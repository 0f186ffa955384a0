//! Time-based one-time codes (RFC 6238, over the HOTP of RFC 4226): reading what a portal gave its
//! user when it set them up, and computing the code of a moment.

use data_encoding::BASE32_NOPAD;
use hmac::digest::KeyInit;
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use std::fmt;
use thiserror::Error;
use url::form_urlencoded;
use zeroize::Zeroizing;

/// Bytes of a seed. RFC 4226 wants 16; portals that give 10 are common.
const SEED_BYTES: std::ops::RangeInclusive<usize> = 10..=128;
const PERIOD_S: std::ops::RangeInclusive<u64> = 15..=120;
const PREFIX: &str = "otpauth://totp/";

/// A seed and how its codes are made.
#[derive(Clone, PartialEq, Eq)]
pub struct Totp {
    seed: Zeroizing<Vec<u8>>,
    algorithm: Algorithm,
    digits: u8,
    period_s: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha1,
    Sha256,
    Sha512,
}

impl Algorithm {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
        }
    }
}

/// Why a text is no seed. `Display` is for the user, in Spanish, and never repeats the text.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TotpError {
    #[error("la clave debe estar en Base32: letras de la A a la Z y dígitos del 2 al 7")]
    NoBase32,
    #[error("la clave es demasiado corta o demasiado larga")]
    Length,
    #[error("la dirección no es otpauth://totp/…")]
    NoTotp,
    #[error("a la dirección le falta la clave, o lleva un parámetro dos veces o desconocido")]
    Parameters,
    #[error("el algoritmo debe ser SHA1, SHA256 o SHA512")]
    Algorithm,
    #[error("los dígitos deben ser 6 u 8")]
    Digits,
    #[error("el periodo debe ser de 15 a 120 segundos")]
    Period,
}

impl TotpError {
    /// Stable kebab-case name for problem documents.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoBase32 => "totp-base32",
            Self::Length => "totp-length",
            Self::NoTotp => "totp-address",
            Self::Parameters => "totp-parameters",
            Self::Algorithm => "totp-algorithm",
            Self::Digits => "totp-digits",
            Self::Period => "totp-period",
        }
    }
}

impl Totp {
    /// Reads a seed in Base32 (blanks, hyphens and case do not matter), or the address
    /// `otpauth://totp/…` that such pictures hold. Unsaid: SHA-1, six digits, 30 seconds.
    ///
    /// # Errors
    /// The first misfit.
    pub fn parse(text: &str) -> Result<Self, TotpError> {
        let text = text.trim();
        let is_address = text
            .get(.."otpauth:".len())
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("otpauth:"));
        if is_address {
            return Self::of_address(text);
        }
        Ok(Self {
            seed: seed(text)?,
            algorithm: Algorithm::Sha1,
            digits: 6,
            period_s: 30,
        })
    }

    fn of_address(text: &str) -> Result<Self, TotpError> {
        let rest = text
            .get(..PREFIX.len())
            .filter(|start| start.eq_ignore_ascii_case(PREFIX))
            .map(|start| &text[start.len()..]);
        let (_, query) = rest
            .and_then(|rest| rest.split_once('?'))
            .ok_or(TotpError::NoTotp)?;
        let (mut secret, mut algorithm, mut digits, mut period) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = Zeroizing::new(value.into_owned());
            let slot = match &*name {
                "secret" => &mut secret,
                "algorithm" => &mut algorithm,
                "digits" => &mut digits,
                "period" => &mut period,
                // For people: who it is for, and a picture.
                "issuer" | "image" => continue,
                _ => return Err(TotpError::Parameters),
            };
            if slot.replace(value).is_some() {
                return Err(TotpError::Parameters);
            }
        }
        let algorithm = match algorithm.as_ref().map(|a| a.to_ascii_uppercase()) {
            None => Algorithm::Sha1,
            Some(name) => [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512]
                .into_iter()
                .find(|a| a.as_str() == name)
                .ok_or(TotpError::Algorithm)?,
        };
        let digits = match digits.as_ref().map(|d| d.as_str()) {
            None | Some("6") => 6,
            Some("8") => 8,
            Some(_) => return Err(TotpError::Digits),
        };
        let period_s = match period {
            None => 30,
            Some(text) => text.parse().map_err(|_| TotpError::Period)?,
        };
        if !PERIOD_S.contains(&period_s) {
            return Err(TotpError::Period);
        }
        Ok(Self {
            seed: seed(&secret.ok_or(TotpError::Parameters)?)?,
            algorithm,
            digits,
            period_s,
        })
    }

    /// The address that [`Self::parse`] reads back as the same.
    pub fn to_address(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(BASE32_NOPAD.encode(&self.seed));
        Zeroizing::new(format!(
            "{PREFIX}?secret={}&algorithm={}&digits={}&period={}",
            *secret,
            self.algorithm.as_str(),
            self.digits,
            self.period_s
        ))
    }

    /// The code at that Unix time in seconds.
    pub fn code(&self, at_s: u64) -> Zeroizing<String> {
        let counter = (at_s / self.period_s).to_be_bytes();
        let mac = match self.algorithm {
            Algorithm::Sha1 => mac::<Hmac<Sha1>>(&self.seed, &counter),
            Algorithm::Sha256 => mac::<Hmac<Sha256>>(&self.seed, &counter),
            Algorithm::Sha512 => mac::<Hmac<Sha512>>(&self.seed, &counter),
        };
        // Dynamic truncation, RFC 4226, section 5.3.
        let offset = usize::from(mac[mac.len() - 1] & 0x0f);
        let cut = mac[offset..offset + 4]
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte));
        let code = (cut & 0x7fff_ffff) % 10_u32.pow(u32::from(self.digits));
        Zeroizing::new(format!("{code:0width$}", width = usize::from(self.digits)))
    }

    /// For how many seconds a code is the code.
    pub fn period_s(&self) -> u64 {
        self.period_s
    }

    /// For how many seconds the code of that moment is still the code.
    pub fn remaining_s(&self, at_s: u64) -> u64 {
        self.period_s - at_s % self.period_s
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Totp").finish_non_exhaustive()
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

fn seed(text: &str) -> Result<Zeroizing<Vec<u8>>, TotpError> {
    let plain: Zeroizing<String> = Zeroizing::new(
        text.trim_end_matches('=')
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .map(|c| c.to_ascii_uppercase())
            .collect(),
    );
    let seed = BASE32_NOPAD
        .decode(plain.as_bytes())
        .map(Zeroizing::new)
        .map_err(|_| TotpError::NoBase32)?;
    match SEED_BYTES.contains(&seed.len()) {
        true => Ok(seed),
        false => Err(TotpError::Length),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// RFC 6238, appendix B: the seed is these digits, as many as the hash is long.
    fn of_the_rfc(algorithm: &str, bytes: usize) -> Totp {
        let digits: Vec<u8> = b"1234567890".iter().copied().cycle().take(bytes).collect();
        let secret = BASE32_NOPAD.encode(&digits);
        let address = format!("otpauth://totp/x?secret={secret}&algorithm={algorithm}&digits=8");
        Totp::parse(&address).unwrap()
    }

    #[test]
    fn the_codes_are_those_of_the_rfc() {
        let all = [
            of_the_rfc("SHA1", 20),
            of_the_rfc("SHA256", 32),
            of_the_rfc("SHA512", 64),
        ];
        for (at_s, codes) in [
            (59, ["94287082", "46119246", "90693936"]),
            (1_111_111_109, ["07081804", "68084774", "25091201"]),
            (1_111_111_111, ["14050471", "67062674", "99943326"]),
            (1_234_567_890, ["89005924", "91819424", "93441116"]),
            (2_000_000_000, ["69279037", "90698825", "38618901"]),
            (20_000_000_000, ["65353130", "77737706", "47863826"]),
        ] {
            for (totp, code) in all.iter().zip(codes) {
                assert_eq!(*totp.code(at_s), code, "{at_s}");
            }
        }
    }

    #[test]
    fn a_code_lasts_to_the_end_of_its_period() {
        let totp = Totp::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        assert_eq!((totp.remaining_s(59), totp.remaining_s(60)), (1, 30));
        assert_eq!(totp.code(30), totp.code(59));
        assert_ne!(totp.code(59), totp.code(60));
        assert_eq!(*totp.code(59), "287082");
    }

    #[test]
    fn a_seed_is_read_as_people_copy_it() {
        let wanted = Totp::parse("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ").unwrap();
        for same in [
            " gezd gnbv gy3t qojq gezd gnbv gy3t qojq ",
            "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ==",
            "otpauth://totp/Portal:ana%40x.mx?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Portal",
            "OTPAUTH://TOTP/x?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&algorithm=sha1&digits=6&period=30",
        ] {
            assert!(Totp::parse(same).unwrap() == wanted, "{same}");
        }
        let other = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&algorithm=SHA512&digits=8&period=60";
        let other = Totp::parse(other).unwrap();
        assert!(Totp::parse(&other.to_address()).unwrap() == other);
        assert!(!format!("{other:?}").contains("GEZD"));
    }

    #[test]
    fn what_is_no_seed_is_refused_by_name() {
        let with = |more: &str| format!("otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ{more}");
        for (text, error) in [
            ("".to_owned(), TotpError::Length),
            ("GEZDGNBV".to_owned(), TotpError::Length),
            ("A".repeat(400), TotpError::Length),
            ("GEZDGNBVGY3TQOJ1".to_owned(), TotpError::NoBase32),
            ("ñandú".to_owned(), TotpError::NoBase32),
            (
                "otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ".to_owned(),
                TotpError::NoTotp,
            ),
            ("otpauth://totp/x".to_owned(), TotpError::NoTotp),
            ("otpauth:x".to_owned(), TotpError::NoTotp),
            (
                "otpauth://totp/x?issuer=y".to_owned(),
                TotpError::Parameters,
            ),
            (with("&secret=GEZDGNBVGY3TQOJQ"), TotpError::Parameters),
            (with("&counter=1"), TotpError::Parameters),
            (with("&algorithm=MD5"), TotpError::Algorithm),
            (with("&digits=7"), TotpError::Digits),
            (with("&period=0"), TotpError::Period),
            (with("&period=300"), TotpError::Period),
            (with("&period=x"), TotpError::Period),
        ] {
            assert_eq!(Totp::parse(&text), Err(error), "{text}");
        }
    }
}
