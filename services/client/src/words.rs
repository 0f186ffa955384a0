//! A task in words, for terminals. Spanish: the users' language.

use schemas::PublicEvent;
use schemas::rest::TaskView;
use serde_json::Value;

/// What a status means for its owner.
pub fn status(task: &TaskView) -> String {
    match (task.status.as_str(), task.waiting_for.as_str()) {
        ("PENDING", "queue") => "en espera de turno".to_owned(),
        ("PENDING", "not_before") => "en espera: el portal aún no la tiene".to_owned(),
        ("PENDING", "human") => "te espera para empezar".to_owned(),
        ("PENDING", "delivery") => "en espera de la entrega".to_owned(),
        ("RUNNING", _) => "en el portal".to_owned(),
        ("PAUSED", _) => "en pausa".to_owned(),
        ("INTERVENTION_NEEDED", _) => match &task.intervention {
            Some(question) => format!("te necesita ({})", question.kind),
            None => "en tus manos".to_owned(),
        },
        ("COMPLETED", _) => "factura lista".to_owned(),
        ("FAILED", _) => failure(task),
        (other, _) => other.to_owned(),
    }
}

fn failure(task: &TaskView) -> String {
    match &task.failure {
        Some(failure) if failure.class == "cancelled" => "cancelada".to_owned(),
        Some(failure) => {
            let reason = failure.rejection.as_deref().unwrap_or(&failure.class);
            format!("sin factura: {}", reason_in_words(reason))
        }
        None => "sin factura".to_owned(),
    }
}

/// A failure's class, or why the portal refused the ticket.
pub fn reason_in_words(reason: &str) -> &str {
    match reason {
        "timed_out" => "se acabó el tiempo",
        "expired" => "fuera de plazo",
        "not_found" => "el portal no conoce el ticket",
        "already_invoiced_elsewhere" => "ya se facturó a alguien más",
        "amount_differs" => "el total no coincide",
        "fiscal_data_refused" => "el portal rechazó los datos fiscales",
        "portal_down" => "el portal no funciona",
        "blocked" => "el portal bloqueó al agente",
        "agent_error" => "el agente no pudo",
        other => other,
    }
}

/// One event as a line; `None` for what only programs care about.
pub fn event(event: &PublicEvent) -> Option<String> {
    let data = &event.data;
    Some(match event.event.as_str() {
        "task.submitted" => "ticket recibido".to_owned(),
        "task.started" if text(data, "mode") == "recover" => {
            "el agente vuelve: busca la factura que pudo emitirse".to_owned()
        }
        "task.started" => "el agente empieza".to_owned(),
        "task.session_opened" => "navegador abierto".to_owned(),
        "task.session_closed" => "navegador cerrado".to_owned(),
        "task.step" => step(data),
        "task.artifact_stored" => format!("archivo guardado: {}", text(data, "kind")),
        "task.artifact_erased" => "archivo temporal borrado".to_owned(),
        "task.credential_used" if text(data, "part") == "totp" => {
            format!("usa tu código de un solo uso en {}", text(data, "origin"))
        }
        "task.credential_used" => format!("usa tu cuenta guardada en {}", text(data, "origin")),
        "task.submit_intended" => "va a pulsar el botón final".to_owned(),
        "task.submit_outcome" => match text(data, "outcome") {
            "accepted" => "el portal aceptó".to_owned(),
            "rejected" => "el portal no aceptó".to_owned(),
            _ => "no se sabe si el portal aceptó".to_owned(),
        },
        "task.intervention_requested" => {
            let question = data.get("intervention").unwrap_or(data);
            format!(
                "te necesita ({}): {}",
                text(question, "kind"),
                text(question, "guide")
            )
        }
        "task.intervention_answered" => "respondiste".to_owned(),
        "task.intervention_declined" => "dijiste que no".to_owned(),
        "task.paused" if text(data, "reason") == "intervention" => return None,
        "task.paused" => "en pausa".to_owned(),
        "task.parked" => "el navegador se cierra; la tarea te espera".to_owned(),
        "task.resumed" if text(data, "reason") == "intervention" => return None,
        "task.resumed" => "sigue".to_owned(),
        "task.control_taken" => "tomaste el control".to_owned(),
        "task.control_returned" => "devolviste el control".to_owned(),
        "task.control_lapsed" => "el control se soltó por inactividad".to_owned(),
        "task.retry_scheduled" => "falló algo técnico: lo intenta otra vez".to_owned(),
        "task.deferred" => "el portal aún no puede: lo intenta más tarde".to_owned(),
        "task.delivery_awaited" => "la factura llegará por otro medio".to_owned(),
        "task.wish_recorded" => "se hará en cuanto el portal responda".to_owned(),
        "task.completed" => "factura verificada y guardada".to_owned(),
        "task.failed" => {
            let reason = match text(data, "rejection") {
                "" => text(data, "class"),
                rejection => rejection,
            };
            format!("sin factura: {}", reason_in_words(reason))
        }
        "task.reopened" => "se intenta de nuevo".to_owned(),
        "task.archived" => "archivada".to_owned(),
        "task.lease_expired" => "el agente dejó de responder: otro la retoma".to_owned(),
        "task.amended" => "datos corregidos".to_owned(),
        other => other.to_owned(),
    })
}

