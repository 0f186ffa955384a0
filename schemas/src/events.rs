//! What the log's events look like: a JSON Schema per event type and version, for ever.
//!
//! They are the stored form (the private history), for those who read an export of the log; what the
//! API tells of a task is [`crate::PublicEvent`]. The newest version of each is generated from the
//! types of `domain`; `tests/event_schemas.rs` compares, and writes them with `UPDATE_SCHEMAS=1`.

/// The schema of an event's payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventSchema {
    /// `<Event>.v<version>`.
    pub name: &'static str,
    /// The document, JSON Schema 2020-12.
    pub text: &'static str,
}

impl EventSchema {
    /// The event type, and its version as the log has it.
    pub fn event_and_version(&self) -> (&'static str, &'static str) {
        self.name.split_once(".v").unwrap_or((self.name, ""))
    }
}

/// The schema of that name, such as `TaskSubmitted.v1`.
pub fn find(name: &str) -> Option<&'static EventSchema> {
    EVENT_SCHEMAS.iter().find(|schema| schema.name == name)
}

macro_rules! schemas {
    ($($name:literal),+ $(,)?) => {
        &[$(EventSchema {
            name: $name,
            text: include_str!(concat!("../events/", $name, ".json")),
        }),+]
    };
}

/// All of them, by name. A new one is added here by hand, and none is ever removed.
pub const EVENT_SCHEMAS: &[EventSchema] = schemas![
    "AccountOpened.v1",
    "ArtifactErased.v1",
    "ArtifactStored.v1",
    "ControlLapsed.v1",
    "ControlReturned.v1",
    "ControlTaken.v1",
    "CredentialRefused.v1",
    "CredentialRevoked.v1",
    "CredentialStored.v1",
    "CredentialUsed.v1",
    "DeliveryAwaited.v1",
    "ErasureBegun.v1",
    "ErasureCompleted.v1",
    "InterventionAnswered.v1",
    "InterventionDeclined.v1",
    "InterventionRequested.v1",
    "LeaseExpired.v1",
    "ProfileAdded.v1",
    "ProfileAmended.v1",
    "ProfileRetired.v1",
    "RetryScheduled.v1",
    "SessionClosed.v1",
    "SessionOpened.v1",
    "StepRecorded.v1",
    "SubmitIntended.v1",
    "SubmitOutcomeRecorded.v1",
    "TaskAmended.v1",
    "TaskArchived.v1",
    "TaskCompleted.v1",
    "TaskDeferred.v1",
    "TaskFailed.v1",
    "TaskParked.v1",
    "TaskPaused.v1",
    "TaskReopened.v1",
    "TaskResumed.v1",
    "TaskStarted.v1",
    "TaskSubmitted.v1",
    "TicketClaimed.v1",
    "TicketReleased.v1",
    "WishRecorded.v1",
];
