//! What happened to a task, in words.

use super::state::{Facts, Wish, text};
use crate::i18n::I18n;
use crate::key;
use crate::parts::Glyph;
use chrono::NaiveDate;
use domain::task::{Status, WaitingFor};
use schemas::PublicEvent;
use schemas::rest::FailureView;
use serde_json::Value;
use std::collections::BTreeMap;

/// How a row of the timeline looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Good,
    Human,
    Bad,
}

/// A row of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    pub text: String,
    pub tone: Tone,
    pub icon: Glyph,
    pub duration_ms: Option<u64>,
}

/// One event as a row. `labels` are the portal's words for its fields.
pub fn line(i18n: &I18n, event: &PublicEvent, labels: &BTreeMap<String, String>) -> Line {
    if event.event == "task.step" {
        return step(i18n, &event.data, labels);
    }
    let (key, tone, icon) = kind(event);
    Line {
        text: match event.event.as_str() {
            "task.failed" => failed(i18n, &event.data),
            "task.artifact_stored" => artifact(i18n, &event.data),
            "task.intervention_requested" => {
                let kind = crate::words::reason(text(&event.data, "kind"));
                i18n.tf(key, &[("reason", i18n.t(kind).into())])
            }
            "task.credential_used" => {
                let origin = text(&event.data, "origin");
                i18n.tf(key, &[("origin", origin.into())])
            }
            _ => i18n.t(key),
        },
        tone,
        icon,
        duration_ms: None,
    }
}

fn kind(event: &PublicEvent) -> (&'static str, Tone, Glyph) {
    let data = &event.data;
    let recovers = text(data, "mode") == "recover";
    match event.event.as_str() {
        "task.submitted" => (key!("monitor-ev-submitted"), Tone::Plain, Glyph::Ticket),
        "task.amended" => (key!("monitor-ev-amended"), Tone::Human, Glyph::Edit),
        "task.started" if recovers => (key!("monitor-ev-recovers"), Tone::Plain, Glyph::Running),
        "task.started" => (key!("monitor-ev-started"), Tone::Plain, Glyph::Running),
        "task.session_opened" => (key!("monitor-ev-opened"), Tone::Plain, Glyph::Laptop),
        "task.session_closed" => (key!("monitor-ev-closed"), Tone::Plain, Glyph::Laptop),
        "task.artifact_stored" => (key!("monitor-ev-stored"), Tone::Good, Glyph::File),
        "task.artifact_erased" => (key!("monitor-ev-erased"), Tone::Plain, Glyph::File),
        "task.credential_used" if text(data, "part") == "totp" => {
            (key!("monitor-ev-code-used"), Tone::Plain, Glyph::User)
        }
        "task.credential_used" => (key!("monitor-ev-login-used"), Tone::Plain, Glyph::User),
        "task.submit_intended" => (key!("monitor-ev-intended"), Tone::Plain, Glyph::Warning),
        "task.submit_outcome" => match text(data, "outcome") {
            "accepted" => (key!("monitor-ev-accepted"), Tone::Good, Glyph::Check),
            "rejected" => (key!("monitor-ev-rejected"), Tone::Bad, Glyph::Danger),
            _ => (key!("monitor-ev-unknown"), Tone::Bad, Glyph::Warning),
        },
        "task.intervention_requested" => (key!("monitor-ev-asked"), Tone::Human, Glyph::Hand),
        "task.intervention_answered" => (key!("monitor-ev-answered"), Tone::Human, Glyph::User),
        "task.intervention_declined" => (key!("monitor-ev-declined"), Tone::Human, Glyph::User),
        "task.paused" => (key!("monitor-ev-paused"), Tone::Human, Glyph::Pause),
        "task.parked" => (key!("monitor-ev-parked"), Tone::Plain, Glyph::Clock),
        "task.resumed" => (key!("monitor-ev-resumed"), Tone::Human, Glyph::Running),
        "task.completed" => (key!("monitor-ev-completed"), Tone::Good, Glyph::Check),
        "task.failed" => (key!("monitor-ev-failed"), Tone::Bad, Glyph::Danger),
        _ => turn(event),
    }
}

