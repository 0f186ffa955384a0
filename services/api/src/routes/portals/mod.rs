//! `/api/v1/portals`: where one can hand tickets in. Read from the adapters' folder at each call.

pub mod get;
pub mod list;

use schemas::adapter::Adapter;
use schemas::rest::PortalView;
use serde::Serialize;

fn view(adapter: &Adapter) -> PortalView {
    PortalView {
        id: adapter.id.clone(),
        name: adapter.name.clone(),
        verified: adapter.verified,
        needs_human: name_of(&adapter.needs_human),
        automation: name_of(&adapter.automation),
        entry: adapter.entry.to_string(),
        fields: adapter.fields.clone(),
        login_origin: adapter.login().map(|login| login.origin()),
        window: serde_json::to_value(adapter.window).unwrap_or_default(),
    }
}

/// The stable text of an enum that serialises as a string.
fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
