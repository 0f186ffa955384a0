//! What tests and the demo hand in.

use crate::{PATIENCE, eventually};
use client::Client;
use domain::ProfileId;
use schemas::rest::{CreateTask, ProfileBody};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(1);

/// A number that no other ticket of this process has, below 1000.
fn number() -> u32 {
    NUMBER.fetch_add(1, Ordering::Relaxed) % 1000
}

/// `123.50` of 12350.
pub fn pesos(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// The number of a ticket that the plain portal has sold for that total.
pub fn plain_number(cents: u32) -> String {
    format!("77{cents:07}{:03}", number())
}

/// Folio and web key of a ticket that the wizard has sold for that total.
pub fn wizard_numbers(cents: u32) -> (String, String) {
    (format!("55{:05}", number()), format!("F{cents:06}"))
}

/// The demo user's fiscal data: a person of the SAT's test set.
pub fn demo_profile() -> ProfileBody {
    ProfileBody {
        rfc: "XIQB891116QE4".to_owned(),
        name: "BERENICE XIMO QUEZADA".to_owned(),
        postal_code: "76343".to_owned(),
        regimen: "612".to_owned(),
        default_use: Some("G03".to_owned()),
        email: "berenice@example.com".to_owned(),
    }
}

/// The id of that profile, made when it is not there yet; the read model has it then.
///
/// # Errors
/// When the service refuses it.
pub async fn profile(client: &Client) -> anyhow::Result<ProfileId> {
    let wanted = demo_profile();
    // Somebody else may make it at the same time, and the read model may not have it yet.
    eventually("the profile", PATIENCE, || async {
        let known = client.profiles().await?.items;
        let known = known.iter().find(|p| p.rfc == wanted.rfc && !p.retired);
        if let Some(profile) = known {
            return Ok(Some(profile.id));
        }
        match client.create_profile(&wanted).await {
            Ok(_) => Ok(None),
            Err(error) if error.problem().is_some_and(|p| p.status == 409) => Ok(None),
            Err(error) => Err(error.into()),
        }
    })
    .await
}

/// Today in Mexico, as a ticket prints it.
pub fn today() -> String {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let zone = domain::fiscal::MEXICO_CITY;
    domain::fiscal::mexico_today(now, zone)
        .format("%d/%m/%Y")
        .to_string()
}

/// A ticket of the plain practice portal, everything confirmed beforehand.
pub fn plain_ticket(profile: ProfileId, ticket: &str, total: &str) -> CreateTask {
    let fields = [
        ("ticket", ticket),
        ("sucursal", "001"),
        ("fecha", &today()),
        ("total", total),
    ];
    create("la-paloma", profile, &fields)
}

/// A ticket of the practice portal with a CAPTCHA, everything confirmed beforehand.
pub fn wizard_ticket(profile: ProfileId, folio: &str, web_id: &str, total: &str) -> CreateTask {
    let fields = [("folio", folio), ("web_id", web_id), ("total", total)];
    create("el-faro", profile, &fields)
}

fn create(portal: &str, profile: ProfileId, fields: &[(&str, &str)]) -> CreateTask {
    CreateTask {
        portal: portal.to_owned(),
        profile,
        fields: fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        uso_cfdi: None,
        forma_pago: Some("04".to_owned()),
        confirm: None,
        confirmed: true,
    }
}

/// The adapter of a portal that always asks its owner first: no browser starts for its tickets.
/// (file name, YAML)
pub const IDLE_ADAPTER: (&str, &str) = (
    "la-espera.yaml",
    r#"id: la-espera
name: Tienda La Espera
version: 1
hosts: ["la-espera.example"]
entry: https://la-espera.example/
needs_human: always
window: { rule: { days: 30 }, verified: assumed }
fields:
  - { name: folio, label: Folio, kind: text, pattern: "^[A-Z0-9]{4,20}$" }
  - { name: caja, label: Caja, kind: choice, options: ["1", "2"], required: false }
  - { name: fecha, label: Fecha, kind: date }
  - { name: total, label: Total, kind: money }
identity: [folio]
steps:
  - submit: [{ button: Facturar }]
outcomes:
  - { is: accepted, text: listo }
"#,
);

/// A ticket of that portal.
pub fn idle_ticket(profile: ProfileId, folio: &str, total: &str) -> CreateTask {
    let fields = [("folio", folio), ("fecha", &today()), ("total", total)];
    create("la-espera", profile, &fields)
}
