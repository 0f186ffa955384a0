//! A task as the read model holds it, and as the API shows it.

use crate::Change;
use chrono::{DateTime, Utc};
use domain::task::{Control, DeliveredBy, Status, Task, TaskEvent, WaitingFor};
use domain::{ArtifactId, InterventionId, InvoiceDetails, Sealed, TaskId, UserId};
use schemas::rest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the aggregate does not keep and people want to see.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Extra {
    pub artifacts_stored_at: BTreeMap<ArtifactId, DateTime<Utc>>,
    #[serde(default)]
    pub artifacts_erased_at: BTreeMap<ArtifactId, DateTime<Utc>>,
    pub warnings: Vec<String>,
    pub delivered_by: Option<DeliveredBy>,
    /// When status, wait or question last changed.
    pub since: DateTime<Utc>,
}

/// A task while events are applied to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TaskFold {
    pub task: Task,
    pub extra: Extra,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// Of the last event applied; 0 before the first.
    pub sequence: u64,
    pub position: u64,
}

impl TaskFold {
    /// Applies the next event.
    pub(crate) fn apply(&mut self, event: &TaskEvent, change: &Change) {
        let before = self.stance();
        self.task.fold(event);
        if self.sequence == 0 {
            self.created_at = change.recorded_at;
        }
        match event {
            TaskEvent::ArtifactStored { artifact } => {
                self.extra
                    .artifacts_stored_at
                    .insert(artifact.id, change.recorded_at);
            }
            TaskEvent::ArtifactErased { id, .. } => {
                self.extra
                    .artifacts_erased_at
                    .insert(*id, change.recorded_at);
            }
            TaskEvent::TaskCompleted {
                warnings,
                delivered_by,
                ..
            } => {
                self.extra.warnings = warnings.clone();
                self.extra.delivered_by = Some(*delivered_by);
            }
            _ => {}
        }
        if self.sequence == 0 || before != self.stance() {
            self.extra.since = change.recorded_at;
        }
        self.updated_at = change.recorded_at;
        self.sequence = change.sequence;
        self.position = change.position;
    }

    fn stance(&self) -> (Status, WaitingFor, Option<InterventionId>) {
        let question = self.task.intervention.as_ref().map(|i| i.id);
        (self.task.status, self.task.waiting_for, question)
    }
}

/// One task of the read model.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskRecord {
    pub task_id: TaskId,
    pub owner: UserId,
    /// The domain's fold; sealed values are sealed.
    pub task: Task,
    pub extra: Extra,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub sequence: u64,
    pub position: u64,
}

impl TaskRecord {
    /// What must be opened before [`Self::view`] can show the invoice: `invoice.details`.
    pub fn sealed_invoice(&self) -> Option<&Sealed> {
        self.task.invoice.as_ref().map(|invoice| &invoice.details)
    }

    /// The task as the API shows it. Without the opened `details` there is no `invoice`.
    pub fn view(&self, portal_name: &str, details: Option<&InvoiceDetails>) -> rest::TaskView {
        let task = &self.task;
        let submission = task.submission.as_ref();
        let ticket = submission.map(|s| &s.ticket);
        let window = submission.and_then(|s| s.window.as_ref());
        rest::TaskView {
            task_id: self.task_id,
            portal: ticket.map(|t| t.portal.clone()).unwrap_or_default(),
            portal_name: portal_name.to_owned(),
            profile: task.profile().unwrap_or(uuid::Uuid::nil().into()),
            status: task.status.as_str().to_owned(),
            waiting_for: task.waiting_for.as_str().to_owned(),
            not_before: task.not_before,
            submit: task.submit.as_str().to_owned(),
            attempts: task.attempts,
            deferrals: task.deferrals,
            purchase_date: ticket.and_then(|t| t.purchase_date),
            total: ticket.and_then(|t| t.total),
            uso_cfdi: submission.map_or("", |s| s.uso_cfdi.code()).to_owned(),
            forma_pago: submission
                .and_then(|s| s.forma_pago)
                .map(|f| f.code().to_owned()),
            window_until: window.map(|w| w.until),
            window_verified: window.map(|w| crate::name_of(&w.verified)),
            control: match task.control {
                Control::Agent => "agent".to_owned(),
                Control::User { .. } => "user".to_owned(),
            },
            control_epoch: task.control_epoch,
            session: task.session,
            intervention: self.intervention(),
            failure: self.failure(),
            warnings: self.extra.warnings.clone(),
            invoice: details.and_then(|details| self.invoice(details)),
            artifacts: self.artifacts(),
            erased: false,
            archived: task.archived,
            can_retry: task.can_retry(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            sequence: self.sequence,
            position: self.position,
        }
    }

    fn intervention(&self) -> Option<rest::InterventionView> {
        let question = self.task.intervention.as_ref()?;
        Some(rest::InterventionView {
            id: question.id,
            kind: question.kind.as_str().to_owned(),
            guide: question.guide.clone(),
            answer: serde_json::to_value(&question.answer).unwrap_or_default(),
            answer_by: question.answer_by,
            requested_at: self.extra.since,
        })
    }

    fn failure(&self) -> Option<rest::FailureView> {
        let failure = self.task.failure.as_ref()?;
        Some(rest::FailureView {
            class: failure.class.as_str().to_owned(),
            rejection: failure.class.rejection().map(str::to_owned),
            retryable: failure.retryable,
            next_step: failure.next_step.clone(),
        })
    }

    fn invoice(&self, details: &InvoiceDetails) -> Option<rest::InvoiceView> {
        let invoice = self.task.invoice.as_ref()?;
        Some(rest::InvoiceView {
            uuid: details.uuid.clone(),
            issuer_rfc: details.issuer_rfc.clone(),
            issuer_name: details.issuer_name.clone(),
            series: details.series.clone(),
            folio: details.folio.clone(),
            issued_at: invoice.issued_at,
            subtotal: invoice.subtotal,
            taxes: invoice.taxes,
            total: invoice.total,
            uso_cfdi: invoice.uso_cfdi.clone(),
            signature: invoice.signature.clone(),
            delivered_by: self
                .extra
                .delivered_by
                .map(|by| crate::name_of(&by))
                .unwrap_or_default(),
            xml: invoice.xml,
            pdf: invoice.pdf,
        })
    }

    fn artifacts(&self) -> Vec<rest::ArtifactView> {
        let mut views: Vec<rest::ArtifactView> = self
            .task
            .artifacts
            .values()
            .map(|artifact| rest::ArtifactView {
                id: artifact.id,
                kind: crate::name_of(&artifact.kind),
                size_bytes: artifact.size_bytes,
                stored_at: self
                    .extra
                    .artifacts_stored_at
                    .get(&artifact.id)
                    .copied()
                    .unwrap_or(self.created_at),
                erased_at: self.extra.artifacts_erased_at.get(&artifact.id).copied(),
            })
            .collect();
        views.sort_by_key(|view| (view.stored_at, view.id));
        views
    }
}
