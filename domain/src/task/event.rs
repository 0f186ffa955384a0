//! What happened to a task. These names and shapes are kept for ever: change one only by a new
//! version and an upcaster.

use crate::fiscal::{FormaPago, Money, UsoCfdi};
use crate::{
    ArtifactId, CredentialId, InterventionId, KeyedHash, ProfileId, Sealed, SessionId, UserId,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use cqrs_es::DomainEvent;
use serde::{Deserialize, Serialize};

/// One thing that happened to a task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub enum TaskEvent {
    TaskSubmitted(Submission),
    TaskAmended {
        ticket: Ticket,
        profile: ProfileId,
        uso_cfdi: UsoCfdi,
        forma_pago: Option<FormaPago>,
    },
    TaskStarted {
        epoch: u64,
        mode: RunMode,
        worker: String,
        profile_version: u64,
    },
    SessionOpened {
        epoch: u64,
        session: SessionId,
        provider: String,
    },
    SessionClosed {
        session: SessionId,
        reason: String,
    },
    StepRecorded {
        epoch: u64,
        step: Step,
    },
    ArtifactStored {
        artifact: Artifact,
    },
    /// Decided: the file is removed after this, and given out no more.
    ArtifactErased {
        id: ArtifactId,
        reason: ErasureReason,
    },
    /// A stored portal account is about to be typed. Never what is typed.
    CredentialUsed {
        epoch: u64,
        usage: CredentialUse,
    },
    SubmitIntended {
        epoch: u64,
        by: SubmitBy,
        values_hash: String,
    },
    SubmitOutcomeRecorded {
        epoch: u64,
        outcome: SubmitOutcome,
        evidence: String,
    },
    InterventionRequested {
        intervention: Intervention,
    },
    InterventionAnswered {
        id: InterventionId,
        answer: Sealed,
        resumes: Resumes,
    },
    InterventionDeclined {
        id: InterventionId,
        reason: String,
        resumes: Resumes,
    },
    TaskPaused,
    TaskParked,
    TaskResumed {
        resumes: Resumes,
    },
    ControlTaken {
        control_epoch: u64,
        user: UserId,
    },
    ControlReturned {
        control_epoch: u64,
        outcome: ReturnOutcome,
        /// Whether the open question counts as settled by the human's hands.
        settles_intervention: bool,
    },
    ControlLapsed {
        control_epoch: u64,
    },
    RetryScheduled {
        attempt: u32,
        class: TechnicalClass,
        not_before: DateTime<Utc>,
        detail: String,
    },
    TaskDeferred {
        deferral: u32,
        reason: DeferReason,
        not_before: DateTime<Utc>,
    },
    DeliveryAwaited {
        channel: DeliveryChannel,
        expected_by: DateTime<Utc>,
    },
    /// A pause or an end was wished while the irreversible step had no outcome yet.
    WishRecorded {
        wish: Wish,
    },
    TaskCompleted {
        invoice: Box<Invoice>,
        warnings: Vec<String>,
        delivered_by: DeliveredBy,
    },
    TaskFailed {
        failure: Failure,
    },
    TaskReopened,
    TaskArchived,
    LeaseExpired {
        epoch: u64,
        attempt: u32,
    },
}

impl TaskEvent {
    /// The name under which the event is stored.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TaskSubmitted(_) => "TaskSubmitted",
            Self::TaskAmended { .. } => "TaskAmended",
            Self::TaskStarted { .. } => "TaskStarted",
            Self::SessionOpened { .. } => "SessionOpened",
            Self::SessionClosed { .. } => "SessionClosed",
            Self::StepRecorded { .. } => "StepRecorded",
            Self::ArtifactStored { .. } => "ArtifactStored",
            Self::ArtifactErased { .. } => "ArtifactErased",
            Self::CredentialUsed { .. } => "CredentialUsed",
            Self::SubmitIntended { .. } => "SubmitIntended",
            Self::SubmitOutcomeRecorded { .. } => "SubmitOutcomeRecorded",
            Self::InterventionRequested { .. } => "InterventionRequested",
            Self::InterventionAnswered { .. } => "InterventionAnswered",
            Self::InterventionDeclined { .. } => "InterventionDeclined",
            Self::TaskPaused => "TaskPaused",
            Self::TaskParked => "TaskParked",
            Self::TaskResumed { .. } => "TaskResumed",
            Self::ControlTaken { .. } => "ControlTaken",
            Self::ControlReturned { .. } => "ControlReturned",
            Self::ControlLapsed { .. } => "ControlLapsed",
            Self::RetryScheduled { .. } => "RetryScheduled",
            Self::TaskDeferred { .. } => "TaskDeferred",
            Self::DeliveryAwaited { .. } => "DeliveryAwaited",
            Self::WishRecorded { .. } => "WishRecorded",
            Self::TaskCompleted { .. } => "TaskCompleted",
            Self::TaskFailed { .. } => "TaskFailed",
            Self::TaskReopened => "TaskReopened",
            Self::TaskArchived => "TaskArchived",
            Self::LeaseExpired { .. } => "LeaseExpired",
        }
    }
}

