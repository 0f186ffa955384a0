//! From a task that has ended to what the report tells of it.

use super::facts::{InvoiceFacts, Moment, TaskFacts};
use super::pictures::{self, MOST, MOST_BYTES, Span};
use crate::follow::Follower;
use chrono::{DateTime, Utc};
use client::{Client, words};
use domain::cfdi::{Expectation, parse, verify};
use domain::fiscal::{FormaPago, Money, RegimenFiscal, Rfc, UsoCfdi};
use schemas::PublicEvent;
use schemas::rest::{InvoiceView, TaskView, TicketValue};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tests::until_task;

const READ_MODEL_WITHIN: Duration = Duration::from_secs(30);

/// Everything about one task; its invoice is written below `out`.
pub async fn task(client: &Client, follower: &Follower, out: &Path) -> anyhow::Result<TaskFacts> {
    let position = follower.seen().position;
    let what = "the read model";
    let reached = |task: &TaskView| task.position >= position;
    let task = until_task(client, follower.id, what, READ_MODEL_WITHIN, reached).await?;
    let ticket = client.ticket(follower.id).await?;
    // From the log, which goes on after the socket has ended.
    let events = client.events(follower.id, 0).await?.items;
    let (moments, pictures_seen) = moments(&events, follower);
    let mut files = Vec::new();
    let mut invoice = None;
    if let Some(view) = &task.invoice {
        let saved = client.save_invoice(&task, out).await?;
        files.push(saved.xml.display().to_string());
        files.extend(saved.pdf.map(|pdf| pdf.display().to_string()));
        let xml = tokio::fs::read(&saved.xml).await?;
        invoice = Some(judged(client, &task, view, &xml).await?);
    }
    let values = ticket.fields.iter().chain(&ticket.profile_values);
    Ok(TaskFacts {
        label: follower.entry.label.to_owned(),
        title: follower.entry.expected.title().to_owned(),
        story: follower.entry.expected.story().to_owned(),
        portal: task.portal_name.clone(),
        expected: follower.entry.expected.words().to_owned(),
        outcome: words::status(&task),
        met: follower.entry.expected.is_met(&task),
        took: follower.took().unwrap_or_default(),
        ticket: values.map(in_words).collect(),
        moments,
        pictures_seen,
        invoice,
        files,
    })
}

fn in_words(value: &TicketValue) -> (String, String) {
    let text = match &value.text {
        Some(text) => format!("{} – {text}", value.value),
        None => value.value.clone(),
    };
    (value.label.clone(), text)
}

/// A line of the timeline before it has its picture.
struct Told {
    at: DateTime<Utc>,
    line: String,
    step_ms: Option<i64>,
}

/// The events that people care about among what the demo announced, and how many pictures there
/// were to choose from.
fn moments(events: &[PublicEvent], follower: &Follower) -> (Vec<Moment>, usize) {
    let seen = follower.pictures();
    let mut told: Vec<Told> = events.iter().filter_map(told).collect();
    let announced = follower.announced().into_iter();
    told.extend(announced.map(|announced| Told {
        at: announced.at,
        line: announced.line,
        step_ms: None,
    }));
    told.sort_by_key(|told| told.at);
    let spans: Vec<Span> = told.iter().map(Told::span).collect();
    let mut place = pictures::by_event(&spans, &seen);
    let found = place.iter().flatten().count();
    pictures::cap(&mut place, &seen, MOST, MOST_BYTES);
    let began = events.first().map(|event| event.at).unwrap_or_default();
    let moments = told.into_iter().zip(place);
    let moments = moments.map(|(told, picture)| Moment {
        after: (told.at - began).to_std().unwrap_or_default(),
        line: told.line,
        is_step: told.step_ms.is_some(),
        picture: picture.map(|index| seen[index].jpeg.clone()),
    });
    (moments.collect(), found)
}

fn told(event: &PublicEvent) -> Option<Told> {
    let took = || event.data.get("duration_ms").and_then(Value::as_i64);
    let step = event.event == "task.step";
    Some(Told {
        at: event.at,
        line: words::event(event)?,
        step_ms: step.then(|| took().unwrap_or_default()),
    })
}

impl Told {
    fn span(&self) -> Span {
        let at_ms = self.at.timestamp_millis();
        Span {
            from_ms: at_ms - self.step_ms.unwrap_or_default(),
            at_ms,
        }
    }
}

/// The invoice's facts, and every check of it against the ticket and the profile.
async fn judged(
    client: &Client,
    task: &TaskView,
    view: &InvoiceView,
    xml: &[u8],
) -> anyhow::Result<InvoiceFacts> {
    let profile = client.profile(task.profile).await?;
    let forma_pago = task.forma_pago.as_deref().map(FormaPago::parse);
    let expected = Expectation {
        total: task.total,
        purchase_date: task.purchase_date,
        uso: Some(UsoCfdi::parse(&task.uso_cfdi)?),
        regimen: Some(RegimenFiscal::parse(&profile.regimen)?),
        forma_pago: forma_pago.transpose()?,
        ..Expectation::new(Rfc::parse(&profile.rfc)?)
    };
    let cfdi = parse(xml)?;
    let number = [view.series.as_deref(), view.folio.as_deref()];
    let number: Vec<&str> = number.into_iter().flatten().collect();
    let fact = |label: &str, value: String| (label.to_owned(), value);
    Ok(InvoiceFacts {
        facts: vec![
            fact("Folio fiscal (UUID)", view.uuid.clone()),
            fact(
                "Emisor",
                format!("{} – {}", view.issuer_rfc, view.issuer_name),
            ),
            fact("Serie y folio", number.join(" ")),
            fact(
                "Emitida",
                view.issued_at.format("%d/%m/%Y %H:%M").to_string(),
            ),
            fact("Subtotal", amount(view.subtotal)),
            fact("Impuestos", amount(view.taxes)),
            fact("Total", amount(view.total)),
        ],
        checks: verify(&cfdi, &expected).checks,
    })
}

fn amount(money: Money) -> String {
    format!("${} {}", money.to_decimal(), money.currency.as_str())
}
