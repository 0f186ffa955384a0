//! From what was typed to a ticket the domain takes: every value parsed and normalised, every misfit
//! named at once, nothing stored before all is right.

mod fields;
mod profile;
pub mod words;

use crate::errors::{ApiResult, misfit};
use crate::sealing::{self, Fields};
use crate::state::AppState;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use commands::{Scope, Vault};
use domain::fiscal::{
    FormaPago, MEXICO_CITY, Money, NextMonth, UsoCfdi, Verified, WindowRule, local_to_utc,
    mexico_today,
};
use domain::task::{TaskWindow, Ticket, WindowSource};
use domain::{KeyedHash, ProfileId, UserId};
use kit::problem::Refusal;
use schemas::FieldProblem;
use schemas::adapter::{Adapter, Automation, FieldKind, NeedsHuman};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use profile::ActiveProfile;

/// What a client says about a ticket, unchecked.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub portal: String,
    pub profile: String,
    pub fields: BTreeMap<String, Value>,
    pub uso_cfdi: Option<String>,
    pub forma_pago: Option<String>,
}

/// The same, parsed.
pub struct Checked {
    pub adapter: Arc<Adapter>,
    pub profile: ActiveProfile,
    pub fields: Fields,
    pub uso_cfdi: UsoCfdi,
    pub forma_pago: Option<FormaPago>,
}

impl Draft {
    /// Parses everything.
    ///
    /// # Errors
    /// 422 with every misfit field.
    pub async fn check(&self, state: &AppState, owner: UserId) -> ApiResult<Checked> {
        let checked = self.parse(state, owner, Vec::new()).await?;
        Ok(checked.map_err(Refusal::invalid)?)
    }

    /// Parses everything; inside, every misfit. `more` holds those that were found elsewhere in
    /// the same body.
    ///
    /// # Errors
    /// While the database does not answer, or when the profile can't be opened.
    pub async fn parse(
        &self,
        state: &AppState,
        owner: UserId,
        more: Vec<FieldProblem>,
    ) -> ApiResult<Result<Checked, Vec<FieldProblem>>> {
        let mut errors = more;
        let adapter = find(state, &self.portal).await;
        if adapter.is_none() {
            errors.push(misfit(
                "portal",
                "portal-unknown",
                "no conocemos ese portal; la lista está en /api/v1/portals",
            ));
        }
        let today = mexico_today(state.bus.now(), MEXICO_CITY);
        let fields = adapter
            .as_ref()
            .map(|adapter| fields::check(adapter, &self.fields, today, &mut errors));
        let profile = profile::find(state, owner, &self.profile, &mut errors).await?;
        let uso = profile::uso(profile.as_ref(), self.uso_cfdi.as_deref(), &mut errors);
        let forma_pago = profile::forma_pago(self.forma_pago.as_deref(), &mut errors);
        Ok(match (adapter, fields, profile, uso) {
            (Some(adapter), Some(fields), Some(profile), Some(uso_cfdi)) if errors.is_empty() => {
                Ok(Checked {
                    adapter,
                    profile,
                    fields,
                    uso_cfdi,
                    forma_pago,
                })
            }
            _ => Err(errors),
        })
    }
}

impl Checked {
    /// The ticket as the log may hold it.
    pub async fn seal(&self, vault: &Vault, owner: UserId) -> ApiResult<Ticket> {
        let key = key(vault, owner, &self.adapter, &self.fields);
        let scope = Scope::Profile(owner, self.profile.id);
        Ok(Ticket {
            portal: self.adapter.id.clone(),
            url: None,
            fields: sealing::seal_fields(vault, scope, &key, &self.fields).await?,
            key,
            purchase_date: self.purchase_date(),
            total: self.total(),
        })
    }

    /// The profile's id.
    pub fn profile_id(&self) -> ProfileId {
        self.profile.id
    }