impl DomainEvent for TaskEvent {
    fn event_type(&self) -> String {
        self.name().to_owned()
    }
    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

/// Everything a task starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Submission {
    pub owner: UserId,
    pub ticket: Ticket,
    pub profile: ProfileId,
    pub uso_cfdi: UsoCfdi,
    pub forma_pago: Option<FormaPago>,
    pub window: Option<TaskWindow>,
    /// The portal has the ticket from here on.
    pub not_before: Option<DateTime<Utc>>,
    pub confirm: ConfirmPolicy,
    /// Hash of the values the user saw and confirmed beforehand, if they did.
    pub confirmed_values: Option<String>,
    /// The portal always asks a human: no browser starts before the owner says so.
    pub needs_human: bool,
}

/// The ticket: which portal, what it says, and under which key it is the same ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Ticket {
    /// The adapter's id, or the confirmed registrable domain of a portal given by URL.
    pub portal: String,
    /// Where the portal is, when given by URL.
    pub url: Option<String>,
    /// Keyed hash of the normalised identity fields; the id of the `Ticket` aggregate.
    pub key: KeyedHash,
    /// Canonical field → value, as sealed JSON.
    pub fields: Sealed,
    pub purchase_date: Option<NaiveDate>,
    pub total: Option<Money>,
}

/// Until when the ticket can be invoiced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct TaskWindow {
    pub until: DateTime<Utc>,
    /// The rule in words, e.g. `calendar_month`.
    pub rule: String,
    pub verified: WindowSource,
}

/// How a window is known. Only a printed rule (or the end of the fiscal year) expires a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WindowSource {
    Printed,
    Observed,
    Assumed,
    FiscalYear,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConfirmPolicy {
    /// Ask before the irreversible step, unless confirmed beforehand and unchanged.
    #[default]
    Ask,
    Auto,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RunMode {
    Run,
    /// The irreversible step may have happened: look the invoice up, never press again.
    Recover,
}

/// Where a task goes when a human's part is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Resumes {
    /// The worker that holds the session goes on: RUNNING.
    Session,
    /// No session lives: PENDING, at the head of the queue.
    Queue,
}

/// One step of a run, as shown to the user. Contents are masked by the agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Step {
    pub kind: StepKind,
    /// The canonical field, or the control's name.
    pub field: Option<String>,
    /// What was typed or read, masked.
    pub content: Option<String>,
    pub outcome: StepOutcome,
    pub duration_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    Navigate,
    Read,
    Fill,
    Select,
    Click,
    Wait,
    Submit,
    Download,
    Verify,
    Recover,
    Refusal,
    Human,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    Ok,
    Skipped,
    Failed,
}

/// A stored file. The bytes are sealed in the artifact store under `id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Artifact {
    pub id: ArtifactId,
    pub kind: ArtifactKind,
    pub size_bytes: u64,
    /// Keyed hash of the plaintext's SHA-256.
    pub digest: KeyedHash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ArtifactKind {
    Xml,
    Pdf,
    Screenshot,
    /// What a browser session left behind (cookies, storage).
    Session,
    /// Anything else the portal delivered (a ZIP as received).
    Other,
}

impl ArtifactKind {
    /// Only of use while the task is young: erased some time after its end. The others are kept.
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Screenshot | Self::Session)
    }
}

/// One use of a stored portal account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct CredentialUse {
    pub credential: CredentialId,
    /// The adapter's id.
    pub portal: String,
    /// Where it is typed: scheme, host and port.
    pub origin: String,
    pub part: CredentialPart,
}

