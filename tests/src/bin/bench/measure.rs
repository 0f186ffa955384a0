//! Clocks and counts.

use crate::rivals::Rival;
use crate::work::COMMANDS;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool};
use std::str::FromStr as _;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use uuid::Uuid;

/// What was seen in one measured slice.
pub struct Slice {
    /// Tasks that ended within the slice: how long each took.
    tasks_ms: Vec<f64>,
    seconds: f64,
}

impl Slice {
    /// Of several processes at the same time.
    pub fn of_all(tasks_ms: Vec<Vec<f64>>, measured: Duration) -> Self {
        Self {
            tasks_ms: tasks_ms.concat(),
            seconds: measured.as_secs_f64(),
        }
    }

    pub fn tasks_ms(&self) -> &[f64] {
        &self.tasks_ms
    }
}

/// Several slices of one side.
#[derive(Default)]
pub struct Totals {
    tasks_ms: Vec<f64>,
    seconds: f64,
}

impl Totals {
    pub fn add(&mut self, slice: Slice) {
        self.tasks_ms.extend(slice.tasks_ms);
        self.seconds += slice.seconds;
        self.tasks_ms.sort_by(f64::total_cmp);
    }

    pub fn events_per_s(&self) -> f64 {
        (self.tasks_ms.len() * COMMANDS) as f64 / self.seconds
    }

    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self::quantile(&self.tasks_ms, quantile)
    }
}

/// Of sorted values; not a number when there are none.
pub fn quantile(sorted: &[f64], quantile: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    let at = (last as f64 * quantile).round() as usize;
    sorted.get(at).copied().unwrap_or(f64::NAN)
}

/// Keeps `concurrency` tasks in flight, and counts those that end between the warm-up and the end.
pub async fn slice<R: Rival>(
    rival: &R,
    concurrency: usize,
    warm_up: Duration,
    measured: Duration,
) -> anyhow::Result<Slice> {
    let from = Instant::now() + warm_up;
    let until = from + measured;
    let mut lanes = JoinSet::new();
    for _ in 0..concurrency {
        let rival = rival.clone();
        lanes.spawn(async move {
            let mut tasks_ms = Vec::new();
            loop {
                let begun = Instant::now();
                if begun >= until {
                    return anyhow::Ok(tasks_ms);
                }
                rival.run_task().await?;
                let ended = Instant::now();
                if from <= ended && ended < until {
                    tasks_ms.push((ended - begun).as_secs_f64() * 1000.0);
                }
            }
        });
    }
    let mut tasks_ms = Vec::new();
    while let Some(lane) = lanes.join_next().await {
        tasks_ms.extend(lane??);
    }
    Ok(Slice {
        tasks_ms,
        seconds: measured.as_secs_f64(),
    })
}

/// Times of commits that must reach the disk and hold next to nothing, in milliseconds; the round
/// trip is in them.
pub async fn flushes(admin: &PgPool) -> anyhow::Result<Vec<f64>> {
    let mut connection = admin.acquire().await?;
    let mut times = Vec::new();
    for _ in 0..50 {
        let begun = Instant::now();
        // `true`: as part of the transaction; `false` would flush nothing.
        sqlx::query("select pg_logical_emit_message(true, 'bench', '')")
            .execute(&mut *connection)
            .await?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(times)
}

/// Rows of one statement of [`ceiling`], as many as the log's writer puts into one call.
const CEILING_ROWS: i32 = 256;
/// As many as there are cores on the smallest machine we measure on.
const CEILING_CONNECTIONS: u32 = 2;

/// Events a second when rows of the same columns and width are inserted, many at once, as fast as
/// Postgres takes them: no order, no chain, no verdicts, the texts made by the server itself.
pub async fn ceiling(admin: &PgPool, url: &str, measured: Duration) -> anyhow::Result<f64> {
    admin
        .execute(
            "create schema bare; create table bare.events (like log.events); \
             alter table bare.events add primary key (position), \
             add unique (aggregate_type, aggregate_id, sequence); \
             create sequence bare.positions cache 256",
        )
        .await?;
    let pool = PgPoolOptions::new()
        .max_connections(CEILING_CONNECTIONS)
        .connect_with(PgConnectOptions::from_str(url)?)
        .await?;
    let begun = Instant::now();
    let mut lanes = JoinSet::new();
    for _ in 0..CEILING_CONNECTIONS {
        let pool = pool.clone();
        lanes.spawn(async move {
            let mut rows = 0;
            while begun.elapsed() < measured {
                let insert = sqlx::query(
                    "insert into bare.events
                     select nextval('bare.positions'), n, clock_timestamp(), gen_random_uuid(),
                         'task', $1, 'StepRecorded', '1',
                         json_build_object('StepRecorded', repeat('x', 120)),
                         json_build_object('command_id', repeat('x', 180)),
                         sha256('leaf'), sha256('chain')
                     from generate_series(1, $2) n",
                );
                let insert = insert.bind(Uuid::now_v7().to_string()).bind(CEILING_ROWS);
                rows += insert.execute(&pool).await?.rows_affected();
            }
            anyhow::Ok(rows)
        });
    }
    let mut rows = 0;
    while let Some(lane) = lanes.join_next().await {
        rows += lane??;
    }
    let rate = rows as f64 / begun.elapsed().as_secs_f64();
    admin.execute("drop schema bare cascade").await?;
    Ok(rate)
}
