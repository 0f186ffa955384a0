//! The whole executor of `commands` beside stock `cqrs-es` with `postgres-es`: the same aggregate,
//! the same commands, the same Postgres, turn about.
//!
//! One JSON line per level: `concurrency` tasks are in flight, each of them six commands of which
//! every one waits for the one before. `p50_ms` and `p99_ms` are the time of a task's six commands.
//! `flush_ms` is the median of a tiny synchronous commit between the rounds of the level: a shared
//! disk changes its mind. `ceiling_events_per_s` is what bare inserts of many rows reach.

use crate::measure::{Slice, Totals, ceiling, flushes, quantile, slice};
use crate::rivals::{Ours, Stock};
use commands::migrate;
use devstack::{Stack, StackOptions};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool};
use std::str::FromStr as _;
use std::time::Duration;

/// Tasks in flight.
pub const LEVELS: [usize; 4] = [1, 16, 50, 200];

/// How often ours and stock take turns at a level.
const ROUNDS: u32 = 5;
/// Before each measured slice, uncounted: connections, plans and caches are warm after it.
const WARM_UP: Duration = Duration::from_millis(500);
/// One measured slice.
const MEASURED: Duration = Duration::from_millis(1500);

const DATABASE: &str = "bench";
const PASSWORD: &str = "bench";

/// Prints one line per level.
pub async fn run(levels: &[usize]) -> anyhow::Result<()> {
    let stack = Stack::start(StackOptions::default()).await?;
    let measured = measure(&stack, levels).await;
    stack.stop().await?;
    measured
}

async fn measure(stack: &Stack, levels: &[usize]) -> anyhow::Result<()> {
    let postgres = stack.postgres();
    postgres.create_database(DATABASE).await?;
    let admin_url = postgres.url("postgres", postgres.password(), DATABASE);
    let admin = PgPoolOptions::new()
        .max_connections(4)
        .connect_with(PgConnectOptions::from_str(&admin_url)?)
        .await?;
    migrate(&admin, PASSWORD).await?;
    let ours = Ours::connect(&postgres.url("relevo_api", PASSWORD, DATABASE)).await?;
    let stock = Stock::connect(&admin, &admin_url).await?;
    same_events(&ours, &stock).await?;
    let ceiling = ceiling(&admin, &admin_url, MEASURED).await?;
    eprintln!("bare inserts: {ceiling:.0} events/s");
    for &concurrency in levels {
        let (mut a, mut b) = (Totals::default(), Totals::default());
        let mut flushes_ms = Vec::new();
        for round in 1..=ROUNDS {
            eprintln!("{concurrency} in flight, round {round} of {ROUNDS}");
            flushes_ms.extend(flushes(&admin).await?);
            a.add(fresh_slice(&admin, &ours, concurrency).await?);
            b.add(fresh_slice(&admin, &stock, concurrency).await?);
        }
        flushes_ms.sort_by(f64::total_cmp);
        let (ours_rate, stock_rate) = (a.events_per_s(), b.events_per_s());
        let line = json!({
            "bench": "log",
            "concurrency": concurrency,
            "events_per_s": ours_rate.round(),
            "stock_events_per_s": stock_rate.round(),
            "ratio": rounded(ours_rate / stock_rate),
            "p50_ms": rounded(a.quantile_ms(0.50)),
            "p99_ms": rounded(a.quantile_ms(0.99)),
            "stock_p50_ms": rounded(b.quantile_ms(0.50)),
            "stock_p99_ms": rounded(b.quantile_ms(0.99)),
            "flush_ms": rounded(quantile(&flushes_ms, 0.5)),
            "ceiling_events_per_s": ceiling.round(),
            "ceiling_share": rounded(ours_rate / ceiling),
        });
        println!("{line}");
    }
    Ok(())
}

/// A slice that does not pay for the dirty pages of the one before.
async fn fresh_slice<R: crate::rivals::Rival>(
    admin: &PgPool,
    rival: &R,
    concurrency: usize,
) -> anyhow::Result<Slice> {
    admin.execute("checkpoint").await?;
    slice(rival, concurrency, WARM_UP, MEASURED).await
}

/// Both must have recorded the same events for one task, or the comparison means nothing.
async fn same_events(ours: &Ours, stock: &Stock) -> anyhow::Result<()> {
    let (a, b) = (
        ours.events_of_a_task().await?,
        stock.events_of_a_task().await?,
    );
    anyhow::ensure!(a == b, "ours recorded {a:?}, stock {b:?}");
    anyhow::ensure!(
        a.len() == crate::work::COMMANDS,
        "{} events for {} commands",
        a.len(),
        crate::work::COMMANDS
    );
    Ok(())
}

/// Three decimals.
fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
