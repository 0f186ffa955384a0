//! Problem documents (RFC 9457, `application/problem+json`).

use serde::{Deserialize, Serialize};

/// The body of every refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable: `urn:relevo:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    /// What to do about it, in Spanish.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Each misfit field, when the body was at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldProblem>,
    /// Further members, such as the task that holds a ticket.
    #[serde(flatten)]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// One misfit field of a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// Dotted path into the body: `fields.total`.
    pub field: String,
    /// Stable, kebab-case.
    pub code: String,
    /// Beside the field, in Spanish.
    pub message: String,
}

impl Problem {
    /// A problem of that stable code.
    pub fn new(status: u16, code: &str, title: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:relevo:problem:{code}"),
            title: title.into(),
            status,
            detail: None,
            errors: Vec::new(),
            extra: serde_json::Map::new(),
        }
    }

    /// The stable code at the end of `type`.
    pub fn code(&self) -> &str {
        self.kind.rsplit(':').next().unwrap_or(&self.kind)
    }
}
