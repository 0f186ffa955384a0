//! The smallest template engine that does: `{{name}}` is escaped, `{{{name}}}` is put in as it is.

use std::collections::HashMap;

use axum::response::Html;

use crate::{faults::CHANGED, ticket::Kind};

/// Escapes text for HTML bodies and quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Fills a template; a name without a value becomes nothing.
pub(crate) fn fill(template: &str, values: &[(&str, String)]) -> String {
    let value = |name: &str| {
        values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.as_str())
            .unwrap_or("")
    };
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        let raw = rest[start..].starts_with("{{{");
        let (open, close) = if raw { ("{{{", "}}}") } else { ("{{", "}}") };
        let body = &rest[start + open.len()..];
        let Some(end) = body.find(close) else {
            out.push_str(&rest[start..]);
            return out;
        };
        let found = value(body[..end].trim());
        if raw {
            out.push_str(found);
        } else {
            out.push_str(&escape(found));
        }
        rest = &body[end + close.len()..];
    }
    out.push_str(rest);
    out
}

/// A whole page: `body` inside `frame` (which has `{{title}}` and `{{{body}}}`).
pub(crate) fn page(frame: &str, title: &str, body: String) -> Html<String> {
    Html(fill(frame, &[("title", title.to_owned()), ("body", body)]))
}

/// `<option>`s from (value, text), with the chosen value selected.
pub(crate) fn options<'a>(
    choices: impl IntoIterator<Item = (&'a str, String)>,
    chosen: &str,
) -> String {
    choices
        .into_iter()
        .map(|(value, text)| {
            let selected = if value == chosen { " selected" } else { "" };
            format!(
                "<option value=\"{}\"{selected}>{}</option>",
                escape(value),
                escape(&text)
            )
        })
        .collect()
}

/// What a form sent. Names of a changed form are taken too.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(HashMap<String, String>);

impl Fields {
    /// A form filled beforehand.
    pub(crate) fn of<const N: usize>(values: [(&str, String); N]) -> Fields {
        Fields(values.map(|(name, value)| (name.to_owned(), value)).into())
    }

    /// A field's value, or nothing.
    pub(crate) fn get(&self, name: &str) -> &str {
        let changed = || self.0.get(&format!("{CHANGED}{name}"));
        self.0
            .get(name)
            .or_else(changed)
            .map_or("", |value| value.trim())
    }
}

/// What the foot of a portal says of a practice ticket.
pub(crate) fn practice_note(kind: Kind) -> &'static str {
    match kind {
        Kind::Ok => "se entrega",
        Kind::NotFound => "desconocido",
        Kind::Expired => "llegó tarde",
        Kind::TooNew => "aparece un poco después",
        Kind::AlreadyInvoicedElsewhere => "lo tiene otra persona",
        Kind::FiscalRefused => "el SAT devuelve los datos",
    }
}
