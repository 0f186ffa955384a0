//! The tickets of the demo and what must come of them.

use domain::ProfileId;
use schemas::rest::{CreateTask, TaskView};
use tests::{PortalControl, builders};

/// What must come of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    Invoice,
    /// An invoice, with a human's help at the CAPTCHA.
    InvoiceWithHuman,
    /// The portal does not know the ticket.
    NotFound,
    /// An invoice, although NATS is killed and wiped in mid-run.
    InvoiceWithoutNats,
}

impl Expected {
    /// In words, for the table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Invoice | Self::InvoiceWithHuman | Self::InvoiceWithoutNats => "factura",
            Self::NotFound => "rechazado: no existe",
        }
    }

    /// A heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::Invoice => "Un ticket sencillo",
            Self::InvoiceWithHuman => "Un ticket tras un CAPTCHA",
            Self::NotFound => "Un ticket que el portal no conoce",
            Self::InvoiceWithoutNats => "Un ticket mientras NATS muere",
        }
    }

    /// What it is there to show.
    pub fn story(self) -> &'static str {
        match self {
            Self::Invoice => {
                "El agente llena el formulario del portal, pulsa el botón final una sola vez, \
                 descarga la factura y la revisa."
            }
            Self::InvoiceWithHuman => {
                "El portal pide escribir las letras de una imagen. El agente se detiene; un humano \
                 toma el control del navegador vivo, responde y lo devuelve."
            }
            Self::NotFound => {
                "El portal rechaza el ticket. El agente lo dice y no insiste: no es un error suyo."
            }
            Self::InvoiceWithoutNats => {
                "A medio camino el corredor de mensajes muere y pierde todo lo que guardaba. La \
                 bitácora está en Postgres: la tarea sigue y no se pierde ningún evento."
            }
        }
    }

    /// Whether a task came out so.
    pub fn is_met(self, task: &TaskView) -> bool {
        match self {
            Self::NotFound => task
                .failure
                .as_ref()
                .is_some_and(|f| f.rejection.as_deref() == Some("not_found")),
            _ => task.status == "COMPLETED" && task.invoice.is_some(),
        }
    }
}

/// One ticket of the demo.
#[derive(Clone, Debug)]
pub struct Entry {
    pub label: &'static str,
    pub expected: Expected,
    ticket: String,
}

impl Entry {
    /// Makes the portal know what it must know.
    pub async fn prepare(&self, control: &PortalControl) -> anyhow::Result<()> {
        match self.expected {
            Expected::NotFound => {
                control
                    .plain_ticket(&self.ticket, 11_600, "not_found")
                    .await
            }
            _ => Ok(()),
        }
    }
}

/// The four tickets, with numbers of this run.
pub fn entries(profile: ProfileId) -> Vec<(Entry, CreateTask)> {
    let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
    let run = now.timestamp_subsec_millis() % 1000;
    // The practice portals know tickets that carry their own total: see their entry pages.
    let plain = |cents: u32| (format!("77{cents:07}{run:03}"), pesos(cents));
    let entry = |label, expected, ticket: &str| Entry {
        label,
        expected,
        ticket: ticket.to_owned(),
    };
    let (simple, simple_total) = plain(12_350);
    let (wiped, wiped_total) = plain(89_990);
    let unknown = format!("990000000{run:03}");
    let (folio, web_id) = (format!("55{:05}", run), "F045000");
    vec![
        (
            entry("sencillo", Expected::Invoice, &simple),
            builders::plain_ticket(profile, &simple, &simple_total),
        ),
        (
            entry("captcha", Expected::InvoiceWithHuman, &folio),
            builders::wizard_ticket(profile, &folio, web_id, "450.00"),
        ),
        (
            entry("rechazo", Expected::NotFound, &unknown),
            builders::plain_ticket(profile, &unknown, "116.00"),
        ),
        (
            entry("sin-nats", Expected::InvoiceWithoutNats, &wiped),
            builders::plain_ticket(profile, &wiped, &wiped_total),
        ),
    ]
}

fn pesos(cents: u32) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
