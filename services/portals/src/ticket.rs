//! Which tickets the practice vendors have sold: registered ones, a built-in set, and a family
//! whose number says its total, so that nobody runs out of tickets.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One of the two practice portals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortalId {
    /// The shop with one form.
    Plain,
    /// The petrol station with steps.
    Wizard,
}

/// What the vendor says when asked to invoice a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It is invoiced.
    Ok,
    /// Such a sale is not known.
    NotFound,
    /// The vendor's window is over.
    Expired,
    /// Not known yet; known some time after the first look-up.
    TooNew,
    /// Somebody else has its invoice.
    AlreadyInvoicedElsewhere,
    /// The authority refuses the buyer's data.
    FiscalRefused,
}

/// A sale. What is left out (`sucursal`, `clave_web`, `fecha`) is not compared with what is typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketSpec {
    /// Whose sale.
    pub portal: PortalId,
    /// Number printed on the ticket; the wizard calls it despacho.
    #[serde(alias = "folio", alias = "despacho")]
    pub ticket: String,
    /// Plain portal: code of the branch, `001` to `004`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sucursal: Option<String>,
    /// Wizard: the web key printed on the ticket.
    #[serde(default, alias = "web_id", skip_serializing_if = "Option::is_none")]
    pub clave_web: Option<String>,
    /// Plain portal: day of the sale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fecha: Option<NaiveDate>,
    /// Total with IVA in cents of a peso.
    pub total_cents: u64,
    /// How the vendor answers.
    #[serde(default = "ok")]
    pub kind: Kind,
}

fn ok() -> Kind {
    Kind::Ok
}

/// What a person typed to find a sale.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed {
    pub ticket: String,
    /// Branch or web key.
    pub second: String,
    pub date: Option<NaiveDate>,
    pub total_cents: u64,
}

/// Ticket numbers and web keys are compared without spaces and hyphens, in upper case.
pub(crate) fn normal(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect::<String>()
        .to_uppercase()
}

impl TicketSpec {
    pub(crate) fn normalised(self) -> TicketSpec {
        TicketSpec {
            ticket: normal(&self.ticket),
            sucursal: self.sucursal.as_deref().map(normal),
            clave_web: self.clave_web.as_deref().map(normal),
            ..self
        }
    }

    pub(crate) fn matches(&self, typed: &Typed) -> bool {
        let second = match self.portal {
            PortalId::Plain => &self.sucursal,
            PortalId::Wizard => &self.clave_web,
        };
        let agrees = |own: Option<&String>| own.is_none_or(|own| *own == typed.second);
        agrees(second.as_ref()) && (self.fecha.is_none() || self.fecha == typed.date)
    }
}

/// The built-in set, listed at the foot of each portal.
#[must_use]
pub fn practice_tickets(portal: PortalId) -> Vec<TicketSpec> {
    let rows: [(&str, &str, u64, Kind); 6] = match portal {
        PortalId::Plain => [
            ("200100000011", "001", 34_850, Kind::Ok),
            ("200100000022", "002", 129_900, Kind::Ok),
            ("200100000033", "001", 8_000, Kind::AlreadyInvoicedElsewhere),
            ("200100000044", "003", 21_500, Kind::Expired),
            ("200100000055", "002", 56_010, Kind::TooNew),
            ("200100000066", "004", 9_990, Kind::FiscalRefused),
        ],
        PortalId::Wizard => [
            ("3001011", "KX4T7A", 45_000, Kind::Ok),
            ("3001022", "M9RF3C", 80_075, Kind::Ok),
            ("3001033", "PL7H4N", 30_000, Kind::AlreadyInvoicedElsewhere),
            ("3001044", "W3YT6E", 60_000, Kind::Expired),
            ("3001055", "J7CA9K", 52_525, Kind::TooNew),
            ("3001066", "N4XU3R", 70_000, Kind::FiscalRefused),
        ],
    };
    rows.into_iter()
        .map(|(ticket, second, total_cents, kind)| {
            let second = Some(second.to_owned());
            let (sucursal, clave_web) = match portal {
                PortalId::Plain => (second, None),
                PortalId::Wizard => (None, second),
            };
            let ticket = ticket.to_owned();
            TicketSpec {
                portal,
                ticket,
                sucursal,
                clave_web,
                fecha: None,
                total_cents,
                kind,
            }
        })
        .collect()
}

/// The endless family. Plain: 12 digits, `77` + total in cents (7 digits) + any 3, any branch.
/// Wizard: despacho of 7 digits that begins with `55`, web key `F` + total in cents (6 digits).
pub(crate) fn by_rule(portal: PortalId, typed: &Typed) -> Option<TicketSpec> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !digits(&typed.ticket) {
        return None;
    }
    let (total_cents, clave_web) = match portal {
        PortalId::Plain => {
            let rest = typed
                .ticket
                .strip_prefix("77")
                .filter(|rest| rest.len() == 10)?;
            (rest[..7].parse().ok()?, None)
        }
        PortalId::Wizard => {
            typed
                .ticket
                .strip_prefix("55")
                .filter(|rest| rest.len() == 5)?;
            let total = typed
                .second
                .strip_prefix('F')
                .filter(|rest| rest.len() == 6)?;
            let total = Some(total).filter(|total| digits(total))?;
            (total.parse().ok()?, Some(typed.second.clone()))
        }
    };
    Some(TicketSpec {
        portal,
        ticket: typed.ticket.clone(),
        sucursal: None,
        clave_web,
        fecha: None,
        total_cents,
        kind: Kind::Ok,
    })
    .filter(|spec| spec.total_cents > 0)
}