fn turn(event: &PublicEvent) -> (&'static str, Tone, Glyph) {
    let data = &event.data;
    match event.event.as_str() {
        "task.control_taken" => (key!("monitor-ev-taken"), Tone::Human, Glyph::Hand),
        "task.control_returned" if text(data, "outcome") == "done" => {
            (key!("monitor-ev-returned"), Tone::Human, Glyph::User)
        }
        "task.control_returned" => (key!("monitor-ev-could-not"), Tone::Human, Glyph::User),
        "task.control_lapsed" => (key!("monitor-ev-lapsed"), Tone::Human, Glyph::Clock),
        "task.retry_scheduled" => (key!("monitor-ev-retry"), Tone::Bad, Glyph::Retry),
        "task.deferred" => (key!("monitor-ev-deferred"), Tone::Plain, Glyph::Clock),
        "task.delivery_awaited" => (key!("monitor-ev-awaited"), Tone::Plain, Glyph::Clock),
        "task.wish_recorded" => (key!("monitor-ev-wish"), Tone::Human, Glyph::Clock),
        "task.reopened" => (key!("monitor-ev-reopened"), Tone::Human, Glyph::Retry),
        "task.archived" => (key!("monitor-ev-archived"), Tone::Plain, Glyph::Inbox),
        "task.lease_expired" => (key!("monitor-ev-lease"), Tone::Bad, Glyph::Warning),
        _ => (key!("monitor-ev-other"), Tone::Plain, Glyph::Info),
    }
}

fn failed(i18n: &I18n, data: &Value) -> String {
    match serde_json::from_value::<FailureView>(data.clone()) {
        Ok(failure) => i18n.t(crate::words::failure(&failure)),
        Err(_) => i18n.t("monitor-ev-failed"),
    }
}

fn artifact(i18n: &I18n, data: &Value) -> String {
    let key = match text(data, "kind") {
        "xml" => key!("monitor-ev-stored-xml"),
        "pdf" => key!("monitor-ev-stored-pdf"),
        _ => key!("monitor-ev-stored"),
    };
    i18n.t(key)
}

fn step(i18n: &I18n, data: &Value, labels: &BTreeMap<String, String>) -> Line {
    let (key, icon) = verb(text(data, "kind"));
    let (field, content) = (text(data, "field"), text(data, "content"));
    let human = text(data, "kind") == "human";
    let words = match (human, field) {
        (true, "control") => i18n.t("monitor-step-hands-off"),
        (true, _) => i18n.t("monitor-step-human-submit"),
        _ => {
            let what = match (label(i18n, field, labels), said(i18n, data, content)) {
                (field, content) if field.is_empty() => content,
                (field, content) if content.is_empty() => field,
                (field, content) => format!("{field}: {content}"),
            };
            i18n.tf(key, &[("what", what.into())]).trim_end().to_owned()
        }
    };
    let (tone, words) = match text(data, "outcome") {
        "failed" if human && field == "control" => (Tone::Bad, i18n.t("monitor-step-hands-on")),
        "failed" => (
            Tone::Bad,
            i18n.tf("monitor-step-failed", &[("step", words.into())]),
        ),
        "skipped" => (
            Tone::Plain,
            i18n.tf("monitor-step-skipped", &[("step", words.into())]),
        ),
        _ if human => (Tone::Human, words),
        _ => (Tone::Plain, words),
    };
    Line {
        text: words,
        tone,
        icon,
        duration_ms: data.get("duration_ms").and_then(Value::as_u64),
    }
}

fn verb(kind: &str) -> (&'static str, Glyph) {
    match kind {
        "navigate" => (key!("monitor-step-navigate"), Glyph::Laptop),
        "read" => (key!("monitor-step-read"), Glyph::Eye),
        "fill" => (key!("monitor-step-fill"), Glyph::Edit),
        "select" => (key!("monitor-step-select"), Glyph::Tick),
        "click" => (key!("monitor-step-click"), Glyph::Hand),
        "wait" => (key!("monitor-step-wait"), Glyph::Clock),
        "submit" => (key!("monitor-step-submit"), Glyph::Check),
        "download" => (key!("monitor-step-download"), Glyph::Download),
        "verify" => (key!("monitor-step-verify"), Glyph::Check),
        "recover" => (key!("monitor-step-recover"), Glyph::Search),
        "refusal" => (key!("monitor-step-refusal"), Glyph::Danger),
        "human" => (key!("monitor-step-human-submit"), Glyph::User),
        _ => (key!("monitor-step-other"), Glyph::Info),
    }
}

/// A value as people write it: a day as `DD/MM/AAAA`, all else as it is.
pub fn plain(value: &str) -> String {
    match value.parse::<NaiveDate>() {
        Ok(day) if value.len() == 10 => day.format("%d/%m/%Y").to_string(),
        _ => value.to_owned(),
    }
}

