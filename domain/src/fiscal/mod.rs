//! Fiscal values: what a Mexican electronic invoice is made of, each as a type that can't be wrong.
//!
//! Every type parses (`Rfc::parse`, `Money::parse_mxn`, `UsoCfdi::parse` …) and then stays valid;
//! deserialising goes the same way. The errors' `Display` is Spanish, because a user reads it
//! beside the field it belongs to; each error also has a stable `code()` for programs.
//! Sources: SAT Anexo 20 (`tdCFDI.xsd`, `catCFDI`), catalogues as in phpcfdi/resources-sat-catalogs.

mod contact;
mod data;
mod date;
mod money;
mod name;
mod pago;
mod postal;
mod regimen;
mod rfc;
mod rfc_suggest;
mod uso;
mod window;

pub use contact::{Email, EmailError};
pub use data::{FieldError, FiscalData, FiscalDataInput};
pub use date::{
    MEXICO_CITY, PurchaseDate, PurchaseDateError, end_of_day, fiscal_year_end, local_to_utc,
    mexico_today,
};
pub use money::{Currency, Money, MoneyError};
pub use name::{FiscalName, FiscalNameError};
pub use pago::{FormaPago, MetodoPago};
pub use postal::{CodigoPostal, CodigoPostalError};
pub use regimen::RegimenFiscal;
pub use rfc::{PersonKind, Rfc, RfcError};
pub use uso::UsoCfdi;
pub use window::{NextMonth, Verified, Window, WindowRule};

/// A code that is in no SAT catalogue we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{code}» no es una clave válida de {catalog}")]
pub struct UnknownCode {
    /// Name of the SAT catalogue, for example `c_UsoCFDI`.
    pub catalog: &'static str,
    /// What was given.
    pub code: String,
}

/// Declares one SAT catalogue: an enum with a variant per code, `code`, `text`, `all`, `parse`,
/// `Display` as the code, and serde as the code.
macro_rules! catalog {
    ($(#[$meta:meta])* $name:ident, $catalog:literal, { $($variant:ident => $code:literal, $text:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $(#[doc = concat!("`", $code, "` ", $text, ".")] $variant,)+ }

        impl $name {
            /// The SAT code, as it stands in the XML.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }

            /// The SAT's own (Spanish) description.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Every code, in the catalogue's order.
            #[must_use]
            pub const fn all() -> &'static [Self] {
                &[$(Self::$variant,)+]
            }

            /// Finds a code; spaces around it and letter case don't matter.
            ///
            /// # Errors
            /// `UnknownCode` when the catalogue has no such code.
            pub fn parse(code: &str) -> Result<Self, $crate::fiscal::UnknownCode> {
                let wanted = code.trim();
                Self::all().iter().copied().find(|c| c.code().eq_ignore_ascii_case(wanted)).ok_or_else(|| {
                    $crate::fiscal::UnknownCode { catalog: $catalog, code: wanted.chars().take(40).collect() }
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.code())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::fiscal::UnknownCode;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Self::parse(s)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.code())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                Self::parse(&code).map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "json-schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": concat!("A code of the SAT's catalogue ", $catalog, "."),
                    "type": "string",
                    "enum": [$($code),+],
                })
            }
        }
    };
}
pub(crate) use catalog;

/// Implements serde as a string (deserialising parses) and `Display` for a string newtype.
macro_rules! string_value {
    ($name:ident) => {
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                Self::parse(&text).map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use string_value;
