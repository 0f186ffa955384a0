//! From events to the table `invoices`.

use crate::error::ApplyError;
use crate::tasks::TaskFold;
use crate::{Change, ERASED, big, name_of};
use domain::task::TaskEvent;
use domain::{ProfileId, TaskId, UserId};
use sqlx::PgConnection;
use sqlx::types::Json;

pub(crate) async fn project(
    db: &mut PgConnection,
    id: TaskId,
    fold: &TaskFold,
    event: &TaskEvent,
    change: &Change,
) -> Result<(), ApplyError> {
    let TaskEvent::TaskCompleted {
        invoice,
        warnings,
        delivered_by,
    } = event
    else {
        return Ok(());
    };
    let Some(submission) = &fold.task.submission else {
        return Ok(());
    };
    sqlx::query(
        "insert into invoices (task_id, owner, profile, portal, uuid_key, details, issued_at, \
         subtotal_cents, taxes_cents, total_cents, currency, uso_cfdi, forma_pago, signature, \
         delivered_by, warnings, xml, pdf, completed_at, sequence, position) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, \
         $19, $20, $21) on conflict (task_id) do nothing",
    )
    .bind(id.0)
    .bind(submission.owner.0)
    .bind(submission.profile.0)
    .bind(&submission.ticket.portal)
    .bind(&invoice.uuid_key.0)
    .bind(&invoice.details.0)
    .bind(invoice.issued_at)
    .bind(invoice.subtotal.cents)
    .bind(invoice.taxes.cents)
    .bind(invoice.total.cents)
    .bind(invoice.total.currency.as_str())
    .bind(&invoice.uso_cfdi)
    .bind(&invoice.forma_pago)
    .bind(&invoice.signature)
    .bind(name_of(delivered_by))
    .bind(Json(warnings))
    .bind(invoice.xml.0)
    .bind(invoice.pdf.map(|id| id.0))
    .bind(change.recorded_at)
    .bind(big(change.sequence))
    .bind(big(change.position))
    .execute(db)
    .await?;
    Ok(())
}

/// Of a profile, or (`None`) of all of the owner's.
pub(crate) async fn erase(
    db: &mut PgConnection,
    owner: UserId,
    profile: Option<ProfileId>,
    change: &Change,
) -> Result<(), ApplyError> {
    sqlx::query(
        "update invoices set details = $3, uuid_key = $3 \
         where owner = $1 and ($2::uuid is null or profile = $2) and position < $4",
    )
    .bind(owner.0)
    .bind(profile.map(|id| id.0))
    .bind(ERASED)
    .bind(big(change.position))
    .execute(db)
    .await?;
    Ok(())
}
