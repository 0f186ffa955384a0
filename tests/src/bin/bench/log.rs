//! The whole executor of `commands` beside stock `cqrs-es` with `postgres-es`: the same aggregate,
//! the same commands, the same Postgres, turn about.
//!
//! One JSON line per disk (as it is, and slow: each flush waits for 3.5 ms), number of writers (each a
//! process), place
//! of the flush and level: `concurrency` tasks are in flight, each of them six commands of which
//! every one waits for the one before. `p50_ms` and `p99_ms` are the time of a task's six commands.
//! `flush_ms` is the median of a tiny synchronous commit between the rounds of the level: a shared
//! disk changes its mind. `ceiling_events_per_s` is what bare inserts of many rows reach.

use crate::fleet::{self, Fleet};
use crate::measure::{Totals, ceiling, flushes, quantile, slice};
use crate::rivals::{Ours, Stock};
use commands::{FlushMode, migrate};
use devstack::{Stack, StackOptions};
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool};
use std::str::FromStr as _;
use std::time::Duration;

/// Tasks in flight.
pub const LEVELS: [usize; 3] = [1, 50, 200];

/// How often ours, both ways, and stock take turns at a level.
const ROUNDS: u32 = 3;
/// Before each measured slice, uncounted: connections, plans and caches are warm after it.
const WARM_UP: Duration = Duration::from_millis(500);
/// One measured slice.
const MEASURED: Duration = Duration::from_millis(1500);

const DATABASE: &str = "bench";
const PASSWORD: &str = "bench";

/// One way to run ours.
#[derive(Clone, Copy)]
struct Setting {
    slow: bool,
    writers: usize,
    flush: FlushMode,
}

/// Prints one line per setting and level.
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
    let url = postgres.url("relevo_api", PASSWORD, DATABASE);
    let stock = Stock::connect(&admin, &admin_url).await?;
    let one = Ours::connect(&url, FlushMode::Inside).await?;
    same_events(&one, &stock).await?;
    drop(one);
    for slow in [false, true] {
        let delay = if slow { 3500 } else { 0 };
        for setting in [
            format!("commit_delay = {delay}"),
            "commit_siblings = 0".to_owned(),
        ] {
            let set = format!("alter system set {setting}");
            admin.execute(set.as_str()).await?;
        }
        admin.execute("select pg_reload_conf()").await?;
        let ceiling = ceiling(&admin, &admin_url, MEASURED).await?;
        eprintln!("bare inserts: {ceiling:.0} events/s");
        for writers in [1, 3] {
            for &concurrency in levels {
                let setting = |flush| Setting {
                    slow,
                    writers,
                    flush,
                };
                let ways = [FlushMode::Inside, FlushMode::Outside].map(setting);
                level(&admin, &url, &stock, ways, concurrency, ceiling).await?;
            }
        }
    }
    Ok(())
}

/// Both places of the flush and stock, turn about.
async fn level(
    admin: &PgPool,
    url: &str,
    stock: &Stock,
    ways: [Setting; 2],
    concurrency: usize,
    ceiling: f64,
) -> anyhow::Result<()> {
    let mut ours = Vec::new();
    for way in ways {
        let fleet = Fleet::start(url, way.flush, way.writers).await?;
        ours.push((way, fleet, Totals::default()));
    }
    let (mut b, mut flushes_ms) = (Totals::default(), Vec::new());
    for round in 1..=ROUNDS {
        eprintln!("{concurrency} in flight, round {round} of {ROUNDS}");
        flushes_ms.extend(flushes(admin).await?);
        for (_, fleet, totals) in &mut ours {
            fresh(admin).await?;
            totals.add(fleet.slice(concurrency, WARM_UP, MEASURED).await?);
        }
        fresh(admin).await?;
        b.add(slice(stock, concurrency, WARM_UP, MEASURED).await?);
    }
    flushes_ms.sort_by(f64::total_cmp);
    for (way, _, a) in ours {
        let (ours_rate, stock_rate) = (a.events_per_s(), b.events_per_s());
        let line = json!({
            "bench": "log",
            "disk": if way.slow { "slow" } else { "as it is" },
            "writers": way.writers,
            "flush": fleet::name(way.flush),
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

/// So that a slice does not pay for the dirty pages of the one before.
async fn fresh(admin: &PgPool) -> anyhow::Result<()> {
    admin.execute("checkpoint").await?;
    Ok(())
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
