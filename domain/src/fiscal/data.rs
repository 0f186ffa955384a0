use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{CodigoPostal, Email, FiscalName, RegimenFiscal, Rfc, UsoCfdi};

/// What a vendor's portal asks about the buyer; every field parsed, and fitting the others.
///
/// Made by [`FiscalDataInput::validate`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalData {
    /// Tax id, never a generic one.
    pub rfc: Rfc,
    /// Name as in the Constancia de Situación Fiscal.
    pub name: FiscalName,
    /// Postal code of the domicilio fiscal.
    pub postal_code: CodigoPostal,
    /// Tax regime; fits the kind of person.
    pub regimen: RegimenFiscal,
    /// Preselected use; fits the regime.
    pub default_use: UsoCfdi,
    /// Where portals send invoices.
    pub email: Email,
}

/// The same, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiscalDataInput {
    /// Tax id.
    pub rfc: String,
    /// Name as in the Constancia de Situación Fiscal.
    pub name: String,
    /// Postal code of the domicilio fiscal.
    pub postal_code: String,
    /// Code of the tax regime.
    pub regimen: String,
    /// Code of the preselected use; absent or empty: the regime's default.
    #[serde(default)]
    pub default_use: Option<String>,
    /// E-mail address.
    pub email: String,
}

/// What is wrong (or doubtful) about one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// Name of the field, as in the input.
    pub field: String,
    /// Stable name for programs.
    pub code: Cow<'static, str>,
    /// For the person who typed it, in Spanish.
    pub message: String,
}

impl FieldError {
    /// One field's error.
    pub fn new(field: &str, code: &'static str, message: impl ToString) -> Self {
        Self {
            field: field.to_owned(),
            code: Cow::Borrowed(code),
            message: message.to_string(),
        }
    }
}

impl FiscalDataInput {
    /// Parses every field and checks them against each other.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub fn validate(&self) -> Result<FiscalData, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut note = |error: FieldError| errors.push(error);
        let rfc = Rfc::parse_for_profile(&self.rfc)
            .map_err(|e| note(FieldError::new("rfc", e.code(), e)))
            .ok();
        let name = FiscalName::parse(&self.name)
            .map_err(|e| note(FieldError::new("name", e.code(), e)))
            .ok();
        let postal_code = CodigoPostal::parse(&self.postal_code)
            .map_err(|e| note(FieldError::new("postal_code", e.code(), e)))
            .ok();
        let regimen = RegimenFiscal::parse(&self.regimen)
            .map_err(|_| {
                note(FieldError::new(
                    "regimen",
                    "regimen_unknown",
                    "elige tu régimen fiscal",
                ))
            })
            .ok();
        let email = Email::parse(&self.email)
            .map_err(|e| note(FieldError::new("email", e.code(), e)))
            .ok();
        let chosen = self
            .default_use
            .as_deref()
            .map(str::trim)
            .filter(|code| !code.is_empty());
        let default_use = match (chosen, regimen) {
            (Some(code), _) => UsoCfdi::parse(code)
                .map_err(|_| {
                    note(FieldError::new(
                        "default_use",
                        "use_unknown",
                        "elige un uso de CFDI",
                    ))
                })
                .ok(),
            (None, Some(regimen)) => Some(UsoCfdi::default_for(regimen)),
            (None, None) => None,
        };
        if let (Some(rfc), Some(regimen)) = (&rfc, regimen) {
            match default_use {
                _ if !regimen.allows(rfc.kind()) => note(regimen_mismatch(regimen)),
                Some(uso) if !uso.allowed_for(regimen, rfc.kind()) => {
                    note(use_mismatch(uso, regimen))
                }
                _ => {}
            }
        }
        match (rfc, name, postal_code, regimen, default_use, email) {
            (
                Some(rfc),
                Some(name),
                Some(postal_code),
                Some(regimen),
                Some(default_use),
                Some(email),
            ) if errors.is_empty() => Ok(FiscalData {
                rfc,
                name,
                postal_code,
                regimen,
                default_use,
                email,
            }),
            _ => Err(errors),
        }
    }
}

impl FiscalData {
    /// Checks the fields against each other, for data that came by deserialising. Everything that
    /// is wrong; empty when all fits.
    #[must_use]
    pub fn validate(&self) -> Vec<FieldError> {
        FiscalDataInput::from(self)
            .validate()
            .err()
            .unwrap_or_default()
    }