fn step(data: &Value) -> String {
    let verb = match text(data, "kind") {
        "navigate" => "abre",
        "read" => "lee",
        "fill" => "escribe",
        "select" => "elige",
        "click" => "pulsa",
        "wait" => "espera",
        "submit" => "pulsa el botón final",
        "download" => "descarga",
        "verify" => "verifica",
        "recover" => "busca la factura",
        "refusal" => return format!("rechazo: {}", reason_in_words(text(data, "content"))),
        "human" => return by_hand(data),
        other => other,
    };
    let content = match (verb, text(data, "content")) {
        ("verifica", "accept") => "la factura: es la pedida",
        ("verifica", "check") => "la factura: hay algo que revisar",
        ("verifica", "reject") => "el archivo: no es la factura",
        (_, content) => content,
    };
    let mut line = verb.to_owned();
    for part in [text(data, "field"), content] {
        if !part.is_empty() {
            line.push(' ');
            line.push_str(part);
        }
    }
    if text(data, "outcome") == "failed" {
        line.push_str(" ✗");
    }
    if let Some(took) = data.get("duration_ms").and_then(Value::as_u64) {
        line.push_str(&format!("  ({took} ms)"));
    }
    line
}

/// What the agent saw when a human gave the browser back.
fn by_hand(data: &Value) -> String {
    let content = text(data, "content");
    match content.strip_suffix(" commands of the agent") {
        Some("0") => "el agente vuelve; mientras tanto no tocó el navegador".to_owned(),
        Some(own) => format!("el agente vuelve; mientras tanto envió {own} órdenes al navegador"),
        None => format!("a mano {} {content}", text(data, "field")),
    }
}

fn text<'a>(data: &'a Value, name: &str) -> &'a str {
    data.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::event;
    use schemas::PublicEvent;
    use serde_json::{Value, json};

    fn line(data: Value) -> String {
        let event_of = PublicEvent {
            position: 1,
            sequence: 1,
            task_id: "018f4c1e-0000-7000-8000-000000000000".parse().unwrap(),
            event: "task.step".to_owned(),
            at: Default::default(),
            data,
        };
        event(&event_of).unwrap()
    }

    #[test]
    fn steps_are_told_in_spanish() {
        let fill = json!({ "kind": "fill", "field": "total", "content": "1.00", "duration_ms": 7 });
        assert_eq!(line(fill), "escribe total 1.00  (7 ms)");
        let verify = json!({ "kind": "verify", "content": "accept" });
        assert_eq!(line(verify), "verifica la factura: es la pedida");
        let refusal = json!({ "kind": "refusal", "content": "not_found", "duration_ms": 0 });
        assert_eq!(line(refusal), "rechazo: el portal no conoce el ticket");
        let human = |content: &str| {
            line(json!({ "kind": "human", "field": "control",
            "content": content, "duration_ms": 57 }))
        };
        assert_eq!(
            human("0 commands of the agent"),
            "el agente vuelve; mientras tanto no tocó el navegador"
        );
        assert_eq!(human("x"), "a mano control x");
    }
}