/// What a step saw, where it isn't a value: verdicts and answers have codes.
fn said(i18n: &I18n, data: &Value, content: &str) -> String {
    if let Some(Ok(bytes)) = content.strip_suffix(" bytes").map(str::parse::<u64>) {
        let n = bytes.div_ceil(1_000).to_string();
        return i18n.tf("monitor-size", &[("n", n.into())]);
    }
    let key = match (text(data, "kind"), content) {
        ("verify", "accept") => key!("monitor-verify-accept"),
        ("verify", "check") => key!("monitor-verify-check"),
        ("verify", "reject") => key!("monitor-verify-reject"),
        ("refusal", "not_found") => key!("monitor-said-not-found"),
        ("refusal", "amount_differs") => key!("monitor-said-amount"),
        ("refusal", "fiscal_data_refused") => key!("monitor-said-fiscal"),
        ("refusal", "portal_down") => key!("monitor-said-down"),
        ("refusal", "blocked") => key!("monitor-said-blocked"),
        _ => return plain(content),
    };
    i18n.t(key)
}

/// What a field is called: the portal's word, else ours, else its name.
pub fn label(i18n: &I18n, field: &str, labels: &BTreeMap<String, String>) -> String {
    if let Some(label) = labels.get(field) {
        return label.clone();
    }
    let key = match field {
        "rfc" => key!("monitor-field-rfc"),
        "nombre" => key!("monitor-field-name"),
        "cp" => key!("monitor-field-postal-code"),
        "regimen" => key!("monitor-field-regimen"),
        "email" => key!("monitor-field-email"),
        "uso_cfdi" => key!("monitor-field-use"),
        "forma_pago" => key!("monitor-field-payment"),
        "captcha" => key!("monitor-field-captcha"),
        "username" => key!("monitor-field-username"),
        "password" => key!("monitor-field-password"),
        "code" | "relevo:code" | "relevo:typed_code" => key!("monitor-field-code"),
        "login" | "relevo:login" => key!("monitor-field-login"),
        other => return other.to_owned(),
    };
    i18n.t(key)
}

/// What the task's state means for its owner; `None` where the status says it all.
pub fn explained(i18n: &I18n, facts: &Facts) -> Option<String> {
    if let Some(wish) = facts.wish {
        return Some(match wish {
            Wish::Pause => i18n.t("monitor-wish-pause"),
            Wish::End => i18n.t("monitor-wish-end"),
        });
    }
    if facts.control.is_some() {
        return None;
    }
    let key = match (facts.status, facts.waiting_for) {
        (Status::Pending, WaitingFor::Queue) => key!("monitor-why-queue"),
        (Status::Pending, WaitingFor::NotBefore) => {
            let at = facts.not_before.map(|at| i18n.date_time(at));
            let at = at.unwrap_or_default();
            let key = match facts.attempts {
                0 => key!("monitor-why-not-before"),
                _ => key!("monitor-why-retry"),
            };
            return Some(i18n.tf(key, &[("at", at.into())]));
        }
        (Status::Pending, WaitingFor::Human) => key!("monitor-why-human"),
        (Status::Pending, WaitingFor::Delivery) => key!("monitor-why-delivery"),
        (Status::Running, _) if facts.session => key!("monitor-why-running"),
        (Status::Running, _) => key!("monitor-why-opening"),
        (Status::Paused, _) if facts.session => key!("monitor-why-paused"),
        (Status::Paused, _) => key!("monitor-why-paused-parked"),
        (Status::InterventionNeeded, _) if facts.takes_files() => return None,
        (Status::InterventionNeeded, _) if facts.is_parked() => key!("monitor-why-parked"),
        (Status::InterventionNeeded, _) if facts.question.is_none() => {
            key!("monitor-why-lapsed")
        }
        (Status::InterventionNeeded, _) => key!("monitor-why-asked"),
        _ => return None,
    };
    Some(i18n.t(key))
}

/// A duration as people say it.
pub fn duration(i18n: &I18n, ms: u64) -> String {
    match ms {
        0..1_000 => i18n.tf("monitor-ms", &[("n", ms.to_string().into())]),
        _ => {
            let seconds = format!("{}.{}", ms / 1_000, ms % 1_000 / 100);
            i18n.tf("monitor-seconds", &[("n", seconds.into())])
        }
    }
}

#[cfg(test)]
mod tests;
