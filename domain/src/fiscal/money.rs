use serde::{Deserialize, Serialize};

/// An amount of money in hundredths (centavos) of its currency. Never a float.
///
/// JSON: `{"cents": 123450, "currency": "MXN"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Money {
    /// Hundredths of one unit; may be negative in differences.
    pub cents: i64,
    /// Which currency.
    pub currency: Currency,
}

/// An ISO 4217 currency code, such as `MXN` (`c_Moneda` in SAT's catalogue; `XXX` is "none").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// Why a text is not an amount or a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Nothing was given.
    #[error("escribe el importe")]
    Empty,
    /// Not a number as it is written in Mexico.
    #[error("escribe el importe con punto decimal, por ejemplo 1,234.50")]
    Syntax,
    /// A fraction of a centavo.
    #[error("el importe lleva a lo más dos decimales")]
    Decimals,
    /// More than we count.
    #[error("el importe es demasiado grande")]
    TooLarge,
    /// Not three upper-case letters.
    #[error("la moneda son tres letras, por ejemplo MXN")]
    Currency,
}

impl MoneyError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "amount_empty",
            Self::Syntax => "amount_syntax",
            Self::Decimals => "amount_decimals",
            Self::TooLarge => "amount_too_large",
            Self::Currency => "currency_syntax",
        }
    }
}

impl Money {
    /// Pesos, given in centavos.
    #[must_use]
    pub const fn mxn(cents: i64) -> Self {
        Self {
            cents,
            currency: Currency::MXN,
        }
    }

    /// Parses pesos as people and tickets write them: `1,234.50`, `$1234.5`, `36.01 MXN`.
    /// Not negative; a comma only between groups of three digits.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse_mxn(text: &str) -> Result<Self, MoneyError> {
        let text = text.trim();
        let text = text
            .strip_suffix("MXN")
            .or_else(|| text.strip_suffix("M.N."))
            .unwrap_or(text)
            .trim_end();
        let text = text.strip_prefix("MXN").unwrap_or(text).trim_start();
        let text = text.strip_prefix('$').unwrap_or(text).trim();
        if text.is_empty() {
            return Err(MoneyError::Empty);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = ungroup(whole)?;
        if text.ends_with('.') {
            return Err(MoneyError::Syntax);
        }
        let joined = if fraction.is_empty() {
            plain
        } else {
            format!("{plain}.{fraction}")
        };
        Self::parse_decimal(&joined, Currency::MXN)
    }

    /// Parses plain decimal notation (`36.01`, `36`, `36.010000`), as in XML. Exact: decimals
    /// beyond the second must be zero.
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse_decimal(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let only_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty()
            || !only_digits(whole)
            || !only_digits(fraction)
            || digits.ends_with('.')
        {
            return Err(MoneyError::Syntax);
        }
        let (kept, rest) = fraction.split_at(fraction.len().min(2));
        if rest.bytes().any(|b| b != b'0') {
            return Err(MoneyError::Decimals);
        }
        let cents: i64 = format!("{whole}{kept:0<2}")
            .parse()
            .map_err(|_| MoneyError::TooLarge)?;
        Ok(Self {
            cents: if negative { -cents } else { cents },
            currency,
        })
    }

    /// Plain decimal notation without currency or grouping: `1234.50`. What portals take.
    #[must_use]
    pub fn to_decimal(&self) -> String {
        let sign = if self.cents < 0 { "-" } else { "" };
        let cents = self.cents.unsigned_abs();
        format!("{sign}{}.{:02}", cents / 100, cents % 100)
    }

    /// How far two amounts are apart, in cents; nothing when the currencies differ.
    #[must_use]
    pub fn distance_cents(&self, other: &Self) -> Option<u64> {
        (self.currency == other.currency).then(|| self.cents.abs_diff(other.cents))
    }
}

