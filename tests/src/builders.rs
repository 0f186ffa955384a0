//! What tests and the demo hand in.

use client::Client;
use domain::ProfileId;
use schemas::rest::{CreateTask, ProfileBody};
use std::collections::BTreeMap;

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

/// The id of that profile, made when it is not there yet.
///
/// # Errors
/// When the service refuses it.
pub async fn profile(client: &Client) -> anyhow::Result<ProfileId> {
    let wanted = demo_profile();
    let known = client.profiles().await?;
    match known
        .items
        .iter()
        .find(|p| p.rfc == wanted.rfc && !p.retired)
    {
        Some(profile) => Ok(profile.id),
        None => Ok(client.create_profile(&wanted).await?.id),
    }
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
