//! From the log to JetStream, in order, each event once.
//!
//! The relay keeps no place of its own: it reads it from the stream's last message and compares that
//! with the log. A stream that is not a piece of this log is deleted and made anew, so a wiped,
//! purged or restored broker heals by itself. A stream that is ahead of its log shows that the log was
//! put back or has lost its end: the relay stops until that log was adopted under another id. Every publish names the sequence it expects to follow,
//! so two relays can't interleave; leadership only saves them the trouble.
//!
//! Beside it the relay signs heads of the log (module `heads`), which needs no NATS.
//!
//! No `Nats-Msg-Id`: after a purge within its window a refill would be acknowledged and not stored.

mod heads;
mod place;
mod publish;
mod stream;

use anyhow::Context as _;
use async_nats::{Event, jetstream};
use commands::EventLog;
use futures::{FutureExt as _, StreamExt as _};
use kit::config::Config;
use kit::leader::{Leadership, Role};
use kit::reader::Lost;
use kit::subjects::LOG_HINT;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long the relay relies on hints before it looks for itself.
const TICK: Duration = Duration::from_secs(1);

/// Events read and published at once.
const BATCH: u32 = 256;

/// Relays until `stop` is cancelled. Waits out whatever is wrong with Postgres or NATS.
///
/// # Errors
/// When the configuration can't be used, or the log has lost events ([`Lost`]).
pub async fn run(config: &Config, stop: CancellationToken) -> anyhow::Result<()> {
    let url = config.database.role_url("relevo_relay");
    let pool = PgPoolOptions::new()
        .max_connections(3)
        .acquire_timeout(Duration::from_secs(5))
        .connect_lazy(&url)
        .context("database.url can't be used")?;
    let signer = heads::signer(config, &pool)?;
    let (nats, connected) = connect(&config.nats.url).await?;
    let mut context = jetstream::new(nats.clone());
    context.set_timeout(Duration::from_secs(3));
    let mut hints = nats.subscribe(LOG_HINT).await?;
    let mut relay = Relay {
        log: EventLog::from_pool(pool.clone()),
        pool,
        nats,
        context,
        connected,
    };
    if let Some(checked) = stop
        .run_until_cancelled(kit::role::checked(&relay.pool))
        .await
    {
        checked.context("the relay doesn't start")?;
    }
    let relaying = async {
        let ended = stop.run_until_cancelled(keep_leading(&url, &mut relay, &mut hints));
        ended.await.map_or(Ok(()), Err)
    };
    let signing = async {
        heads::keep_signing(&url, signer, config.audit.interval_seconds, &stop).await;
        Ok(())
    };
    // A log that has lost events is not signed either.
    let ended = tokio::try_join!(relaying, signing);
    ended.context("the relay stops")?;
    Ok(())
}

/// What a relay works with.
struct Relay {
    log: EventLog,
    pool: PgPool,
    nats: async_nats::Client,
    context: jetstream::Context,
    /// Grows with each connection made to NATS.
    connected: watch::Receiver<u64>,
}

/// Leads, again and again, until the log turns out to have lost events.
async fn keep_leading(url: &str, relay: &mut Relay, hints: &mut async_nats::Subscriber) -> Lost {
    const PAUSE: Duration = Duration::from_millis(200);
    let mut pause = PAUSE;
    loop {
        let begun = Instant::now();
        if let Err(error) = lead(url, relay, hints).await {
            if let Some(lost) = error.downcast_ref::<Lost>() {
                return *lost;
            }
            tracing::warn!(
                error = format!("{error:#}"),
                "relay interrupted; trying again"
            );
        }
        if begun.elapsed() > Duration::from_secs(10) {
            pause = PAUSE;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// Leads until something fails.
async fn lead(
    url: &str,
    relay: &mut Relay,
    hints: &mut async_nats::Subscriber,
) -> anyhow::Result<()> {
    let mut leadership = Leadership::acquire(url, Role::Relay).await?;
    let mut confirmed = Instant::now();
    relay.connected.mark_unchanged();
    let mut place = relay.locate().await?;
    loop {
        if relay.connected.has_changed()? {
            relay.connected.mark_unchanged();
            place = relay.locate().await?;
        }
        let more = relay.publish_from(&mut place).await?;
        if confirmed.elapsed() > TICK {
            leadership.confirm().await.context("leadership lost")?;
            relay.confirm(&place).await?;
            confirmed = Instant::now();
        }
        if !more {
            // A hint, a tick or a new connection.
            tokio::select! {
                _ = hints.next() => {}
                () = tokio::time::sleep(TICK) => {}
                changed = relay.connected.changed() => {
                    changed?;
                    relay.connected.mark_changed();
                }
            }
            while let Some(Some(_)) = hints.next().now_or_never() {}
        }
    }
}

/// A connection that never gives up, and a count of how often it was made.
async fn connect(url: &str) -> anyhow::Result<(async_nats::Client, watch::Receiver<u64>)> {
    let (sender, connected) = watch::channel(0);
    let client = kit::reader::nats_options("relevo-relay")
        .event_callback(move |event| {
            if matches!(event, Event::Connected) {
                sender.send_modify(|n| *n += 1);
            }
            async {}
        })
        .connect(url)
        .await
        .context("nats.url can't be used")?;
    Ok((client, connected))
}
