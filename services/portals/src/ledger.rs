//! What the vendors know: sales, invoices made, presses of the final button. Every change is an
//! entry; with a folder the entries are also lines of a journal, read again at start.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write,
    path::Path,
    time::Duration,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    cfdi::{self, Invoice, Twist},
    clock,
    fiscal::Receptor,
    ticket::{self, Kind, PortalId, TicketSpec, Typed},
};

/// Why a vendor says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    NotFound,
    Expired,
    TooNew,
    AlreadyInvoiced,
    AmountDiffers,
    FiscalRefused,
    /// Recovery: no invoice of this ticket for this RFC.
    NothingToRecover,
}

/// One change.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    Registered(TicketSpec),
    LookedUp {
        portal: PortalId,
        ticket: String,
        at: DateTime<Utc>,
    },
    Pressed {
        portal: PortalId,
        ticket: String,
    },
    Issued {
        portal: PortalId,
        ticket: String,
        token: String,
        invoice: Box<Invoice>,
    },
}

/// A sale and what became of it.
#[derive(Serialize)]
pub(crate) struct Sale {
    #[serde(flatten)]
    pub spec: TicketSpec,
    pub first_look_up: Option<DateTime<Utc>>,
    /// Token of its invoice.
    pub invoice: Option<String>,
}

type Key = (PortalId, String);

/// See the module.
pub(crate) struct Ledger {
    sales: BTreeMap<Key, Sale>,
    presses: BTreeMap<Key, u64>,
    invoices: BTreeMap<String, Invoice>,
    ready_after: Duration,
    journal: Option<File>,
}

impl Ledger {
    pub(crate) fn open(dir: Option<&Path>, ready_after: Duration) -> anyhow::Result<Ledger> {
        let mut ledger = Ledger {
            sales: BTreeMap::new(),
            presses: BTreeMap::new(),
            invoices: BTreeMap::new(),
            ready_after,
            journal: None,
        };
        for portal in [PortalId::Plain, PortalId::Wizard] {
            for spec in ticket::practice_tickets(portal) {
                ledger.apply(Entry::Registered(spec));
            }
        }
        if let Some(dir) = dir {
            std::fs::create_dir_all(dir)
                .with_context(|| format!("can't make {}", dir.display()))?;
            let path = dir.join("portals.jsonl");
            ledger.replay(&path)?;
            let journal = OpenOptions::new().create(true).append(true).open(&path);
            ledger.journal =
                Some(journal.with_context(|| format!("can't write {}", path.display()))?);
        }
        Ok(ledger)
    }

    /// Reads the journal; a torn last line (the process died in it) is cut off.
    fn replay(&mut self, path: &Path) -> anyhow::Result<()> {
        let Ok(text) = std::fs::read_to_string(path) else {
            return Ok(());
        };
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        for (number, line) in text[..whole].lines().enumerate() {
            let entry = serde_json::from_str(line)
                .with_context(|| format!("{} line {}", path.display(), number + 1))?;
            self.apply(entry);
        }
        if whole < text.len() {
            OpenOptions::new()
                .write(true)
                .open(path)?
                .set_len(whole as u64)?;
        }
        Ok(())
    }

    fn record(&mut self, entry: Entry) {
        if let Some(journal) = &mut self.journal {
            let line = serde_json::to_string(&entry).expect("entries are plain data") + "\n";
            if let Err(error) = journal.write_all(line.as_bytes()) {
                tracing::error!(%error, "practice portals: journal not written");
            }
        }
        self.apply(entry);
    }

    fn apply(&mut self, entry: Entry) {
        match entry {
            Entry::Registered(spec) => {
                let key = (spec.portal, spec.ticket.clone());
                let known = self.sales.remove(&key);
                let invoice = known.as_ref().and_then(|sale| sale.invoice.clone());
                let first_look_up = known.and_then(|sale| sale.first_look_up);
                self.sales.insert(
                    key,
                    Sale {
                        spec,
                        first_look_up,
                        invoice,
                    },
                );
            }
            Entry::LookedUp { portal, ticket, at } => {
                if let Some(sale) = self.sales.get_mut(&(portal, ticket)) {
                    sale.first_look_up.get_or_insert(at);
                }
            }
            Entry::Pressed { portal, ticket } => {
                *self.presses.entry((portal, ticket)).or_default() += 1;
            }
            Entry::Issued {
                portal,
                ticket,
                token,
                invoice,
            } => {
                if let Some(sale) = self.sales.get_mut(&(portal, ticket)) {
                    sale.invoice = Some(token.clone());
                }
                self.invoices.insert(token, *invoice);
            }
        }
    }