/// What of a portal account is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CredentialPart {
    /// User and password.
    Login,
    /// A one-time code made of the seed.
    Totp,
}

/// Why a file was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ErasureReason {
    /// It was kept as long as such files are.
    Retention,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubmitBy {
    Agent,
    Human,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SubmitOutcome {
    Accepted,
    Rejected,
    Unknown,
}

/// A question to a human.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Intervention {
    pub id: InterventionId,
    pub kind: InterventionKind,
    /// What to do, in the user's words. Holds no sensitive value.
    pub guide: String,
    pub answer: AnswerShape,
    pub answer_by: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum InterventionKind {
    Captcha,
    Login,
    TwoFactor,
    Confirm,
    MissingData,
    AmbiguousField,
    Check,
    Delivery,
    AgentStuck,
    Manual,
}

impl InterventionKind {
    /// The stable name used in the API and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Captcha => "captcha",
            Self::Login => "login",
            Self::TwoFactor => "two_factor",
            Self::Confirm => "confirm",
            Self::MissingData => "missing_data",
            Self::AmbiguousField => "ambiguous_field",
            Self::Check => "check",
            Self::Delivery => "delivery",
            Self::AgentStuck => "agent_stuck",
            Self::Manual => "manual",
        }
    }
}

/// What an answer looks like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum AnswerShape {
    /// Nothing to type: act in the browser, or just say go on.
    Control,
    Text {
        max_chars: u32,
    },
    Choice {
        options: Vec<String>,
    },
    /// Yes or no.
    Decision,
    /// Values by canonical field.
    Fields {
        names: Vec<String>,
    },
    /// The files of the invoice.
    Files,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReturnOutcome {
    Done,
    CouldNot,
}

/// Why a technical retry is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TechnicalClass {
    BrowserLost,
    PageTimeout,
    PortalDown,
    UnexpectedPage,
    DownloadFailed,
    Internal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeferReason {
    TooNew,
    PortalDown,
    PortalBusy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryChannel {
    Email,
    Portal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveredBy {
    Portal,
    Email,
    User,
}

/// What was wished while the irreversible step had no outcome.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Wish {
    Pause,
    End { failure: Failure },
}

/// The invoice's facts. What identifies people or the ticket is in `details`, sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Invoice {
    /// Keyed hash of the UUID, per owner.
    pub uuid_key: KeyedHash,
    /// Sealed JSON of [`crate::InvoiceDetails`].
    pub details: Sealed,
    /// Local time of the place of issue.
    pub issued_at: NaiveDateTime,
    pub subtotal: Money,
    /// Sum of transferred taxes.
    pub taxes: Money,
    pub total: Money,
    pub uso_cfdi: String,
    pub forma_pago: Option<String>,
    /// `valid`, or `not_checked` when a complement is in the way.
    pub signature: String,
    pub xml: ArtifactId,
    pub pdf: Option<ArtifactId>,
}

/// Why a task failed, whether trying again makes sense, and what to do next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Failure {
    pub class: FailureClass,
    pub retryable: bool,
    /// For the user, in Spanish; holds no sensitive value.
    pub next_step: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// By the user; kept out of alerts and rates.
    Cancelled,
    TimedOut,
    Expired,
    TicketRejected(Rejection),
    PortalDown,
    Blocked,
    AgentError,
}

impl FailureClass {
    /// The stable name used in the API and in tables; [`Self::rejection`] has the finer reason.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::TimedOut => "timed_out",
            Self::Expired => "expired",
            Self::TicketRejected(_) => "ticket_rejected",
            Self::PortalDown => "portal_down",
            Self::Blocked => "blocked",
            Self::AgentError => "agent_error",
        }
    }

    /// Why the portal refused the ticket, if it did.
    pub fn rejection(self) -> Option<&'static str> {
        match self {
            Self::TicketRejected(reason) => Some(reason.as_str()),
            _ => None,
        }
    }
}

/// Why the portal refused a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The portal does not know the ticket.
    NotFound,
    /// Invoiced before, and not recoverable with this RFC.
    AlreadyInvoicedElsewhere,
    AmountDiffers,
    FiscalDataRefused,
}

impl Rejection {
    /// The stable name used in the API and in tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::AlreadyInvoicedElsewhere => "already_invoiced_elsewhere",
            Self::AmountDiffers => "amount_differs",
            Self::FiscalDataRefused => "fiscal_data_refused",
        }
    }
}
