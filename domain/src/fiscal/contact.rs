/// An e-mail address, checked lightly: portals send invoices there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

/// Why a text is not an e-mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("escribe un correo como nombre@ejemplo.mx")]
pub struct EmailError;

impl EmailError {
    /// Stable name for programs.
    #[must_use]
    pub const fn code(self) -> &'static str {
        "email_syntax"
    }
}

impl Email {
    /// Parses an address: one `@`, a dotted domain, no blanks, at most 254 bytes (RFC 5321).
    /// Whether it exists, only a mail can tell.
    ///
    /// # Errors
    /// When the text can't be an address.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let unusable =
            |c: char| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c);
        let labels_ok = domain.split('.').count() >= 2
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && !label.starts_with('-')
                    && !label.ends_with('-')
                    && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            });
        let local_ok = !local.is_empty() && local.len() <= 64 && !local.contains(unusable);
        if text.len() <= 254 && local_ok && labels_ok {
            Ok(Self(text.to_owned()))
        } else {
            Err(EmailError)
        }
    }

    /// The address as given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

super::string_value!(Email);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plausible_addresses_pass() {
        for text in [
            "ana@ejemplo.mx",
            " ana.ruiz+facturas@sub.ejemplo.com.mx ",
            "a@b.co",
        ] {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "",
            "ana",
            "ana@",
            "@b.mx",
            "ana@mx",
            "a b@c.mx",
            "a@b..mx",
            "a@@b.mx",
            "a@-b.mx",
            "Ana <a@b.mx>",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
    }
}
