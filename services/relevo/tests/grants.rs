//! Who may what in the schemas `read`, `work` and `web`, as `relevo migrate` makes them: by the
//! catalogue and by trying. For `log` and `vault` see `commands/tests/log/grants.rs`.
#![allow(clippy::unwrap_used, reason = "tests")]

use commands::SERVICE_ROLES;
use devstack::{Stack, StackOptions};
use sqlx::{Connection as _, Executor as _, PgConnection, PgPool};
use std::process::Command;

const SCHEMAS: [&str; 3] = ["read", "web", "work"];

/// Every grant to somebody else than the owner. What is not here must not be there: who adds a table
/// or a function adds its lines.
const GRANTS: &[&str] = &[
    "function web.end_session relevo_api: EXECUTE",
    "function web.sweep relevo_api: EXECUTE",
    "function web.use_session relevo_api: EXECUTE",
    "function work.next_work relevo_agent: EXECUTE",
    "schema read relevo_api: USAGE",
    "schema read relevo_projector: USAGE",
    "schema read relevo_relay: USAGE",
    "schema web relevo_api: USAGE",
    "schema work relevo_agent: USAGE",
    "schema work relevo_api: USAGE",
    "schema work relevo_reactor: USAGE",
    "schema work relevo_relay: USAGE",
    "table read.browser_sessions relevo_api: SELECT",
    "table read.browser_sessions relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.checkpoints relevo_api: SELECT",
    "table read.checkpoints relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.checkpoints relevo_relay: SELECT",
    "table read.inbox relevo_api: SELECT",
    "table read.inbox relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.invoices relevo_api: SELECT",
    "table read.invoices relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.parked relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.profiles relevo_api: SELECT",
    "table read.profiles relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.task_steps relevo_api: SELECT",
    "table read.task_steps relevo_projector: DELETE INSERT SELECT UPDATE",
    "table read.tasks relevo_api: SELECT",
    "table read.tasks relevo_projector: DELETE INSERT SELECT UPDATE",
    "table web.sessions relevo_api: DELETE INSERT",
    "table web.sessions.created_at relevo_api: SELECT",
    "table web.sessions.expires_at relevo_api: SELECT",
    "table web.sessions.last_seen_at relevo_api: SELECT",
    "table web.sessions.session_id relevo_api: SELECT",
    "table web.sessions.user_agent relevo_api: SELECT",
    "table web.sessions.user_id relevo_api: SELECT",
    "table web.sign_ins relevo_api: DELETE INSERT SELECT",
    "table work.checkpoint relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.checkpoint relevo_relay: SELECT",
    "table work.control_beats relevo_api: DELETE INSERT SELECT UPDATE",
    "table work.control_beats relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.deliveries relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.leases relevo_agent: DELETE INSERT SELECT UPDATE",
    "table work.leases relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.retention relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.tasks relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.timers relevo_reactor: DELETE INSERT SELECT UPDATE",
    "table work.work relevo_reactor: DELETE INSERT SELECT UPDATE",
];

/// Every policy: table, name, roles, command, whose rows.
const POLICIES: &[&str] = &[
    "read.browser_sessions own relevo_api ALL: own",
    "read.browser_sessions project relevo_projector ALL: all",
    "read.inbox own relevo_api ALL: own",
    "read.inbox project relevo_projector ALL: all",
    "read.invoices own relevo_api ALL: own",
    "read.invoices project relevo_projector ALL: all",
    "read.parked project relevo_projector ALL: all",
    "read.profiles own relevo_api ALL: own",
    "read.profiles project relevo_projector ALL: all",
    "read.task_steps own relevo_api ALL: own",
    "read.task_steps project relevo_projector ALL: all",
    "read.tasks own relevo_api ALL: own",
    "read.tasks project relevo_projector ALL: all",
    "web.sessions keep relevo_web_owner ALL: all",
    "web.sessions own relevo_api ALL: own",
    "web.sign_ins begin relevo_api ALL: all",
    "web.sign_ins keep relevo_web_owner ALL: all",
    "work.control_beats beat relevo_api ALL: all",
    "work.control_beats react relevo_reactor ALL: all",
    "work.deliveries react relevo_reactor ALL: all",
    "work.leases beat relevo_agent ALL: all",
    "work.leases react relevo_reactor ALL: all",
    "work.retention react relevo_reactor ALL: all",
    "work.tasks react relevo_reactor ALL: all",
    "work.timers react relevo_reactor ALL: all",
    "work.work hand_out relevo_work_owner ALL: all",
    "work.work react relevo_reactor ALL: all",
];

/// Tables without anybody's data: how far readers are, and which migrations ran.
const OPEN: &[&str] = &[
    "read._sqlx_migrations",
    "read.checkpoints",
    "web._sqlx_migrations",
    "work._sqlx_migrations",
    "work.checkpoint",
];

struct Migrated {
    stack: Stack,
    admin: PgPool,
}

impl Migrated {
    async fn new() -> Self {
        let options = StackOptions {
            with_oidc: true,
            ..StackOptions::default()
        };
        let stack = Stack::start(options).await.unwrap();
        let mut migrate = Command::new(env!("CARGO_BIN_EXE_relevo"));
        migrate.arg("migrate").env_clear().envs(stack.relevo_env());
        let done = migrate.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
        let postgres = stack.postgres();
        let admin = postgres.url("postgres", postgres.password(), "relevo");
        let admin = PgPool::connect(&admin).await.unwrap();
        Self { stack, admin }
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let query = sqlx::query_scalar(sql).bind(SCHEMAS);
        let mut found: Vec<String> = query.fetch_all(&self.admin).await.unwrap();
        found.sort();
        found
    }

