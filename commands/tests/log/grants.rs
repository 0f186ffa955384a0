//! Who may what in the schemas `log` and `vault`, by the catalogue and by trying.

use crate::harness::*;
use commands::SERVICE_ROLES;
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Every grant to somebody else than the owner. What is not here must not be there: who adds a table
/// or a function adds its lines.
const GRANTS: &[&str] = &[
    "function log.append relevo_agent: EXECUTE",
    "function log.append relevo_api: EXECUTE",
    "function log.append relevo_erase: EXECUTE",
    "function log.append relevo_reactor: EXECUTE",
    "function vault.close_erasure relevo_erase: EXECUTE",
    "function vault.destroy_keys relevo_erase: EXECUTE",
    "function vault.has_key relevo_erase: EXECUTE",
    "schema log relevo_agent: USAGE",
    "schema log relevo_api: USAGE",
    "schema log relevo_erase: USAGE",
    "schema log relevo_projector: USAGE",
    "schema log relevo_reactor: USAGE",
    "schema log relevo_relay: USAGE",
    "schema vault relevo_agent: USAGE",
    "schema vault relevo_api: USAGE",
    "schema vault relevo_erase: USAGE",
    "schema vault relevo_keys: USAGE",
    "schema vault relevo_vault_owner: USAGE",
    "table log.adoptions relevo_agent: SELECT",
    "table log.adoptions relevo_api: SELECT",
    "table log.adoptions relevo_projector: SELECT",
    "table log.adoptions relevo_reactor: SELECT",
    "table log.adoptions relevo_relay: SELECT",
    "table log.events relevo_agent: SELECT",
    "table log.events relevo_api: SELECT",
    "table log.events relevo_erase: SELECT",
    "table log.events relevo_projector: SELECT",
    "table log.events relevo_reactor: SELECT",
    "table log.events relevo_relay: SELECT",
    "table log.heads relevo_relay: INSERT SELECT",
    "table log.identity relevo_agent: SELECT",
    "table log.identity relevo_api: SELECT",
    "table log.identity relevo_erase: SELECT",
    "table log.identity relevo_projector: SELECT",
    "table log.identity relevo_reactor: SELECT",
    "table log.identity relevo_relay: SELECT",
    "table vault.data_keys relevo_agent: INSERT SELECT",
    "table vault.data_keys relevo_api: INSERT SELECT",
    "table vault.data_keys relevo_keys: INSERT SELECT",
    "table vault.data_keys relevo_vault_owner: DELETE SELECT",
    "table vault.data_keys.wrapped relevo_keys: UPDATE",
    "table vault.data_keys.wrapped_by relevo_keys: UPDATE",
    "table vault.erasures relevo_agent: SELECT",
    "table vault.erasures relevo_api: SELECT",
    "table vault.erasures relevo_erase: SELECT",
    "table vault.erasures relevo_keys: SELECT",
    "table vault.erasures.profile_id relevo_erase: INSERT",
    "table vault.erasures.user_id relevo_erase: INSERT",
    "table vault.key_checks relevo_agent: INSERT SELECT",
    "table vault.key_checks relevo_api: INSERT SELECT",
    "table vault.key_checks relevo_keys: INSERT SELECT",
];

/// Grants in the catalogue.
const CATALOGUE: &str = include_str!("sql/grants.sql");

#[test]
fn nobody_has_another_grant_than_those_listed() {
    with_database(async |db| {
        let mut found: Vec<String> = sqlx::query_scalar(CATALOGUE)
            .bind(["log", "vault"])
            .fetch_all(&db.admin)
            .await
            .unwrap();
        found.sort();
        assert_eq!(found, GRANTS);
    });
}