impl std::fmt::Display for Money {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plain = self.to_decimal();
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "00"));
        let (sign, whole) = whole
            .strip_prefix('-')
            .map_or(("", whole), |rest| ("-", rest));
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i) % 3 == 0 {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        write!(f, "{sign}{grouped}.{fraction} {}", self.currency)
    }
}

/// Takes the thousands' commas out; they must stand between groups of three.
fn ungroup(whole: &str) -> Result<String, MoneyError> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or("");
    let rest: Vec<&str> = groups.collect();
    if !rest.is_empty()
        && (first.is_empty() || first.len() > 3 || rest.iter().any(|g| g.len() != 3))
    {
        return Err(MoneyError::Syntax);
    }
    if whole.starts_with('-') {
        return Err(MoneyError::Syntax);
    }
    Ok(whole.replace(',', ""))
}

impl Currency {
    /// Mexican peso.
    pub const MXN: Self = Self(*b"MXN");
    /// US dollar.
    pub const USD: Self = Self(*b"USD");
    /// Euro.
    pub const EUR: Self = Self(*b"EUR");
    /// No currency (SAT uses it in payment and transport documents).
    pub const NONE: Self = Self(*b"XXX");

    /// Parses a three-letter code, upper case.
    ///
    /// # Errors
    /// `MoneyError::Currency` for anything else.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|x| x.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::Currency),
        }
    }

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Only ASCII letters ever get in.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl std::fmt::Debug for Currency {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

super::string_value!(Currency);

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for Currency {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "An ISO 4217 currency code, such as `MXN`.",
            "type": "string",
            "pattern": "^[A-Z]{3}$",
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn amounts_as_people_write_them() {
        for (text, cents) in [
            ("1,234.50", 123_450),
            ("$1234.5", 123_450),
            (" $ 36.01 ", 3601),
            ("36.01 MXN", 3601),
            ("0.05", 5),
            ("1,000,000", 100_000_000),
            ("36.0100", 3601),
        ] {
            assert_eq!(Money::parse_mxn(text).unwrap(), Money::mxn(cents), "{text}");
        }
    }

    #[test]
    fn ambiguous_amounts_are_refused() {
        for text in [
            "1,5", "1.234,50", "12,34.50", ",123", "-5", "1.", ".5", "5 5", "1e3", "١٢",
        ] {
            assert_eq!(Money::parse_mxn(text), Err(MoneyError::Syntax), "{text}");
        }
        assert_eq!(Money::parse_mxn(" $ "), Err(MoneyError::Empty));
        assert_eq!(Money::parse_mxn("1.005"), Err(MoneyError::Decimals));
        assert_eq!(
            Money::parse_mxn("99999999999999999999"),
            Err(MoneyError::TooLarge)
        );
    }

    #[test]
    fn display_groups_and_names_the_currency() {
        assert_eq!(Money::mxn(123_450).to_string(), "1,234.50 MXN");
        assert_eq!(Money::mxn(-100_000_005).to_string(), "-1,000,000.05 MXN");
        assert_eq!(Money::mxn(7).to_string(), "0.07 MXN");
        assert_eq!(Money::mxn(123_450).to_decimal(), "1234.50");
        assert_eq!(Money::mxn(i64::MIN).to_decimal(), "-92233720368547758.08");
    }

    #[test]
    fn json_shape() {
        let json = serde_json::to_string(&Money::mxn(3601)).unwrap();
        assert_eq!(json, r#"{"cents":3601,"currency":"MXN"}"#);
        assert_eq!(
            serde_json::from_str::<Money>(&json).unwrap(),
            Money::mxn(3601)
        );
        assert!(serde_json::from_str::<Money>(r#"{"cents":36.01,"currency":"MXN"}"#).is_err());
    }

    #[test]
    fn different_currencies_have_no_distance() {
        let dollars = Money {
            cents: 100,
            currency: Currency::USD,
        };
        assert_eq!(Money::mxn(100).distance_cents(&dollars), None);
        assert_eq!(Money::mxn(100).distance_cents(&Money::mxn(250)), Some(150));
    }
}
