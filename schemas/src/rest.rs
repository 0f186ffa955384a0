//! Bodies of `/api/v1`. Unknown members are refused on writes.

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use domain::fiscal::{FiscalDataInput, Money};
use domain::{ArtifactId, InterventionId, ProfileId, SessionId, TaskId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /api/v1/tasks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateTask {
    /// An adapter's id, its name, or the portal's URL.
    pub portal: String,
    pub profile: ProfileId,
    /// Canonical field → value as printed on the ticket.
    pub fields: BTreeMap<String, String>,
    /// SAT code; the profile's default when absent.
    #[serde(default)]
    pub uso_cfdi: Option<String>,
    /// SAT code of how the purchase was paid.
    #[serde(default)]
    pub forma_pago: Option<String>,
    /// `ask` or `auto`.
    #[serde(default)]
    pub confirm: Option<String>,
    /// The user has seen the preview of every value and confirms it.
    #[serde(default)]
    pub confirmed: bool,
}

/// `PATCH /api/v1/tasks/{id}`: what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmendTask {
    #[serde(default)]
    pub profile: Option<ProfileId>,
    #[serde(default)]
    pub fields: Option<BTreeMap<String, String>>,
    #[serde(default)]
    pub uso_cfdi: Option<String>,
    #[serde(default)]
    pub forma_pago: Option<String>,
}

/// The answer to every command on a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CommandAnswer {
    pub task_id: TaskId,
    pub status: String,
    pub waiting_for: String,
    /// The task's last sequence.
    pub sequence: u64,
    /// Position in the log: pass it as `min_position` to read one's own write.
    pub position: u64,
    /// False when the same ticket or the same command had been taken before.
    pub created: bool,
    /// A retry would be taken (for a ticket whose task has failed).
    #[serde(default)]
    pub can_retry: bool,
    /// The control epoch, after take-control.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub control_epoch: Option<u64>,
}

/// `GET /api/v1/tasks/{id}` and the rows of `GET /api/v1/tasks`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TaskView {
    pub task_id: TaskId,
    pub portal: String,
    pub portal_name: String,
    pub profile: ProfileId,
    pub status: String,
    pub waiting_for: String,
    pub not_before: Option<DateTime<Utc>>,
    pub submit: String,
    pub attempts: u32,
    pub deferrals: u32,
    pub purchase_date: Option<NaiveDate>,
    pub total: Option<Money>,
    pub uso_cfdi: String,
    pub forma_pago: Option<String>,
    pub window_until: Option<DateTime<Utc>>,
    pub window_verified: Option<String>,
    pub control: String,
    pub control_epoch: u64,
    pub session: Option<SessionId>,
    pub intervention: Option<InterventionView>,
    pub failure: Option<FailureView>,
    pub warnings: Vec<String>,
    pub invoice: Option<InvoiceView>,
    pub artifacts: Vec<ArtifactView>,
    /// Its profile was erased: what was sealed is not shown, and nothing can be asked of it.
    #[serde(default)]
    pub erased: bool,
    pub archived: bool,
    pub can_retry: bool,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub sequence: u64,
    pub position: u64,
}

impl TaskView {
    /// The same once its profile was erased: what stays in the clear, and no way on.
    #[must_use]
    pub fn erased(self) -> Self {
        Self {
            erased: true,
            intervention: None,
            warnings: Vec::new(),
            invoice: None,
            artifacts: Vec::new(),
            can_retry: false,
            ..self
        }
    }
}

/// One value as a person reads it, or copies it into a portal by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketValue {
    /// Canonical: a field of the portal, or `rfc`, `nombre`, `cp`, `regimen`, `email`, `uso_cfdi`,
    /// `forma_pago`.
    pub name: String,
    /// In Spanish, as the portal's adapter has it; else the name.
    pub label: String,
    /// What is typed: of a catalogue, the code.
    pub value: String,
    /// The SAT's words for a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// `GET /api/v1/tasks/{id}/ticket`: what its owner handed in, opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketView {
    pub portal: String,
    pub portal_name: String,
    /// The portal's first page, to open by hand; absent when its adapter is gone.
    pub entry: Option<String>,
    pub profile: ProfileId,
    /// From the ticket, in the adapter's order.
    pub fields: Vec<TicketValue>,
    /// Whatever else a portal asks for, of the profile as it is now and of this ticket.
    pub profile_values: Vec<TicketValue>,
    pub uso_cfdi: String,
    pub forma_pago: Option<String>,
    pub window_until: Option<DateTime<Utc>>,
}

