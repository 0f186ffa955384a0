//! `POST /api/v1/tasks/validate`

use super::create::CreateTask;
use crate::auth::Caller;
use crate::errors::{ApiResult, misfit};
use crate::extract::Body;
use crate::routes::profiles;
use crate::state::AppState;
use crate::ticket::{Checked, words};
use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use schemas::FieldProblem;
use schemas::rest::TicketCheck;

/// What handing this ticket in would say, as one types, and every value the portal would be
/// given. Stores nothing.
///
/// # Errors
/// As every call; misfit fields are no error here.
pub async fn validate(
    State(state): State<AppState>,
    caller: Caller,
    body: Body<CreateTask>,
) -> ApiResult<Json<TicketCheck>> {
    let checked = body.value.check(&state, caller.user).await?;
    let now = state.bus.now();
    Ok(Json(match checked {
        Ok((checked, _)) => right(&checked, now),
        Err(errors) => TicketCheck {
            valid: false,
            errors,
            warnings: Vec::new(),
            preview: Vec::new(),
            window_until: None,
            not_before: None,
        },
    }))
}

fn right(checked: &Checked, now: DateTime<Utc>) -> TicketCheck {
    let fiscal = &checked.profile.fiscal;
    let mut preview = words::of_fields(Some(&checked.adapter), &checked.fields);
    let (uso_cfdi, forma_pago) = (checked.uso_cfdi, checked.forma_pago);
    preview.extend(words::of_profile(fiscal, uso_cfdi, forma_pago));
    let window_until = checked.window().map(|window| window.until);
    let mut warnings: Vec<FieldProblem> = profiles::warnings(fiscal)
        .into_iter()
        .map(|warning| FieldProblem {
            field: format!("profile.{}", warning.field),
            ..warning
        })
        .collect();
    if window_until.is_some_and(|until| until < now) {
        let message = "el plazo para facturar esta compra parece haber terminado";
        let field = format!("fields.{}", checked.date_field().unwrap_or("fecha"));
        warnings.push(misfit(&field, "window-over", message));
    }
    TicketCheck {
        valid: true,
        errors: Vec::new(),
        warnings,
        preview,
        window_until,
        not_before: checked.not_before(now),
    }
}
