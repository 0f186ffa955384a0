//! Refusals of a task: 409 with the refusal's own name, and what one can do instead.

use super::ApiError;
use axum::http::StatusCode;
use domain::task::TaskError;
use kit::problem::Refusal;

pub(super) fn refusal(error: &TaskError) -> ApiError {
    if *error == TaskError::TaskUnknown {
        return Refusal::not_found().into();
    }
    let (title, detail) = words(error);
    extras(
        error,
        Refusal::new(StatusCode::CONFLICT, error.code(), title).detail(detail),
    )
    .into()
}

/// Title and what to do about it.
fn words(error: &TaskError) -> (&'static str, &'static str) {
    match error {
        TaskError::TaskUnknown => ("No existe", "Revisa la dirección."),
        TaskError::TaskExists => ("La tarea ya existe", "Ábrela en lugar de crearla otra vez."),
        TaskError::WrongStatus { .. } => (
            "La tarea no admite eso en su estado actual",
            "Vuelve a cargarla para ver qué se puede hacer ahora.",
        ),
        TaskError::TooEarly { .. } => (
            "Todavía no es hora",
            "El portal aún no tiene el ticket; la tarea empieza sola.",
        ),
        TaskError::WaitsForHuman => (
            "La tarea te espera a ti",
            "Reanúdala cuando quieras atenderla.",
        ),
        TaskError::StaleEpoch { .. } | TaskError::NoLease => {
            ("Otro agente atiende la tarea", "Vuelve a cargarla.")
        }
        TaskError::StaleControlEpoch { .. } => (
            "Ese control ya no es el vigente",
            "Toma el control otra vez si lo necesitas.",
        ),
        TaskError::NoSession => (
            "No hay un navegador abierto",
            "Reanuda la tarea: el navegador se abre y vuelve a donde estaba.",
        ),
        TaskError::SessionAlreadyOpen => {
            ("Ya hay un navegador abierto", "Vuelve a cargar la tarea.")
        }
        TaskError::HumanHoldsControl => (
            "Una persona tiene el control",
            "Devuelve el control primero.",
        ),
        TaskError::ControlNotHeld => ("Nadie tiene el control", "Toma el control primero."),
        TaskError::SubmitAlreadyTaken { .. } => (
            "Los datos ya se enviaron al portal",
            "Ya no se pueden cambiar; espera el resultado.",
        ),
        TaskError::SubmitNotAccepted => (
            "El portal no ha aceptado los datos",
            "Espera a que el portal responda.",
        ),
        TaskError::InterventionAlreadyOpen => {
            ("Ya hay una pregunta abierta", "Contesta esa primero.")
        }
        TaskError::InterventionNotOpen { .. } => (
            "Esa pregunta ya no está abierta",
            "Vuelve a cargar la tarea para ver si hay otra.",
        ),
        TaskError::AttemptsExhausted { .. } => (
            "Se agotaron los intentos",
            "Reintenta la tarea, o captura la factura a mano.",
        ),
        TaskError::WindowEnds { .. } => (
            "El plazo del ticket se termina",
            "Captura la factura a mano antes de que termine.",
        ),
        TaskError::XmlNotStored { .. } => ("Falta el XML de la factura", "Sube el XML primero."),
        TaskError::ArtifactUnknown { .. } => {
            ("La tarea no tiene ese archivo", "Vuelve a cargarla.")
        }
        TaskError::ArtifactKept { .. } => (
            "Ese archivo se conserva",
            "Solo se borran capturas de pantalla y datos de sesión.",
        ),
        TaskError::ArtifactErased { .. } => (
            "El archivo se borró",
            "Las capturas de pantalla y los datos de sesión se borran un tiempo después de que la \
             tarea termina.",
        ),
        TaskError::NotRetryable => (
            "No tiene caso reintentar",
            "La causa es definitiva; revisa el siguiente paso que indica la tarea.",
        ),
        TaskError::WindowNotBinding => (
            "El plazo no se conoce con certeza",
            "La tarea sigue abierta.",
        ),
    }
}

/// What a client can act on.
fn extras(error: &TaskError, refusal: Refusal) -> Refusal {
    match error {
        TaskError::WrongStatus { command, status } => refusal
            .with("command", *command)
            .with("current", status.as_str()),
        TaskError::TooEarly { not_before } => refusal.with("not_before", not_before.to_rfc3339()),
        TaskError::StaleEpoch { current, .. } | TaskError::StaleControlEpoch { current, .. } => {
            refusal.with("current", *current)
        }
        TaskError::SubmitAlreadyTaken { state } => refusal.with("current", *state),
        TaskError::WindowEnds { until } => refusal.with("until", until.to_rfc3339()),
        _ => refusal,
    }
}