    /// What is worth a second look but blocks nothing: a wrong check digit, a name with its
    /// régimen societario.
    #[must_use]
    pub fn warnings(&self) -> Vec<FieldError> {
        let mut warnings = Vec::new();
        if !self.rfc.check_digit_ok() {
            warnings.push(FieldError::new(
                "rfc",
                "rfc_check_digit",
                "el último carácter del RFC no es el que se esperaba; revísalo con tu constancia",
            ));
        }
        if let Some(bare) = self.name.without_company_ending() {
            let message = format!("en el CFDI 4.0 el nombre va sin régimen societario: ¿«{bare}»?");
            warnings.push(FieldError::new("name", "name_company_ending", message));
        }
        warnings
    }
}

impl From<&FiscalData> for FiscalDataInput {
    fn from(data: &FiscalData) -> Self {
        Self {
            rfc: data.rfc.to_string(),
            name: data.name.to_string(),
            postal_code: data.postal_code.to_string(),
            regimen: data.regimen.to_string(),
            default_use: Some(data.default_use.to_string()),
            email: data.email.to_string(),
        }
    }
}

fn regimen_mismatch(regimen: RegimenFiscal) -> FieldError {
    let message = format!(
        "el régimen {regimen} ({}) no es de este tipo de persona",
        regimen.text()
    );
    FieldError::new("regimen", "regimen_person_mismatch", message)
}

fn use_mismatch(uso: UsoCfdi, regimen: RegimenFiscal) -> FieldError {
    let message = format!(
        "el uso {uso} ({}) no se permite en el régimen {regimen}",
        uso.text()
    );
    FieldError::new("default_use", "use_regimen_mismatch", message)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn good() -> FiscalDataInput {
        FiscalDataInput {
            rfc: "xiqb891116qe4".into(),
            name: "BERENICE XIMO QUEZADA".into(),
            postal_code: "76343".into(),
            regimen: "612".into(),
            default_use: None,
            email: "berenice@ejemplo.mx".into(),
        }
    }

    fn codes(input: &FiscalDataInput) -> Vec<String> {
        input
            .validate()
            .unwrap_err()
            .into_iter()
            .map(|e| format!("{}:{}", e.field, e.code))
            .collect()
    }

    #[test]
    fn good_data_is_parsed_and_gets_the_regimes_default_use() {
        let data = good().validate().unwrap();
        assert_eq!(data.rfc.as_str(), "XIQB891116QE4");
        assert_eq!(data.default_use, UsoCfdi::G03);
        assert!(data.validate().is_empty() && data.warnings().is_empty());
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let input = FiscalDataInput {
            default_use: Some("P01".into()),
            ..FiscalDataInput::default()
        };
        assert_eq!(
            codes(&input),
            [
                "rfc:rfc_empty",
                "name:name_empty",
                "postal_code:postal_code_syntax",
                "regimen:regimen_unknown",
                "email:email_syntax",
                "default_use:use_unknown"
            ]
        );
    }

    #[test]
    fn regime_and_use_must_fit_the_person() {
        assert_eq!(
            codes(&FiscalDataInput {
                regimen: "601".into(),
                ..good()
            }),
            ["regimen:regimen_person_mismatch"]
        );
        let employee = FiscalDataInput {
            regimen: "605".into(),
            default_use: Some("G03".into()),
            ..good()
        };
        assert_eq!(codes(&employee), ["default_use:use_regimen_mismatch"]);
        assert_eq!(
            codes(&FiscalDataInput {
                rfc: "XAXX010101000".into(),
                ..good()
            }),
            ["rfc:rfc_generic"]
        );
    }

    #[test]
    fn doubts_are_warnings() {
        let input = FiscalDataInput {
            rfc: "SIN9311169P8".into(),
            name: "COMERCIO S.A. DE C.V.".into(),
            regimen: "601".into(),
            ..good()
        };
        let warnings = input.validate().unwrap().warnings();
        let codes: Vec<&str> = warnings.iter().map(|w| w.code.as_ref()).collect();
        assert_eq!(codes, ["rfc_check_digit", "name_company_ending"]);
        assert!(warnings[1].message.contains("«COMERCIO»"));
    }

    #[test]
    fn deserialised_data_that_does_not_fit_is_found_out() {
        let mut data = good().validate().unwrap();
        data.regimen = RegimenFiscal::R605;
        assert_eq!(data.validate()[0].code, "use_regimen_mismatch");
    }
}
