//! Brings the schema `web` up to date.

use sqlx::{Executor as _, PgPool};
use thiserror::Error;

/// The schema `web` could not be brought up to date.
#[derive(Debug, Error)]
pub enum MigrateError {
    #[error("the database does not answer")]
    Database(#[from] sqlx::Error),
    #[error("a migration of the api's tables failed")]
    Migration(#[from] sqlx::migrate::MigrateError),
}

/// Makes or updates the api's tables. Runs after the log's migrations, which make the service
/// roles; may be called again and by several at once. `admin` must be a superuser.
///
/// # Errors
/// [`MigrateError`]; a failed migration leaves what was applied before it.
pub async fn migrate(admin: &PgPool) -> Result<(), MigrateError> {
    let mut connection = admin.acquire().await?.detach();
    // Held to the end of this session: one migration at a time in this database.
    connection
        .execute("select pg_advisory_lock(7305460, 5)")
        .await?;
    // Roles belong to the cluster: another database may be making it at this moment.
    connection
        .execute(
            "do $$ begin create role relevo_web_owner nologin; \
             exception when duplicate_object or unique_violation then null; end $$",
        )
        .await?;
    connection
        .execute("create schema if not exists web authorization relevo_web_owner")
        .await?;
    connection.execute("set search_path = web").await?;
    sqlx::migrate!("./migrations").run(&mut connection).await?;
    sqlx::Connection::close(connection).await?;
    Ok(())
}
