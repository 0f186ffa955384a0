use chrono::NaiveDate;

/// The RFC (Registro Federal de Contribuyentes): the Mexican tax id.
///
/// 12 characters for a persona moral, 13 for a persona física; upper case, without separators.
/// Source: SAT `tdCFDI.xsd` (`t_RFC`), plus the calendar check of the date part.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rfc(String);

/// Who a tax id belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// A natural person (persona física).
    Fisica,
    /// A legal entity (persona moral).
    Moral,
}

/// Why a text is not an RFC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RfcError {
    /// Nothing was given.
    #[error("escribe el RFC")]
    Empty,
    /// Not 12 or 13 characters.
    #[error("el RFC lleva 12 caracteres (persona moral) o 13 (persona física); este tiene {chars}")]
    Length {
        /// How many characters the normalised text has.
        chars: usize,
    },
    /// A character stands where it may not.
    #[error("el RFC no tiene la forma correcta: letras, fecha (AAMMDD) y homoclave")]
    Syntax,
    /// The six digits are no date.
    #[error("los seis dígitos del RFC no son una fecha que exista")]
    Date,
    /// The generic ids of the general public and of foreigners, in a user's own profile.
    #[error("el RFC genérico no sirve para deducir: usa el de tu constancia de situación fiscal")]
    Generic,
}

impl RfcError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "rfc_empty",
            Self::Length { .. } => "rfc_length",
            Self::Syntax => "rfc_syntax",
            Self::Date => "rfc_date",
            Self::Generic => "rfc_generic",
        }
    }
}

/// Digit values of the check sum: a character's value is its index (SAT's own table).
const CHECK_TABLE: &str = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ";

impl Rfc {
    /// The general public (`público en general`).
    pub const GENERIC_NATIONAL: &str = "XAXX010101000";
    /// A foreigner without a Mexican tax id.
    pub const GENERIC_FOREIGN: &str = "XEXX010101000";

    /// Parses what a person types: letter case, spaces and the separators `-`, `_`, `.` don't matter.
    ///
    /// # Errors
    /// Says what is wrong with the text. A wrong check digit is no error: about 1.5 % of the
    /// RFCs in force have one (see [`Rfc::check_digit_ok`]).
    pub fn parse(text: &str) -> Result<Self, RfcError> {
        Self::parse_exact(&normalise(text))
    }

    /// Parses the stored form only, as it must stand in a CFDI; nothing is normalised.
    ///
    /// # Errors
    /// As [`Rfc::parse`].
    pub fn parse_exact(text: &str) -> Result<Self, RfcError> {
        let chars: Vec<char> = text.chars().collect();
        let letters = match chars.len() {
            0 => return Err(RfcError::Empty),
            12 => 3,
            13 => 4,
            chars => return Err(RfcError::Length { chars }),
        };
        let (head, tail) = chars.split_at(letters);
        let (date, tail) = tail.split_at(6);
        let shape_ok = head.iter().all(|c| is_rfc_letter(*c))
            && date.iter().all(char::is_ascii_digit)
            && tail[..2]
                .iter()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
            && (tail[2].is_ascii_digit() || tail[2] == 'A');
        if !shape_ok {
            return Err(RfcError::Syntax);
        }
        if !is_date(date) {
            return Err(RfcError::Date);
        }
        Ok(Self(text.to_owned()))
    }

    /// Parses a user's own RFC: as [`Rfc::parse`], and refuses the generic ones, with which an
    /// invoice is worth nothing to the buyer.
    ///
    /// # Errors
    /// As [`Rfc::parse`], and `Generic`.
    pub fn parse_for_profile(text: &str) -> Result<Self, RfcError> {
        let rfc = Self::parse(text)?;
        if rfc.is_generic() {
            Err(RfcError::Generic)
        } else {
            Ok(rfc)
        }
    }

    /// The stored form: upper case, 12 or 13 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whose RFC this is, by its length. The generic ones look like a persona física.
    #[must_use]
    pub fn kind(&self) -> PersonKind {
        if self.0.chars().count() == 12 {
            PersonKind::Moral
        } else {
            PersonKind::Fisica
        }
    }

    /// Whether this is one of the two generic ids.
    #[must_use]
    pub fn is_generic(&self) -> bool {
        self.0 == Self::GENERIC_NATIONAL || self.0 == Self::GENERIC_FOREIGN
    }

    /// Whether the last character is the computed check digit. For a warning only, never to block.
    #[must_use]
    pub fn check_digit_ok(&self) -> bool {
        self.is_generic() || self.0.ends_with(check_digit(&self.0))
    }

    /// With the middle hidden, for logs and lists: `COS*******7NA`.
    #[must_use]
    pub fn masked(&self) -> String {
        let count = self.0.chars().count();
        self.0
            .chars()
            .enumerate()
            .map(|(i, c)| if i < 3 || i + 3 >= count { c } else { '*' })
            .collect()
    }
}

super::string_value!(Rfc);

impl std::str::FromStr for Rfc {
    type Err = RfcError;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::parse(s)
    }
}

/// Upper case, NFC for Ñ, without blanks and separators. Only ASCII and ñ change case: Unicode's
/// own rules would turn ligatures and ß into letters nobody typed.
pub(super) fn normalise(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '-' | '_' | '.' => {}
            c if c.is_whitespace() => {}
            'ñ' => out.push('Ñ'),
            // The combining tilde of a decomposed Ñ.
            '\u{303}' if out.ends_with('N') => {
                out.pop();
                out.push('Ñ');
            }
            c => out.push(c.to_ascii_uppercase()),
        }
    }
    out
}