    async fn session(&self, role: &str) -> PgConnection {
        let password = self.stack.service_password();
        let url = self.stack.postgres().url(role, password, "relevo");
        PgConnection::connect(&url).await.unwrap()
    }

    async fn end(self) {
        self.admin.close().await;
        self.stack.stop().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_has_another_grant_or_policy_than_those_listed() {
    let db = Migrated::new().await;
    let grants = include_str!("../../../commands/tests/log/sql/grants.sql");
    assert_eq!(db.texts(grants).await, GRANTS);
    let policies = "select schemaname || '.' || tablename || ' ' || policyname || ' ' \
                    || array_to_string(roles, ' ') || ' ' || cmd || ': ' || case \
                    when with_check is distinct from qual then 'reads and writes differ' \
                    when qual = 'true' then 'all' \
                    when qual like '(% = (NULLIF(current_setting(''relevo.user_id''::text, true), \
                    ''''::text))::uuid)' then 'own' else qual end \
                    from pg_policies where schemaname = any($1)";
    assert_eq!(db.texts(policies).await, POLICIES);
    let open = "select n.nspname || '.' || c.relname from pg_class c \
                join pg_namespace n on n.oid = c.relnamespace where n.nspname = any($1) \
                and c.relkind in ('r', 'p', 'm', 'f') \
                and not (c.relrowsecurity and c.relforcerowsecurity)";
    assert_eq!(db.texts(open).await, OPEN);
    for (what, sql) in [
        (
            "views see what who asks may see",
            "select c.oid::regclass::text from pg_class c \
             where c.relnamespace::regnamespace::text = any($1) and c.relkind = 'v' \
             and not coalesce(c.reloptions @> array['security_invoker=true'], false)",
        ),
        (
            "functions that run as their owner have a pinned path, and an owner who can't log in",
            "select p.oid::regprocedure::text from pg_proc p join pg_roles r on r.oid = p.proowner \
             where p.pronamespace::regnamespace::text = any($1) and p.prosecdef \
             and (r.rolcanlogin or not coalesce(p.proconfig \
             @> array['search_path=pg_catalog, pg_temp'], false))",
        ),
        (
            "tables belong to owners who can't log in, but for the record of migrations",
            "select c.oid::regclass::text from pg_class c join pg_roles r on r.oid = c.relowner \
             where c.relnamespace::regnamespace::text = any($1) \
             and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relname <> '_sqlx_migrations' \
             and r.rolname <> 'relevo_' || c.relnamespace::regnamespace || '_owner'",
        ),
    ] {
        assert_eq!(db.texts(sql).await, [] as [String; 0], "{what}");
    }
    db.end().await;
}

/// A table, and its first column with its type.
async fn tables(db: &Migrated) -> Vec<(String, String, String)> {
    let sql = "select n.nspname || '.' || c.relname, a.attname::text, \
               format_type(a.atttypid, a.atttypmod) from pg_class c \
               join pg_namespace n on n.oid = c.relnamespace \
               join pg_attribute a on a.attrelid = c.oid and a.attnum = 1 \
               where n.nspname = any($1) and c.relkind in ('r', 'p', 'v') order by 1";
    let query = sqlx::query_as(sql).bind(SCHEMAS);
    query.fetch_all(&db.admin).await.unwrap()
}

/// Whether the list lets a role do that to a table, or to a column of it.
fn listed(table: &str, role: &str, privilege: &str) -> bool {
    let begins = [format!("table {table} "), format!("table {table}.")];
    GRANTS.iter().any(|line| {
        let (whom, what) = line.split_once(": ").unwrap();
        begins.iter().any(|begin| whom.starts_with(begin))
            && whom.ends_with(&format!(" {role}"))
            && what.split(' ').any(|word| word == privilege)
    })
}

#[tokio::test]
async fn every_role_can_do_what_is_listed_and_nothing_else() {
    let db = Migrated::new().await;
    let tables = tables(&db).await;
    let mut done = 0;
    for role in SERVICE_ROLES {
        let mut session = db.session(role).await;
        for (table, column, of_type) in &tables {
            for (privilege, attempt) in [
                ("SELECT", format!("select count(*) from {table}")),
                (
                    "INSERT",
                    format!("insert into {table} ({column}) select null::{of_type} where false"),
                ),
                (
                    "UPDATE",
                    format!("update {table} set {column} = null where false"),
                ),
                ("DELETE", format!("delete from {table} where false")),
                ("TRUNCATE", format!("truncate {table}")),
                (
                    "",
                    format!("alter table {table} disable row level security"),
                ),
                ("", format!("create policy more on {table} using (true)")),
                ("", format!("drop table {table}")),
            ] {
                let tried = session.execute(attempt.as_str()).await;
                let may = listed(table, role, privilege);
                done += usize::from(may);
                assert_eq!(tried.is_ok(), may, "{role}: {attempt}: {tried:?}");
                if let Err(refused) = tried {
                    let code = refused.as_database_error().unwrap().code();
                    assert_eq!(code.as_deref(), Some("42501"), "{role}: {attempt}");
                }
            }
        }
        for attempt in SCHEMAS.iter().flat_map(|schema| {
            [
                format!("create table {schema}.more ()"),
                format!("create function {schema}.more() returns int language sql as 'select 1'"),
                format!("set role relevo_{schema}_owner"),
            ]
        }) {
            let refused = session.execute(attempt.as_str()).await.unwrap_err();
            let code = refused.as_database_error().unwrap().code();
            assert_eq!(code.as_deref(), Some("42501"), "{role}: {attempt}");
        }
        session.close().await.unwrap();
    }
    assert!(done > 50, "who may nothing shows nothing: {done}");
    db.end().await;
}
