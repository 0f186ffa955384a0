//! Brings the schema `read` up to date.

use crate::error::MigrateError;
use sqlx::migrate::Migrator;
use sqlx::{Executor as _, PgPool};

/// Makes or updates the read models. Runs after the log's migrations, which make the service roles;
/// may be called again and by several at once. `admin` must be a superuser.
///
/// # Errors
/// [`MigrateError`]; a failed migration leaves what was applied before it.
pub async fn migrate(admin: &PgPool) -> Result<(), MigrateError> {
    let mut connection = admin.acquire().await?.detach();
    // Held to the end of this session: one migration at a time in this database.
    connection
        .execute("select pg_advisory_lock(7305460, 3)")
        .await?;
    // Roles belong to the cluster: another database may be making it at this moment.
    connection
        .execute(
            "do $$ begin create role relevo_read_owner nologin; \
             exception when duplicate_object or unique_violation then null; end $$",
        )
        .await?;
    connection
        .execute("create schema if not exists read authorization relevo_read_owner")
        .await?;
    connection.execute("set search_path = read").await?;
    for mut migrator in migrators() {
        // All share one record; each knows its own files only.
        migrator
            .set_ignore_missing(true)
            .run(&mut connection)
            .await?;
    }
    sqlx::Connection::close(connection).await?;
    Ok(())
}

/// One per read model. File numbers are unique over all of them.
fn migrators() -> [Migrator; 7] {
    [
        sqlx::migrate!("./migrations"),
        sqlx::migrate!("./src/tasks/migrations"),
        sqlx::migrate!("./src/task_steps/migrations"),
        sqlx::migrate!("./src/browser_sessions/migrations"),
        sqlx::migrate!("./src/profiles/migrations"),
        sqlx::migrate!("./src/invoices/migrations"),
        sqlx::migrate!("./src/inbox/migrations"),
    ]
}