/// `POST /api/v1/tasks/validate`: what handing this ticket in would say. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketCheck {
    pub valid: bool,
    pub errors: Vec<super::problem::FieldProblem>,
    /// Worth a second look; never blocks.
    pub warnings: Vec<super::problem::FieldProblem>,
    /// Every value the portal would be given; empty while there are errors.
    pub preview: Vec<TicketValue>,
    /// Until when the ticket can be invoiced.
    pub window_until: Option<DateTime<Utc>>,
    /// The portal has the ticket only from then on.
    pub not_before: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InterventionView {
    pub id: InterventionId,
    pub kind: String,
    pub guide: String,
    /// The shape of the answer, as in [`domain::task::AnswerShape`].
    pub answer: serde_json::Value,
    pub answer_by: Option<DateTime<Utc>>,
    pub requested_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailureView {
    pub class: String,
    /// Why the portal refused the ticket, for class `ticket_rejected`.
    pub rejection: Option<String>,
    pub retryable: bool,
    pub next_step: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvoiceView {
    pub uuid: String,
    pub issuer_rfc: String,
    pub issuer_name: String,
    pub series: Option<String>,
    pub folio: Option<String>,
    pub issued_at: NaiveDateTime,
    pub subtotal: Money,
    pub taxes: Money,
    pub total: Money,
    pub uso_cfdi: String,
    pub signature: String,
    pub delivered_by: String,
    /// The invoice itself, among the task's artifacts.
    pub xml: ArtifactId,
    pub pdf: Option<ArtifactId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArtifactView {
    pub id: ArtifactId,
    pub kind: String,
    pub size_bytes: u64,
    pub stored_at: DateTime<Utc>,
    /// Since when the file is gone; the API answers 410 for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased_at: Option<DateTime<Utc>>,
}

/// One row of `GET /api/v1/tasks/{id}/steps`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepView {
    pub sequence: u64,
    pub at: DateTime<Utc>,
    pub kind: String,
    pub field: Option<String>,
    pub content: Option<String>,
    pub outcome: String,
    pub duration_ms: u64,
}

/// A page of rows, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Opaque; pass it as `cursor`.
    pub next: Option<String>,
    /// The read model had applied the log up to here.
    pub position: u64,
}

/// `POST /api/v1/tasks/{id}/interventions/{id}/answer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerIntervention {
    /// Of the shape the question asks for: text, a choice, true or false, or values by field.
    pub answer: serde_json::Value,
}

/// `POST /api/v1/tasks/{id}/return-control`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnControl {
    pub control_epoch: u64,
    /// `done` or `could_not`.
    pub outcome: String,
}

/// `POST /api/v1/profiles` and `PUT /api/v1/profiles/{id}`.
pub type ProfileBody = FiscalDataInput;

/// A fiscal profile as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileView {
    pub id: ProfileId,
    pub version: u64,
    pub rfc: String,
    pub name: String,
    pub postal_code: String,
    pub regimen: String,
    pub default_use: String,
    pub email: Option<String>,
    pub retired: bool,
    /// What was sealed is `[borrado]`; `retired` holds too.
    #[serde(default)]
    pub erased: bool,
    /// What the SAT may object to; never blocks.
    pub warnings: Vec<super::problem::FieldProblem>,
    pub position: u64,
}

/// A portal one can hand tickets in for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PortalView {
    pub id: String,
    pub name: String,
    pub verified: bool,
    pub needs_human: String,
    pub automation: String,
    pub entry: String,
    pub fields: Vec<super::adapter::TicketField>,
    pub window: serde_json::Value,
    /// Where one signs in, when the portal has accounts: the only origin on which the agent types
    /// one that is stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_origin: Option<String>,
}

/// One row of `GET /api/v1/credentials`: that an account is stored, and nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialView {
    pub portal: String,
    pub portal_name: String,
    /// Where it may be typed.
    pub origin: String,
    pub stored_at: DateTime<Utc>,
    /// One-time codes are computed, too.
    pub totp: bool,
    /// The portal did not take it; it is not tried again until it is stored anew.
    pub refused: bool,
}

/// `GET /api/v1/schemas`: one of the schemas of the log's events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaView {
    /// `<Event>.v<version>`.
    pub name: String,
    /// The event type as it stands in the log.
    pub event: String,
    /// As in the log, a number in digits.
    pub version: String,
    /// Where the document is.
    pub href: String,
}

/// `GET /api/v1/auth/me`: who is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Me {
    pub user_id: domain::UserId,
    /// As the sign-in provider has it; of an access token's bearer nothing is known.
    pub name: Option<String>,
    pub email: Option<String>,
    pub roles: Vec<String>,
    /// When one has to sign in again at the latest.
    pub expires_at: Option<DateTime<Utc>>,
}

/// `POST /api/v1/auth/logout`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedOut {
    /// Where the browser goes to end the provider's session, too. For one use, not to be kept.
    pub provider_logout: Option<String>,
}

/// One of the caller's browser sessions, of `GET /api/v1/auth/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionInfo {
    /// Names the session to its owner; nobody gets in with it.
    pub id: uuid::Uuid,
    pub created_at: DateTime<Utc>,
    pub last_seen_at: DateTime<Utc>,
    /// The program it was opened with, in short.
    pub user_agent: Option<String>,
    /// The session that asks.
    pub current: bool,
}
