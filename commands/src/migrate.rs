//! Brings a database up to date: roles, the log, the vault.

use crate::error::MigrateError;
use sqlx::{Executor as _, PgConnection, PgPool};

/// The login roles of the services, of `relevo keys` and of `relevo erase`. None owns anything.
pub const SERVICE_ROLES: [&str; 7] = [
    "relevo_api",
    "relevo_agent",
    "relevo_relay",
    "relevo_projector",
    "relevo_reactor",
    "relevo_keys",
    "relevo_erase",
];

/// What each service role is set to. Plans stay what they are when a table grows from nothing (a
/// plan cached on an empty table is a sequential scan for ever, and `enable_seqscan = off` alone
/// brings JIT on each call); a client that died lets go of the log's lock within seconds.
const ROLE_SETTINGS: [(&str, &str); 9] = [
    ("jit", "off"),
    ("enable_seqscan", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("lock_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("tcp_keepalives_idle", "5"),
    ("tcp_keepalives_interval", "2"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
];

/// Makes the roles (with `service_password`) and the schemas `log` and `vault`, or brings them up
/// to date. May be called again and by several at once. `admin` must be a superuser.
///
/// The record of what was applied is `log._sqlx_migrations`, so that other crates' migrators can
/// keep theirs in their own schema.
///
/// # Errors
/// [`MigrateError`]; a failed migration leaves what was applied before it.
pub async fn migrate(admin: &PgPool, service_password: &str) -> Result<(), MigrateError> {
    let mut connection = admin.acquire().await?.detach();
    // Held to the end of this session: one migration at a time in this database.
    connection
        .execute("select pg_advisory_lock(7305460, 2)")
        .await?;
    ensure_roles(&mut connection, service_password)
        .await
        .map_err(MigrateError::Roles)?;
    connection
        .execute("create schema if not exists log authorization relevo_log_owner")
        .await?;
    connection.execute("set search_path = log").await?;
    sqlx::migrate!("./migrations").run(&mut connection).await?;
    sqlx::Connection::close(connection).await?;
    Ok(())
}

/// Roles belong to the cluster: two databases migrated at once may meet here, so every step may
/// find its work done, and is repeated when the other one was changing the same row.
async fn ensure_roles(connection: &mut PgConnection, password: &str) -> Result<(), sqlx::Error> {
    let mut left = 20;
    loop {
        let error = match try_roles(connection, password).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        // XX000 "tuple concurrently updated", 42710/23505 "exists already".
        let met_another = error
            .as_database_error()
            .and_then(|e| e.code())
            .is_some_and(|code| ["XX000", "42710", "23505"].contains(&code.as_ref()));
        if !met_another || left == 0 {
            return Err(error);
        }
        left -= 1;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn try_roles(connection: &mut PgConnection, password: &str) -> Result<(), sqlx::Error> {
    for owner in ["relevo_log_owner", "relevo_vault_owner"] {
        ensure_role(connection, owner, "nologin").await?;
    }
    for role in SERVICE_ROLES {
        ensure_role(connection, role, "login").await?;
        for (name, value) in ROLE_SETTINGS {
            let sql = format!("alter role {role} set {name} = '{value}'");
            connection.execute(sql.as_str()).await?;
        }
        let sql: String = sqlx::query_scalar("select format('alter role %I password %L', $1, $2)")
            .bind(role)
            .bind(password)
            .fetch_one(&mut *connection)
            .await?;
        connection.execute(sql.as_str()).await?;
    }
    Ok(())
}

async fn ensure_role(
    connection: &mut PgConnection,
    role: &str,
    login: &str,
) -> Result<(), sqlx::Error> {
    let known: bool = sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
        .bind(role)
        .fetch_one(&mut *connection)
        .await?;
    let verb = if known { "alter" } else { "create" };
    let sql = format!(
        "{verb} role {role} {login} nosuperuser nocreatedb nocreaterole noreplication nobypassrls"
    );
    connection.execute(sql.as_str()).await?;
    Ok(())
}