#[test]
fn the_log_is_guarded_by_its_owner_row_security_and_triggers() {
    with_database(async |db| {
        let one = async |sql: &str| -> bool {
            sqlx::query_scalar(sql).fetch_one(&db.admin).await.unwrap()
        };
        for (what, sql) in [
            (
                "roles have no power and nobody is a member of another",
                "select bool_and(not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb \
                 or rolreplication)) and not exists (select from pg_auth_members m join pg_roles p \
                 on m.member = p.oid or m.roleid = p.oid where p.rolname like 'relevo%') \
                 from pg_roles where rolname like 'relevo%'",
            ),
            (
                "owners can't log in",
                "select bool_and(not rolcanlogin) from pg_roles where rolname like 'relevo%owner'",
            ),
            (
                "the log's tables have its owner, but for the record of migrations",
                "select bool_and(r.rolname = 'relevo_log_owner') from pg_class c \
                 join pg_roles r on r.oid = c.relowner where c.relnamespace = 'log'::regnamespace \
                 and c.relkind in ('r', 'p') and c.relname <> '_sqlx_migrations'",
            ),
            (
                "events have row security, forced",
                "select relrowsecurity and relforcerowsecurity from pg_class \
                 where oid = 'log.events'::regclass",
            ),
            (
                "only the owner has a policy that is not for reading",
                "select array_agg(policyname || ' ' || roles::text) filter (where cmd <> 'SELECT') \
                 = array['append {relevo_log_owner}'] from pg_policies where tablename = 'events'",
            ),
            (
                "every table but identity and migrations refuses update, delete and truncate",
                "select bool_and((select count(*) from pg_trigger t where t.tgrelid = c.oid \
                 and t.tgenabled = 'O' and t.tgname in \
                 ('refuse_update', 'refuse_delete', 'refuse_truncate')) = 3) \
                 from pg_class c where c.oid in ('log.events'::regclass, 'log.heads'::regclass, \
                 'log.adoptions'::regclass)",
            ),
            (
                "functions that run as their owner have a pinned path",
                "select bool_and(p.proconfig @> array['search_path=pg_catalog, pg_temp']) \
                 from pg_proc p where p.pronamespace = 'log'::regnamespace",
            ),
            (
                "append runs as the log's owner",
                "select prosecdef and proowner = 'relevo_log_owner'::regrole from pg_proc \
                 where oid = 'log.append'::regproc",
            ),
        ] {
            assert!(one(sql).await, "{what}");
        }
    });
}

const ATTEMPTS: &[&str] = &[
    "insert into log.events select * from log.events",
    "update log.events set payload = '{}' where false",
    "delete from log.events",
    "truncate log.events",
    "alter table log.events add column more text",
    "alter table log.events disable trigger all",
    "alter table log.events disable row level security",
    "drop trigger refuse_update on log.events",
    "drop table log.events",
    "create policy more on log.events using (true)",
    "create table log.more ()",
    "create function log.more() returns int language sql as 'select 1'",
    "grant insert on log.events to public",
    "update log.identity set log_id = gen_random_uuid()",
    "insert into log.adoptions select * from log.adoptions",
    "delete from log.adoptions",
    "update log.heads set position = 1",
    "delete from vault.data_keys",
    "truncate vault.data_keys",
    "delete from vault.erasures",
    "update vault.erasures set destroyed_at = now()",
    "update vault.erasures set closed_at = now()",
    "create table vault.more ()",
    "alter table vault.data_keys disable trigger refuse_erased",
    "set role relevo_log_owner",
    "set role postgres",
    "set session authorization postgres",
    "set session_replication_role = replica",
];

#[test]
fn every_attempt_of_every_service_is_refused() {
    with_database(async |db| {
        running_task(&db.bus().await).await;
        for role in SERVICE_ROLES {
            let mut session = PgConnection::connect(&db.url(role)).await.unwrap();
            for attempt in ATTEMPTS {
                let refused = session.execute(*attempt).await;
                // A GRANT of what one doesn't have is a warning where one may see the table.
                if attempt.starts_with("grant") && refused.is_ok() {
                    continue;
                }
                assert_eq!(code(refused), "42501", "{role}: {attempt}");
            }
            let append = "select log.append((select log_id from log.identity), 'on', '{}', '{}', \
                          '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')";
            let appended = session.execute(append).await;
            let writers = [
                "relevo_api",
                "relevo_agent",
                "relevo_reactor",
                "relevo_erase",
            ];
            if writers.contains(&role) {
                appended.unwrap();
            } else {
                assert_eq!(code(appended), "42501", "{role}: log.append");
            }
            session.close().await.unwrap();
        }
        // Whatever a GRANT did above, it gave nothing.
        let given: i64 = sqlx::query_scalar(
            "select count(*) from information_schema.role_table_grants \
             where table_schema = 'log' and grantee = 'PUBLIC'",
        )
        .fetch_one(&db.admin)
        .await
        .unwrap();
        assert_eq!(given, 0);
    });
}

#[test]
fn triggers_refuse_the_owner_and_the_superuser() {
    with_database(async |db| {
        running_task(&db.bus().await).await;
        for role in ["postgres", "relevo_log_owner"] {
            for table in ["log.events", "log.heads", "log.adoptions"] {
                for attempt in [
                    format!("update {table} set position = 1 where false"),
                    format!("delete from {table}"),
                    format!("truncate {table}"),
                ] {
                    let mut tx = db.admin.begin().await.unwrap();
                    let set_role = format!("set local role {role}");
                    tx.execute(set_role.as_str()).await.unwrap();
                    let refused = tx.execute(attempt.as_str()).await;
                    assert_eq!(code(refused), "RL003", "{role}: {attempt}");
                }
            }
        }
    });
}

fn code(result: Result<sqlx::postgres::PgQueryResult, sqlx::Error>) -> String {
    let refused = result.expect_err("it was done");
    refused.as_database_error().unwrap().code().unwrap().into()
}
