//! Versions as servers and browsers print them.

use std::fmt;

/// A dotted version; only the first three numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32, pub u32);

impl Version {
    /// Finds the first dotted or plain number in a program's `--version` text, e.g.
    /// `postgres (PostgreSQL) 15.18 (Debian …)` or `nats-server: v2.9.10`.
    ///
    /// Returns `None` when the text holds no number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let word = text
            .split_whitespace()
            .map(|word| word.trim_start_matches('v'))
            .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
        let mut numbers = word
            .split(|c: char| !c.is_ascii_digit())
            .take_while(|digits| !digits.is_empty())
            .map(|digits| digits.parse::<u32>().unwrap_or(u32::MAX));
        Some(Self(
            numbers.next()?,
            numbers.next().unwrap_or(0),
            numbers.next().unwrap_or(0),
        ))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)?;
        if self.2 > 0 {
            write!(f, ".{}", self.2)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn reads_what_the_programs_print() {
        let cases = [
            (
                "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)",
                Version(15, 18, 0),
            ),
            ("postgres (PostgreSQL) 18beta1", Version(18, 0, 0)),
            ("nats-server: v2.9.10", Version(2, 9, 10)),
            (
                "Chromium 156.0.8078.79 built on Debian GNU/Linux 12",
                Version(156, 0, 8078),
            ),
            (
                "ChromeDriver 156.0.8078.79 (refs/heads)",
                Version(156, 0, 8078),
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(Version::parse(text), Some(wanted), "{text}");
        }
        assert_eq!(Version::parse("command not found"), None);
    }

    #[test]
    fn compares_by_number_not_by_letter() {
        assert!(Version(2, 10, 0) > Version(2, 9, 10));
    }
}
