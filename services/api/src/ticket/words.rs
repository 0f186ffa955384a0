//! The values of a ticket with their labels, for a person to read or to copy.

use crate::sealing::Fields;
use domain::fiscal::{FiscalData, FormaPago, UsoCfdi};
use kit::values;
use schemas::adapter::Adapter;
use schemas::rest::TicketValue;

/// The ticket's own fields in the adapter's order; after them what the adapter no longer asks for.
pub fn of_fields(adapter: Option<&Adapter>, fields: &Fields) -> Vec<TicketValue> {
    let known = adapter.map_or(&[][..], |adapter| &adapter.fields);
    let asked = known
        .iter()
        .filter_map(|field| Some(value(&field.name, &field.label, fields.get(&field.name)?)));
    let rest = fields
        .iter()
        .filter(|(name, _)| known.iter().all(|field| field.name != **name))
        .map(|(name, text)| value(name, name, text));
    asked.chain(rest).collect()
}

/// What the profile and the ticket's choices add, under the names adapters know.
pub fn of_profile(
    fiscal: &FiscalData,
    uso_cfdi: UsoCfdi,
    forma_pago: Option<FormaPago>,
) -> Vec<TicketValue> {
    let plain = |name: &str, text: &str| value(name, values::label(name).unwrap_or(name), text);
    let coded = |name: &str, code: &str, text: &str| TicketValue {
        text: Some(text.to_owned()),
        ..plain(name, code)
    };
    let (regimen, uso) = (fiscal.regimen, uso_cfdi);
    let mut listed = vec![
        plain("rfc", fiscal.rfc.as_str()),
        plain("nombre", fiscal.name.as_str()),
        plain("cp", fiscal.postal_code.as_str()),
        coded("regimen", regimen.code(), regimen.text()),
        coded("uso_cfdi", uso.code(), uso.text()),
        plain("email", fiscal.email.as_str()),
    ];
    if let Some(forma) = forma_pago {
        let (code, text) = (forma.code(), forma.text());
        listed.push(coded("forma_pago", code, text));
    }
    listed
}

fn value(name: &str, label: &str, value: &str) -> TicketValue {
    TicketValue {
        name: name.to_owned(),
        label: label.to_owned(),
        value: value.to_owned(),
        text: None,
    }
}
