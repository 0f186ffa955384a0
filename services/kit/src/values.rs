//! Every value that a portal is given for a ticket, by canonical name. The preview a user confirms
//! and the form the agent fills are made of the same map, and compared by the same hash.

use commands::Vault;
use domain::UserId;
use domain::fiscal::{FiscalData, FormaPago, UsoCfdi};
use std::collections::BTreeMap;

/// Canonical field → value as a user would read it.
pub type Values = BTreeMap<String, String>;

/// The ticket's own fields together with the profile's.
pub fn of_ticket(
    ticket: &Values,
    fiscal: &FiscalData,
    uso_cfdi: UsoCfdi,
    forma_pago: Option<FormaPago>,
) -> Values {
    let mut values = ticket.clone();
    let mut put = |name: &str, value: &str| {
        values.insert(name.to_owned(), value.to_owned());
    };
    put("rfc", fiscal.rfc.as_str());
    put("nombre", fiscal.name.as_str());
    put("cp", fiscal.postal_code.as_str());
    put("regimen", fiscal.regimen.code());
    put("email", fiscal.email.as_str());
    put("uso_cfdi", uso_cfdi.code());
    if let Some(forma_pago) = forma_pago {
        put("forma_pago", forma_pago.code());
    }
    values
}

/// What a person calls a value that the profile or the ticket's choices add; `None` for a ticket's own
/// field, which its adapter names.
pub fn label(name: &str) -> Option<&'static str> {
    Some(match name {
        "rfc" => "RFC",
        "nombre" => "Nombre o razón social",
        "cp" => "Código postal",
        "regimen" => "Régimen fiscal",
        "uso_cfdi" => "Uso del CFDI",
        "email" => "Correo electrónico",
        "forma_pago" => "Forma de pago",
        _ => return None,
    })
}

/// The hash under which a confirmation and a submission are compared. Keyed, because the values
/// are few enough to guess.
pub fn hash(vault: &Vault, owner: UserId, values: &Values) -> String {
    let text: Vec<String> = values
        .iter()
        .map(|(name, value)| format!("{}:{name}={}:{value}", name.len(), value.len()))
        .collect();
    vault.keyed_hash(owner, "values", &text.join("\n")).0
}
