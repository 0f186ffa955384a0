//! From what went wrong inside to what the client reads: the one place where refusals get their
//! HTTP status and their Spanish words.

mod account;
mod task;

use crate::sessions::SessionError;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use commands::{AmendError, DecodeError, ExecuteError, LogError, SubmitError, VaultError};
use domain::account::AccountError;
use domain::task::TaskError;
use domain::ticket::TicketError;
use kit::problem::Refusal;
use projections::ReadError;
use schemas::FieldProblem;
use std::error::Error;

/// A refusal that `?` can make out of the errors of the other rooms.
#[derive(Debug)]
pub struct ApiError(pub Box<Refusal>);

/// What endpoints answer.
pub type ApiResult<T> = Result<T, ApiError>;

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Self(Box::new(refusal))
    }
}

/// What is not there, or belongs to somebody else: the same answer.
pub fn not_found() -> ApiError {
    Refusal::not_found().into()
}

/// One misfit field.
pub fn misfit(field: &str, code: &str, message: &str) -> FieldProblem {
    FieldProblem {
        field: field.to_owned(),
        code: code.to_owned(),
        message: message.to_owned(),
    }
}

/// What was there, and was erased.
pub fn erased() -> ApiError {
    gone("Estos datos se borraron")
}

/// The caller's account was erased: nothing is shown and nothing is taken.
pub fn account_erased() -> ApiError {
    gone("Esta cuenta se borró")
}

fn gone(title: &str) -> ApiError {
    Refusal::new(StatusCode::GONE, "erased", title)
        .detail("Lo que se borró no se puede recuperar.")
        .into()
}

/// Something of ours is out of order.
pub fn internal(cause: &(dyn Error + 'static)) -> ApiError {
    Refusal::internal(cause).into()
}

/// The database can't be reached now. A command may have been recorded all the same.
pub fn unavailable(cause: &(dyn Error + 'static)) -> ApiError {
    tracing::warn!(error = cause, "the database does not answer");
    come_back()
}

/// Where files lie can't be reached now, or takes none.
fn without_files(cause: &(dyn Error + 'static)) -> ApiError {
    tracing::error!(error = cause, "the store of files fails");
    come_back()
}

fn come_back() -> ApiError {
    Refusal::unavailable("unavailable", "El servicio no está disponible", 2)
        .detail("Si era un cambio, repítelo con la misma Idempotency-Key: no se hará dos veces.")
        .into()
}

/// What happened can't be read by this program. When it is newer than we are, another node may be.
fn unreadable(cause: &DecodeError) -> ApiError {
    if !matches!(cause, DecodeError::NewerVersion { .. }) {
        return internal(cause);
    }
    tracing::error!(error = cause as &dyn Error, "written by a newer program");
    Refusal::unavailable("newer-history", "El servicio se está actualizando", 5)
        .detail("No se hizo nada. Vuelve a intentarlo en un momento.")
        .into()
}

/// The database answered that a value can't be one (SQLSTATE class 22): no repeat mends that.
fn is_bad_data(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| code.starts_with("22"))
}

fn busy(reason: &str) -> ApiError {
    tracing::warn!(reason, "the log is busy");
    Refusal::unavailable("busy", "Hay demasiado trabajo en este momento", 1)
        .detail("No se hizo nada. Vuelve a intentarlo en un momento.")
        .into()
}

fn key_reused() -> ApiError {
    Refusal::new(
        StatusCode::CONFLICT,
        "idempotency-key-reused",
        "Esa Idempotency-Key ya se usó para otra solicitud",
    )
    .detail("Usa una llave nueva para una solicitud distinta.")
    .into()
}

impl From<LogError> for ApiError {
    fn from(error: LogError) -> Self {
        match &error {
            LogError::Decode(cause) => unreadable(cause),
            LogError::NoIdentity | LogError::TooPowerful { .. } => internal(&error),
            _ => unavailable(&error),
        }
    }
}

impl<E> From<ExecuteError<E>> for ApiError
where
    E: Error + 'static,
    ApiError: From<E>,
{
    fn from(error: ExecuteError<E>) -> Self {
        match error {
            ExecuteError::Refused(refusal) => refusal.into(),
            ExecuteError::IdReused => key_reused(),
            ExecuteError::Conflict => busy("too many writers of one aggregate"),
            ExecuteError::Busy(reason) => busy(&reason),
            ExecuteError::Rejected(reason) => {
                tracing::warn!(reason, "the log does not take an event");
                Refusal::new(
                    StatusCode::UNPROCESSABLE_ENTITY,
                    "not-recordable",
                    "Los datos no se pueden guardar",
                )
                .detail("Son demasiado largos o llevan caracteres que no se admiten.")
                .into()
            }
            ExecuteError::Unavailable(error) => error.into(),
            ExecuteError::Unreadable(error) => unreadable(&error),
        }
    }
}

impl From<TaskError> for ApiError {
    fn from(error: TaskError) -> Self {
        task::refusal(&error)
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        account::refusal(&error)
    }
}

impl From<TicketError> for ApiError {
    fn from(error: TicketError) -> Self {
        // Claims and releases are the bus's own affair; what a client meets is `AmendError`.
        internal(&error)
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        match error {
            SubmitError::Task(error) => error.into(),
            SubmitError::Ticket(error) => error.into(),
            SubmitError::Log(error) => error.into(),
        }
    }
}

impl From<AmendError> for ApiError {
    fn from(error: AmendError) -> Self {
        match error {
            AmendError::TicketTaken { task } => Refusal::new(
                StatusCode::CONFLICT,
                "ticket-taken",
                "Ese ticket ya está en otra tarea",
            )
            .detail("Abre la otra tarea, o corrige los datos del ticket.")
            .with("task_id", task.to_string())
            .into(),
            AmendError::Task(error) => error.into(),
            AmendError::Ticket(error) => error.into(),
            AmendError::Log(error) => error.into(),
        }
    }
}

impl From<VaultError> for ApiError {
    fn from(error: VaultError) -> Self {
        match &error {
            VaultError::Database(_) => unavailable(&error),
            VaultError::ArtifactStore(_) => without_files(&error),
            VaultError::Erased => erased(),
            _ => internal(&error),
        }
    }
}

impl From<SessionError> for ApiError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Vault(error) => error.into(),
            SessionError::Database(_) => unavailable(&error),
            SessionError::Secret(_) => internal(&error),
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Database(cause) if is_bad_data(cause) => {
                tracing::warn!(
                    error = cause as &dyn Error,
                    "a query does not fit the database"
                );
                Refusal::new(
                    StatusCode::BAD_REQUEST,
                    "invalid-query",
                    "Los parámetros de la dirección no son válidos",
                )
                .into()
            }
            ReadError::Database(_) => unavailable(&error),
            ReadError::Behind { wanted, at } => Refusal::unavailable(
                "projection-behind",
                "La vista aún no llega a esa posición",
                1,
            )
            .with("wanted", *wanted)
            .with("at", *at)
            .into(),
            ReadError::OtherLog => {
                Refusal::unavailable("projection-behind", "La vista se está rehaciendo", 5).into()
            }
            ReadError::BadCursor => Refusal::new(
                StatusCode::BAD_REQUEST,
                "invalid-cursor",
                "El cursor no es válido",
            )
            .detail("Usa el valor de next de la página anterior, sin cambiarlo.")
            .into(),
            _ => internal(&error),
        }
    }
}
