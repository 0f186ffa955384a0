//! The two ways to execute a command that are compared.

use crate::work::task_commands;
use anyhow::Context as _;
use commands::{CommandBus, Context, FlushMode, LogConfig};
use domain::task::Task;
use domain::{Now, UserId};
use postgres_es::{PostgresCqrs, postgres_cqrs};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool};
use std::str::FromStr as _;
use std::sync::Arc;
use uuid::Uuid;

/// Executes all commands of a new task, one after another. Cheap to clone.
pub trait Rival: Clone + Send + Sync + 'static {
    fn run_task(&self) -> impl Future<Output = anyhow::Result<String>> + Send;
}

/// The bus of `commands`, as every service uses it.
#[derive(Clone)]
pub struct Ours(CommandBus);

impl Ours {
    pub async fn connect(url: &str, flush: FlushMode) -> anyhow::Result<Self> {
        let config = LogConfig {
            flush,
            ..LogConfig::new(url)
        };
        Ok(Self(CommandBus::connect(&config).await?))
    }

    /// The types of the events that a task leaves behind.
    pub async fn events_of_a_task(&self) -> anyhow::Result<Vec<String>> {
        let id = self.run_task().await?;
        let stored = self.0.log().read_stream("task", &id, 0).await?;
        Ok(stored.into_iter().map(|event| event.event_type).collect())
    }
}

impl Rival for Ours {
    async fn run_task(&self) -> anyhow::Result<String> {
        let id = Uuid::now_v7().to_string();
        for command in task_commands(&id) {
            let context = Context::user(UserId(Uuid::from_u128(7)));
            self.0.execute::<Task>(&id, command, &context).await?;
        }
        Ok(id)
    }
}

/// `CqrsFramework` over `postgres-es`' event store, on its own table, with the same metadata's
/// worth of text.
#[derive(Clone)]
pub struct Stock {
    cqrs: Arc<PostgresCqrs<Task>>,
    pool: PgPool,
}

/// The table as postgres-es' `db/init.sql` makes it.
const STOCK_TABLE: &str = "
    create schema stock;
    create table stock.events (
        aggregate_type text not null,
        aggregate_id text not null,
        sequence bigint check (sequence >= 0) not null,
        event_type text not null,
        event_version text not null,
        payload json not null,
        metadata json not null,
        primary key (aggregate_type, aggregate_id, sequence)
    )";

/// More than postgres-es' own ten, so that the pool is not what is measured.
const STOCK_CONNECTIONS: u32 = 16;

impl Stock {
    pub async fn connect(admin: &PgPool, url: &str) -> anyhow::Result<Self> {
        admin.execute(STOCK_TABLE).await?;
        let options = PgConnectOptions::from_str(url)?.options([("search_path", "stock")]);
        let pool = PgPoolOptions::new()
            .max_connections(STOCK_CONNECTIONS)
            .min_connections(STOCK_CONNECTIONS)
            .connect_with(options)
            .await?;
        let now: chrono::DateTime<chrono::Utc> = sqlx::query_scalar("select clock_timestamp()")
            .fetch_one(&pool)
            .await?;
        let cqrs = Arc::new(postgres_cqrs(pool.clone(), vec![], Now(now)));
        Ok(Self { cqrs, pool })
    }

    /// The types of the events that a task leaves behind.
    pub async fn events_of_a_task(&self) -> anyhow::Result<Vec<String>> {
        let id = self.run_task().await?;
        sqlx::query_scalar(
            "select event_type from events where aggregate_id = $1 order by sequence",
        )
        .bind(id)
        .fetch_all(&self.pool)
        .await
        .context("the stock table can't be read")
    }
}

impl Rival for Stock {
    async fn run_task(&self) -> anyhow::Result<String> {
        let id = Uuid::now_v7().to_string();
        for command in task_commands(&id) {
            let metadata = [
                ("command_id", Uuid::now_v7().to_string()),
                ("command", command.name().to_owned()),
                ("actor", format!("user:{}", Uuid::from_u128(7))),
            ];
            let metadata = metadata.map(|(key, value)| (key.to_owned(), value));
            self.cqrs
                .execute_with_metadata(&id, command, metadata.into())
                .await?;
        }
        Ok(id)
    }
}
