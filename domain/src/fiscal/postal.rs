/// A Mexican postal code: five digits. In a CFDI, that of the taxpayer's domicilio fiscal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodigoPostal(String);

/// Why a text is not a postal code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("el código postal son cinco dígitos")]
pub struct CodigoPostalError;

impl CodigoPostalError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "postal_code_syntax"
    }
}

impl CodigoPostal {
    /// Parses five digits; blanks around them don't matter.
    ///
    /// # Errors
    /// Anything but five digits, and `00000`.
    pub fn parse(text: &str) -> Result<Self, CodigoPostalError> {
        let text = text.trim();
        if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) && text != "00000" {
            Ok(Self(text.to_owned()))
        } else {
            Err(CodigoPostalError)
        }
    }

    /// The five digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

super::string_value!(CodigoPostal);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn five_digits_and_nothing_else() {
        assert_eq!(CodigoPostal::parse(" 06600 ").unwrap().as_str(), "06600");
        for text in ["6600", "066000", "0660O", "", "00000", "٠٦٦٠٠"] {
            assert!(CodigoPostal::parse(text).is_err(), "{text}");
        }
    }
}
