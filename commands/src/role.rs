//! The role that a service comes with.

use crate::error::LogError;
use sqlx::PgConnection;

/// Refuses a role that could change the log: it makes every promise about it void.
///
/// # Errors
/// [`LogError::TooPowerful`], or when the database does not answer.
pub async fn refuse_powerful(connection: &mut PgConnection) -> Result<(), LogError> {
    let (role, superuser, bypass, owner): (String, bool, bool, bool) = sqlx::query_as(
        "select rolname::text, rolsuper, rolbypassrls, \
         pg_has_role(oid, 'relevo_log_owner', 'member') from pg_roles where rolname = current_user",
    )
    .fetch_one(connection)
    .await?;
    let why = match (superuser, bypass, owner) {
        (true, _, _) => "a superuser",
        (_, true, _) => "it bypasses row security",
        (_, _, true) => "it owns the log",
        _ => return Ok(()),
    };
    Err(LogError::TooPowerful { role, why })
}
