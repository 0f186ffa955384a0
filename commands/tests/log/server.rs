//! A Postgres that forgets, in a crash, all that nobody waited for.

use crate::harness::PASSWORD;
use commands::{CommandBus, FlushMode, LogConfig, migrate};
use devstack::{Stack, StackOptions};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::process::Command;
use std::sync::Arc;

/// A Postgres of one test's own. It flushes only when it is told to, and then slowly: what was
/// not waited for is lost in a crash almost for certain.
pub struct Server {
    stack: Stack,
    /// The superuser's pool.
    pub admin: PgPool,
}

const SETTINGS: [&str; 4] = [
    "wal_writer_delay = '10s'",
    "commit_delay = 20000",
    "commit_siblings = 0",
    // It commits when it likes.
    "autovacuum = off",
];

impl Server {
    pub fn run<F: Future<Output = ()>>(test: impl FnOnce(Arc<Self>) -> F) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let stack = Stack::start(StackOptions::default()).await.unwrap();
            let postgres = stack.postgres();
            postgres.create_database("relevo").await.unwrap();
            let url = postgres.url("postgres", postgres.password(), "relevo");
            let options = PgPoolOptions::new().max_connections(4);
            let admin = options.connect(&url).await.unwrap();
            migrate(&admin, PASSWORD).await.unwrap();
            for setting in SETTINGS {
                let set = format!("alter system set {setting}");
                sqlx::query(&set).execute(&admin).await.unwrap();
            }
            // Started again, so that it holds for everybody from the first moment on.
            postgres.stop().await.unwrap();
            postgres.start_again().await.unwrap();
            let server = Arc::new(Self { stack, admin });
            test(Arc::clone(&server)).await;
            let server = Arc::into_inner(server).expect("all tasks of the test have ended");
            server.admin.close().await;
            server.stack.stop().await.unwrap();
        });
    }

    fn url(&self, role: &str) -> String {
        self.stack.postgres().url(role, PASSWORD, "relevo")
    }

    pub async fn bus(&self) -> CommandBus {
        let outside = LogConfig {
            flush: FlushMode::Outside,
            ..LogConfig::new(self.url("relevo_api"))
        };
        CommandBus::connect(&outside).await.unwrap()
    }

    pub async fn pool(&self, role: &str) -> PgPool {
        let options = PgPoolOptions::new().max_connections(2);
        options.connect(&self.url(role)).await.unwrap()
    }

    /// Commits something that nobody waits for.
    pub async fn unflush(&self) {
        let write = "select set_config('synchronous_commit', 'off', true), \
                     pg_logical_emit_message(true, 'test', '')";
        sqlx::query(write).execute(&self.admin).await.unwrap();
        assert!(!self.all_is_flushed().await, "the test shows nothing");
    }

    /// Whether all that was committed is on disk, by what the server says.
    pub async fn all_is_flushed(&self) -> bool {
        let sql = "select pg_current_wal_insert_lsn() <= pg_current_wal_flush_lsn()";
        sqlx::query_scalar(sql)
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }

    /// All processes of the server at one instant, as when the machine's power goes: one that is
    /// left for a moment would finish the flush that it is in.
    pub async fn crash(&self) {
        let postgres = self.stack.postgres();
        let all = "kill -STOP $1; children=$(cat /proc/$1/task/$1/children); \
                   kill -STOP $children; kill -9 $children $1";
        let pid = postgres.pid().await.unwrap().to_string();
        let status = Command::new("sh").args(["-c", all, "sh", &pid]).status();
        assert!(status.unwrap().success());
        postgres.kill9().await.unwrap();
        postgres.start_again().await.unwrap();
    }
}
