use crate::fiscal::{Currency, Money};

/// An exact decimal of a CFDI with up to six decimals (`t_Importe`, quantities, rates), counted
/// in millionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Amount(i128);

/// Millionths per unit.
const SCALE: i128 = 1_000_000;

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Parses `12`, `12.5`, `12.500000`: up to 18 digits before the point and six after it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = text
            .strip_prefix('-')
            .map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let only_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 18 || fraction.len() > 6 || digits.ends_with('.') {
            return None;
        }
        if !only_digits(whole) || !only_digits(fraction) {
            return None;
        }
        let millionths: i128 = format!("{whole}{fraction:0<6}").parse().ok()?;
        Some(Self(if negative { -millionths } else { millionths }))
    }

    /// The same amount in hundredths, when it has no finer part.
    #[must_use]
    pub fn to_money(self, currency: Currency) -> Option<Money> {
        let hundredth = SCALE / 100;
        if self.0 % hundredth != 0 {
            return None;
        }
        Some(Money {
            cents: i64::try_from(self.0 / hundredth).ok()?,
            currency,
        })
    }

    /// The amount in millionths.
    #[must_use]
    pub const fn millionths(self) -> i128 {
        self.0
    }
}

impl std::ops::Add for Amount {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::ops::Sub for Amount {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(i128::from(money.cents) * (SCALE / 100))
    }
}

/// Shortest exact form: `2`, `15.52`, `0.16`.
impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let absolute = self.0.unsigned_abs();
        let scale = SCALE.unsigned_abs();
        let fraction = format!("{:06}", absolute % scale);
        let fraction = fraction.trim_end_matches('0');
        let point = if fraction.is_empty() { "" } else { "." };
        write!(f, "{sign}{}{point}{fraction}", absolute / scale)
    }
}

impl serde::Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn six_decimals_are_exact() {
        for (text, shown) in [
            ("36.01", "36.01"),
            ("0.160000", "0.16"),
            ("2", "2"),
            ("-0.000001", "-0.000001"),
        ] {
            assert_eq!(Amount::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            ".5",
            "5.",
            "1e3",
            "1,000.00",
            "0.0000001",
            "NaN",
            "1234567890123456789",
            "+1",
            "--1",
        ] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn money_only_when_it_is_whole_centavos() {
        assert_eq!(
            Amount::parse("999.540000").unwrap().to_money(Currency::MXN),
            Some(Money::mxn(99_954))
        );
        assert_eq!(
            Amount::parse("1.005").unwrap().to_money(Currency::MXN),
            None
        );
        assert_eq!(
            Amount::from(Money::mxn(-1)),
            Amount::parse("-0.01").unwrap()
        );
    }
}
