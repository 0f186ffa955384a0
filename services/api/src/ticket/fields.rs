//! The fields of a ticket against those its portal asks for.

use crate::errors::misfit;
use crate::sealing::Fields;
use chrono::NaiveDate;
use domain::fiscal::{Money, MoneyError, PurchaseDate};
use regex::RegexBuilder;
use schemas::FieldProblem;
use schemas::adapter::{Adapter, FieldKind, TicketField};
use serde_json::Value;
use std::collections::BTreeMap;

/// Longest value; a ticket's longest code has some forty characters.
const VALUE_CHARS: usize = 200;

/// Parses and normalises every field; what does not fit is named in `errors`. An empty value is
/// an absent one.
pub fn check(
    adapter: &Adapter,
    typed: &BTreeMap<String, Value>,
    today: NaiveDate,
    errors: &mut Vec<FieldProblem>,
) -> Fields {
    let mut fields = Fields::new();
    for name in typed.keys().filter(|n| adapter.field(n).is_none()) {
        let field = format!("fields.{}", shortened(name));
        errors.push(misfit(
            &field,
            "field-unknown",
            "este portal no pide ese dato",
        ));
    }
    for field in &adapter.fields {
        let path = format!("fields.{}", field.name);
        let text = match typed.get(&field.name) {
            None | Some(Value::Null) => "",
            Some(Value::String(text)) => text.trim(),
            Some(_) => {
                errors.push(misfit(&path, "wrong-type", "escribe el dato como texto"));
                continue;
            }
        };
        if text.is_empty() {
            if field.required {
                let message = format!("falta: {}", field.label);
                errors.push(misfit(&path, "field-missing", &message));
            }
            continue;
        }
        match normalised(field, text, today) {
            Ok(value) => {
                fields.insert(field.name.clone(), value);
            }
            Err((code, message)) => errors.push(misfit(&path, &code, &message)),
        }
    }
    fields
}

type Misfit = (String, String);

fn normalised(field: &TicketField, text: &str, today: NaiveDate) -> Result<String, Misfit> {
    let refuse =
        |code: &str, message: &dyn ToString| Err((code.replace('_', "-"), message.to_string()));
    if text.chars().count() > VALUE_CHARS {
        return refuse("too-long", &"es demasiado largo");
    }
    if text.chars().any(char::is_control) {
        return refuse("field-malformed", &"lleva caracteres que no se admiten");
    }
    let value = match field.kind {
        FieldKind::Money => match Money::parse_mxn(text) {
            Ok(amount) if amount.cents > 0 => amount.to_decimal(),
            Ok(_) => return refuse("amount-zero", &"el importe debe ser mayor que cero"),
            Err(e) => return refuse(MoneyError::code(e), &e),
        },
        FieldKind::Date => match PurchaseDate::parse(text, today) {
            Ok(date) => date.date().to_string(),
            Err(e) => return refuse(e.code(), &e),
        },
        FieldKind::Text => code(text),
        FieldKind::Choice => {
            let wanted = text.to_lowercase();
            let option = field.options.iter().find(|o| o.to_lowercase() == wanted);
            match option {
                Some(option) => option.clone(),
                None => {
                    let message = format!("elige una de: {}", field.options.join(", "));
                    return refuse("option-unknown", &message);
                }
            }
        }
    };
    if fits(field, &value) {
        Ok(value)
    } else {
        let hint = field
            .help
            .as_deref()
            .unwrap_or("cópialo como está en el ticket");
        refuse(
            "field-malformed",
            &format!("no parece un dato válido ({}): {hint}", field.label),
        )
    }
}

/// A code as portals compare it: upper-case, without spaces.
fn code(text: &str) -> String {
    text.to_uppercase().split_whitespace().collect()
}

fn fits(field: &TicketField, value: &str) -> bool {
    let Some(pattern) = &field.pattern else {
        return true;
    };
    match RegexBuilder::new(pattern).size_limit(1 << 20).build() {
        Ok(regex) => regex.is_match(value),
        Err(error) => {
            // The adapter's fault is not the user's: the portal will judge the value.
            tracing::warn!(field = field.name, %error, "the adapter's pattern can't be used");
            true
        }
    }
}

/// What a client made up is repeated, but not at length.
fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(40).collect()
}