fn is_rfc_letter(c: char) -> bool {
    c.is_ascii_uppercase() || c == '&' || c == 'Ñ'
}

/// `YYMMDD` with the year in the 2000s: the century is unknown, and 1900 is the only year whose
/// leap day would differ, so a future date is never refused.
fn is_date(digits: &[char]) -> bool {
    let pair = |i: usize| {
        digits[i].to_digit(10).unwrap_or(0) * 10 + digits[i + 1].to_digit(10).unwrap_or(0)
    };
    i32::try_from(2000 + pair(0))
        .is_ok_and(|year| NaiveDate::from_ymd_opt(year, pair(2), pair(4)).is_some())
}

/// The check digit that belongs to the given RFC (its own last character is not looked at).
fn check_digit(rfc: &str) -> char {
    let count = rfc.chars().count();
    // A persona moral's RFC is padded with one space (37) in front, at weight 13.
    let padding = if count == 12 { 37 * 13 } else { 0 };
    let offset = 13 - count;
    let sum: usize = rfc
        .chars()
        .take(count - 1)
        .enumerate()
        .map(|(i, c)| CHECK_TABLE.chars().position(|t| t == c).unwrap_or(0) * (13 - i - offset))
        .sum();
    match 11 - (padding + sum) % 11 {
        11 => '0',
        10 => 'A',
        digit => char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn real_rfcs_with_a_right_digit() {
        for (text, kind) in [
            ("COSC8001137NA", PersonKind::Fisica),
            ("CAMA911215CJ0", PersonKind::Fisica),
            ("GODE561231GR8", PersonKind::Fisica),
            ("CAÑF770131PA3", PersonKind::Fisica),
            ("RAQÑ7701212M3", PersonKind::Fisica),
            ("WERX631016S30", PersonKind::Fisica),
            ("XIQB891116QE4", PersonKind::Fisica),
            ("DIM8701081LA", PersonKind::Moral),
            ("L&O950913MSA", PersonKind::Moral),
            ("A&A050908GT0", PersonKind::Moral),
            ("EKU9003173C9", PersonKind::Moral),
            ("HAÑ930228SM9", PersonKind::Moral),
        ] {
            let rfc = Rfc::parse_exact(text).unwrap();
            assert_eq!(rfc.kind(), kind, "{text}");
            assert!(rfc.check_digit_ok(), "{text}");
            assert!(!rfc.is_generic());
        }
    }

    #[test]
    fn a_wrong_check_digit_is_only_a_warning() {
        for text in [
            "COSC8001137N9",
            "VACE460910SX6",
            "SIN9311169P8",
            "AAA010101AAA",
        ] {
            assert!(!Rfc::parse_exact(text).unwrap().check_digit_ok(), "{text}");
        }
        assert_eq!(check_digit("VACE460910SX6"), '5');
        assert_eq!(check_digit("SIN9311169P8"), '2');
        assert_eq!(check_digit("AAA010101AAA"), '1');
    }

    #[test]
    fn a_date_that_does_not_exist_is_refused() {
        for text in [
            "AAAA010229AAA",
            "AAAA010132AAA",
            "ABCD123456AB1",
            "AAAA010231AAA",
            "AAAA011301AAA",
        ] {
            assert_eq!(Rfc::parse(text), Err(RfcError::Date), "{text}");
        }
        assert!(Rfc::parse("AAAA000229AAA").is_ok(), "2000 is a leap year");
    }

    #[test]
    fn a_bad_shape_is_refused() {
        assert_eq!(Rfc::parse_exact("AAA-010101AAA"), Err(RfcError::Syntax));
        assert_eq!(Rfc::parse("ÁAAA010101AAA"), Err(RfcError::Syntax));
        assert_eq!(
            Rfc::parse("AA010101AAA"),
            Err(RfcError::Length { chars: 11 })
        );
        assert_eq!(Rfc::parse("AAAA010101AA"), Err(RfcError::Syntax));
        assert_eq!(Rfc::parse("  "), Err(RfcError::Empty));
        assert_eq!(Rfc::parse("COSC8001137NB"), Err(RfcError::Syntax));
        assert_eq!(Rfc::parse("ﬁSC8001137NA"), Err(RfcError::Syntax));
    }

    #[test]
    fn typing_is_normalised() {
        for (typed, stored) in [
            ("cosc8001137na", "COSC8001137NA"),
            ("AñÑ801231JK0", "AÑÑ801231JK0"),
            ("  COSC-800113-7NA\t", "COSC8001137NA"),
            ("HAN\u{303}930228SM9", "HAÑ930228SM9"),
            ("han\u{303}930228sm9", "HAÑ930228SM9"),
            ("ekU_900317.3c9", "EKU9003173C9"),
        ] {
            assert_eq!(Rfc::parse(typed).unwrap().as_str(), stored);
        }
    }

    #[test]
    fn generic_rfcs_are_no_profile() {
        for text in [Rfc::GENERIC_NATIONAL, Rfc::GENERIC_FOREIGN] {
            let rfc = Rfc::parse(text).unwrap();
            assert!(rfc.is_generic() && rfc.check_digit_ok());
            assert_eq!(Rfc::parse_for_profile(text), Err(RfcError::Generic));
        }
    }

    #[test]
    fn serde_is_the_string_and_deserialising_parses() {
        let rfc: Rfc = serde_json::from_str("\"cosc8001137na\"").unwrap();
        assert_eq!(serde_json::to_string(&rfc).unwrap(), "\"COSC8001137NA\"");
        assert!(serde_json::from_str::<Rfc>("\"nope\"").is_err());
        assert_eq!(rfc.masked(), "COS*******7NA");
    }
}
