//! Delivered invoices, looked at as an outsider would: by the project's rules, from the bytes.

use crate::Installation;
use anyhow::{Context, bail, ensure};
use client::Client;
use domain::cfdi::{Cfdi, Disposition, Expectation, SignatureState, parse, verify};
use domain::fiscal::{FormaPago, Money, RegimenFiscal, Rfc, UsoCfdi};
use schemas::rest::{ProfileBody, TaskView};

/// A task's files.
#[derive(Debug)]
pub struct Delivered {
    pub cfdi: Cfdi,
    pub xml: Vec<u8>,
    /// Absent when it did not come, which the task's warnings then say.
    pub pdf: Option<Vec<u8>>,
    /// The issuer's seal as written.
    pub sello: String,
}

/// Downloads a completed task's files and checks them against the profile and the ticket.
///
/// # Errors
/// When a file is missing or is not what was asked for.
pub async fn delivered(client: &Client, task: &TaskView) -> anyhow::Result<Delivered> {
    let file = async |kind: &str| {
        let Some(artifact) = task.artifacts.iter().find(|a| a.kind == kind) else {
            return Ok(None);
        };
        let bytes = client.artifact(task.task_id, artifact.id).await?.to_vec();
        ensure!(artifact.size_bytes == bytes.len() as u64, "{kind}: size");
        anyhow::Ok(Some(bytes))
    };
    let xml = file("xml").await?.context("no XML was stored")?;
    let pdf = file("pdf").await?;
    match &pdf {
        Some(pdf) => ensure!(pdf.starts_with(b"%PDF-"), "the PDF is none"),
        None => ensure!(
            task.warnings.iter().any(|w| w.contains("PDF")),
            "the PDF is missing, and nobody says so"
        ),
    }
    let cfdi = parse(&xml)?;
    let profile = client.profile(task.profile).await?;
    let mut expected = Expectation::new(Rfc::parse(&profile.rfc)?);
    expected.total = task.total;
    expected.uso = Some(UsoCfdi::parse(&task.uso_cfdi)?);
    expected.regimen = Some(RegimenFiscal::parse(&profile.regimen)?);
    expected.forma_pago = match &task.forma_pago {
        Some(code) => Some(FormaPago::parse(code)?),
        None => None,
    };
    let verdict = verify(&cfdi, &expected);
    match verdict.disposition() {
        Disposition::Accept { warnings } if warnings.is_empty() => {}
        other => bail!("not accepted as it is: {other:#?}"),
    }
    ensure!(
        verdict.signature == SignatureState::Valid,
        "{:?}",
        verdict.signature
    );
    let invoice = task
        .invoice
        .as_ref()
        .context("no invoice in the read model")?;
    ensure!(
        invoice.uuid.eq_ignore_ascii_case(&cfdi.uuid),
        "another UUID"
    );
    ensure!(Some(invoice.total) == task.total, "another total");
    let sello = sello(&xml)?;
    Ok(Delivered {
        cfdi,
        xml,
        pdf,
        sello,
    })
}

fn sello(xml: &[u8]) -> anyhow::Result<String> {
    let text = std::str::from_utf8(xml)?;
    let (_, rest) = text.split_once(" Sello=\"").context("no seal")?;
    let (sello, _) = rest.split_once('"').context("no end of the seal")?;
    Ok(sello.to_owned())
}

/// What a person types into the plain portal: an invoice got without Relevo.
///
/// # Errors
/// When the portal refuses.
pub async fn invoice_at_plain_portal(
    installation: &Installation,
    ticket: &str,
    total: Money,
    buyer: &ProfileBody,
) -> anyhow::Result<String> {
    let base = installation.plain_portal();
    let today = crate::builders::today();
    let uso = buyer.default_use.as_deref().unwrap_or("G03");
    let form = [
        ("ticket", ticket),
        ("sucursal", "001"),
        ("fecha", &today),
        ("total", &total.to_decimal()),
        ("forma_pago", "04"),
        ("rfc", &buyer.rfc),
        ("nombre", &buyer.name),
        ("cp", &buyer.postal_code),
        ("regimen", &buyer.regimen),
        ("uso", uso),
        ("correo", &buyer.email),
    ];
    let http = reqwest::Client::new();
    let page = http.post(format!("{base}/facturar")).form(&form).send();
    let page = page.await?.error_for_status()?.text().await?;
    let link = page
        .split('"')
        .find(|part| part.starts_with("/archivo/") && part.ends_with(".xml"));
    let link = link.with_context(|| format!("the portal refuses: {page}"))?;
    let xml = http.get(format!("{base}{link}")).send().await?;
    Ok(xml.error_for_status()?.text().await?)
}
