/// A taxpayer's name, letter by letter as in the Constancia de Situación Fiscal: 1–300
/// characters, no `|` (it separates the fields that are signed).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FiscalName(String);

/// Why a text is not a taxpayer's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FiscalNameError {
    /// Nothing was given.
    #[error("escribe el nombre como está en tu constancia de situación fiscal")]
    Empty,
    /// More than 300 characters.
    #[error("el nombre lleva a lo más 300 caracteres")]
    TooLong,
    /// `|` or a control character.
    #[error("el nombre no puede llevar «|» ni caracteres de control")]
    Forbidden,
}

impl FiscalNameError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "name_empty",
            Self::TooLong => "name_too_long",
            Self::Forbidden => "name_forbidden_character",
        }
    }
}

/// Endings that name a kind of company, longest first. CFDI 4.0 names go without.
const COMPANY_ENDINGS: [&str; 22] = [
    "S EN C POR A DE CV",
    "S EN NC DE CV",
    "S DE RL DE CV",
    "S EN C DE CV",
    "SAPI DE CV",
    "SAB DE CV",
    "SAS DE CV",
    "SRL DE CV",
    "SC DE CV",
    "SA DE CV",
    "S DE CV",
    "S DE RL",
    "SOFOM ENR",
    "SAPIB",
    "SAPI",
    "SAB",
    "SAS",
    "SA",
    "SC",
    "AC",
    "IAP",
    "ABP",
];

impl FiscalName {
    /// Parses a name; runs of blanks become one (portals and SAT compare them so).
    ///
    /// # Errors
    /// Says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, FiscalNameError> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            Err(FiscalNameError::Empty)
        } else if name.chars().count() > 300 {
            Err(FiscalNameError::TooLong)
        } else if name.contains(|c: char| c == '|' || c.is_control()) {
            Err(FiscalNameError::Forbidden)
        } else {
            Ok(Self(name))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The same name without its régimen societario (`S.A. de C.V.`), when it has one: CFDI 4.0
    /// wants it so. To be offered, never applied: some taxpayers are registered with it.
    #[must_use]
    pub fn without_company_ending(&self) -> Option<Self> {
        COMPANY_ENDINGS.iter().find_map(|ending| {
            let kept = strip_ending(&self.0, ending)?;
            let kept = kept.trim_end_matches(|c: char| c.is_whitespace() || c == ',');
            (!kept.is_empty()).then(|| Self(kept.to_owned()))
        })
    }
}

super::string_value!(FiscalName);

/// Takes `ending` off, reading from the back; case, dots, commas and blanks don't count, so
/// `S. A. de C.V.` matches `SA DE CV`. The ending must be a word of its own.
fn strip_ending<'a>(name: &'a str, ending: &str) -> Option<&'a str> {
    let mut wanted = ending.chars().rev().filter(|c| *c != ' ').peekable();
    let mut at = name.len();
    for (i, c) in name.char_indices().rev() {
        if c == '.' || c == ',' || c == ' ' {
            continue;
        }
        if wanted.peek().is_none() {
            break;
        }
        if wanted.next() != Some(c.to_ascii_uppercase()) {
            return None;
        }
        at = i;
    }
    let kept = &name[..at];
    (wanted.peek().is_none() && kept.ends_with([' ', ','])).then_some(kept)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn stripped(text: &str) -> Option<String> {
        FiscalName::parse(text)
            .unwrap()
            .without_company_ending()
            .map(|n| n.to_string())
    }

    #[test]
    fn names_are_bounded_and_without_pipes() {
        assert_eq!(
            FiscalName::parse("  ANA   RUIZ ").unwrap().as_str(),
            "ANA RUIZ"
        );
        assert_eq!(FiscalName::parse(" "), Err(FiscalNameError::Empty));
        assert_eq!(FiscalName::parse("A|B"), Err(FiscalNameError::Forbidden));
        assert_eq!(
            FiscalName::parse(&"Ñ".repeat(301)),
            Err(FiscalNameError::TooLong)
        );
        assert!(FiscalName::parse(&"Ñ".repeat(300)).is_ok());
    }

    #[test]
    fn the_company_ending_is_offered_off() {
        for (name, bare) in [
            ("COMERCIO DE PRUEBA SA DE CV", "COMERCIO DE PRUEBA"),
            ("Comercio de Prueba, S.A. de C.V.", "Comercio de Prueba"),
            (
                "ORGANICOS ÑAVEZ OSORIO S.A DE C.V",
                "ORGANICOS ÑAVEZ OSORIO",
            ),
            (
                "ESCUELA KEMPER URGATE S. DE R.L. DE C.V.",
                "ESCUELA KEMPER URGATE",
            ),
            ("NOVUS SAPI DE CV", "NOVUS"),
            ("AMIGOS AC", "AMIGOS"),
            ("UNO S EN C POR A DE CV", "UNO"),
        ] {
            assert_eq!(stripped(name).as_deref(), Some(bare), "{name}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_one_is_left_alone() {
        for name in [
            "BERENICE XIMO QUEZADA",
            "LA CASA",
            "SA DE CV",
            "MARIO ISAAC",
        ] {
            assert_eq!(stripped(name), None, "{name}");
        }
    }
}