    /// Hash of every value the user saw and confirmed, as the agent will compare it.
    pub fn values_hash(&self, vault: &Vault, owner: UserId) -> String {
        let values = kit::values::of_ticket(
            &self.fields,
            &self.profile.fiscal,
            self.uso_cfdi,
            self.forma_pago,
        );
        kit::values::hash(vault, owner, &values)
    }

    /// Until when the ticket can be invoiced; unknown without its date.
    pub fn window(&self) -> Option<TaskWindow> {
        let window = self.adapter.window;
        Some(TaskWindow {
            until: window.until(self.purchase()?),
            rule: rule(window.rule),
            verified: match window.verified {
                Verified::Printed => WindowSource::Printed,
                Verified::Observed => WindowSource::Observed,
                Verified::Assumed => WindowSource::Assumed,
            },
        })
    }

    /// When the portal has the ticket, if that is still to come.
    pub fn not_before(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let minutes = TimeDelta::minutes(i64::from(self.adapter.not_before_minutes));
        let from = local_to_utc(self.purchase()?, MEXICO_CITY).checked_add_signed(minutes)?;
        (from > now).then_some(from)
    }

    /// No browser starts before the owner says so.
    pub fn needs_human(&self) -> bool {
        self.adapter.needs_human == NeedsHuman::Always
            || self.adapter.automation == Automation::Forbidden
    }

    /// Tickets seldom tell the hour: midnight, rather too early than too late.
    fn purchase(&self) -> Option<NaiveDateTime> {
        Some(self.purchase_date()?.and_time(NaiveTime::MIN))
    }

    fn purchase_date(&self) -> Option<NaiveDate> {
        self.value_of("fecha", FieldKind::Date)?.parse().ok()
    }

    fn total(&self) -> Option<Money> {
        Money::parse_mxn(self.value_of("total", FieldKind::Money)?).ok()
    }

    /// The field that holds the purchase's date.
    pub fn date_field(&self) -> Option<&str> {
        self.field("fecha", FieldKind::Date)
    }

    fn value_of(&self, name: &str, kind: FieldKind) -> Option<&str> {
        self.fields.get(self.field(name, kind)?).map(String::as_str)
    }

    /// The field of that canonical name, else the first field of that kind.
    fn field(&self, name: &str, kind: FieldKind) -> Option<&str> {
        let of_kind = || self.adapter.fields.iter().filter(|f| f.kind == kind);
        let field = of_kind()
            .find(|f| f.name == name)
            .or_else(|| of_kind().next())?;
        Some(&field.name)
    }
}

/// The adapter of that id, name or URL, from the folder as it is now.
pub async fn find(state: &AppState, portal: &str) -> Option<Arc<Adapter>> {
    let catalogue = state.catalogue.clone();
    let portal = portal.to_owned();
    let found = tokio::task::spawn_blocking(move || catalogue.find(&portal)).await;
    found.ok().flatten()
}

/// The ticket's identity, so that the same ticket meets the same aggregate.
fn key(vault: &Vault, owner: UserId, adapter: &Adapter, fields: &Fields) -> KeyedHash {
    let mut names: Vec<&str> = adapter.identity.iter().map(String::as_str).collect();
    names.sort_unstable();
    let mut text = format!("{}:{}", adapter.id.len(), adapter.id);
    for name in names {
        let value = fields.get(name).map_or("", String::as_str);
        text.push_str(&format!(";{}:{name}={}:{value}", name.len(), value.len()));
    }
    vault.keyed_hash(owner, "ticket", &text)
}

/// The window's rule in words, for programs.
fn rule(rule: WindowRule) -> String {
    match rule {
        WindowRule::Hours(n) => format!("hours:{n}"),
        WindowRule::Days(n) => format!("days:{n}"),
        WindowRule::CalendarMonth => "calendar_month".to_owned(),
        WindowRule::NextMonth(NextMonth::End) => "next_month:end".to_owned(),
        WindowRule::NextMonth(NextMonth::Day(n)) => format!("next_month:{n}"),
    }
}