    /// Registers a sale, or changes how the vendor answers for it.
    pub(crate) fn register(&mut self, spec: TicketSpec) {
        self.record(Entry::Registered(spec.normalised()));
    }

    /// Counts a press of the final button, whatever comes of it.
    pub(crate) fn press(&mut self, portal: PortalId, ticket: &str) {
        self.record(Entry::Pressed {
            portal,
            ticket: ticket.to_owned(),
        });
    }

    /// Whether a sale can be invoiced now; the first look-up starts the clock of a `TooNew` one.
    pub(crate) fn look_up(&mut self, portal: PortalId, typed: &Typed) -> Result<(), Refusal> {
        let key = (portal, typed.ticket.clone());
        if !self.sales.contains_key(&key) {
            let spec = ticket::by_rule(portal, typed).ok_or(Refusal::NotFound)?;
            self.record(Entry::Registered(spec));
        }
        let now = clock::now();
        if self
            .sales
            .get(&key)
            .is_some_and(|sale| sale.first_look_up.is_none())
        {
            self.record(Entry::LookedUp {
                portal,
                ticket: typed.ticket.clone(),
                at: now,
            });
        }
        let sale = self.sales.get(&key).ok_or(Refusal::NotFound)?;
        if sale.spec.kind == Kind::NotFound || !sale.spec.matches(typed) {
            return Err(Refusal::NotFound);
        }
        if sale.invoice.is_some() || sale.spec.kind == Kind::AlreadyInvoicedElsewhere {
            return Err(Refusal::AlreadyInvoiced);
        }
        if sale.spec.kind == Kind::Expired {
            return Err(Refusal::Expired);
        }
        let waited = sale.first_look_up.map_or(Duration::ZERO, |first| {
            (now - first).to_std().unwrap_or(Duration::ZERO)
        });
        if sale.spec.kind == Kind::TooNew && waited < self.ready_after {
            return Err(Refusal::TooNew);
        }
        if sale.spec.total_cents != typed.total_cents {
            return Err(Refusal::AmountDiffers);
        }
        Ok(())
    }

    /// Invoices a sale: looks it up again, makes and signs the CFDI, returns its token.
    pub(crate) fn issue(
        &mut self,
        portal: PortalId,
        typed: &Typed,
        receptor: &Receptor,
        twist: Option<Twist>,
    ) -> Result<String, Refusal> {
        self.look_up(portal, typed)?;
        let sale = self
            .sales
            .get(&(portal, typed.ticket.clone()))
            .ok_or(Refusal::NotFound)?;
        if sale.spec.kind == Kind::FiscalRefused {
            return Err(Refusal::FiscalRefused);
        }
        let invoice = cfdi::issue(portal, &typed.ticket, typed.total_cents, receptor, twist);
        let token = clock::random_id();
        self.record(Entry::Issued {
            portal,
            ticket: typed.ticket.clone(),
            token: token.clone(),
            invoice: Box::new(invoice),
        });
        Ok(token)
    }

    /// Token of the invoice that this RFC already has for this ticket.
    pub(crate) fn recover(
        &self,
        portal: PortalId,
        typed: &Typed,
        rfc: &str,
    ) -> Result<String, Refusal> {
        let sale = self
            .sales
            .get(&(portal, typed.ticket.clone()))
            .ok_or(Refusal::NotFound)?;
        let second = Typed {
            date: sale.spec.fecha,
            ..typed.clone()
        };
        if !sale.spec.matches(&second) {
            return Err(Refusal::NotFound);
        }
        let token = sale.invoice.clone().ok_or(Refusal::NothingToRecover)?;
        match self.invoices.get(&token) {
            Some(invoice) if invoice.asked_by == rfc => Ok(token),
            _ => Err(Refusal::NothingToRecover),
        }
    }

    /// An invoice by its token.
    pub(crate) fn invoice(&self, token: &str) -> Option<&Invoice> {
        self.invoices.get(token)
    }

    /// When a sale's invoice was made (`dd/mm/yyyy`), if it was made here.
    pub(crate) fn invoiced_on(&self, portal: PortalId, ticket: &str) -> Option<String> {
        let token = self
            .sales
            .get(&(portal, ticket.to_owned()))?
            .invoice
            .as_ref()?;
        Some(
            self.invoices
                .get(token)?
                .issued_at
                .format("%d/%m/%Y")
                .to_string(),
        )
    }

    /// Every sale known.
    pub(crate) fn sales(&self) -> impl Iterator<Item = &Sale> {
        self.sales.values()
    }

    /// Presses of the final button, by portal and ticket.
    pub(crate) fn presses(&self) -> impl Iterator<Item = (PortalId, &str, u64)> {
        self.presses
            .iter()
            .map(|((portal, ticket), count)| (*portal, ticket.as_str(), *count))
    }
}
