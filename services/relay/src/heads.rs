//! Signs heads of the log, at an interval and once more at a clean stop.

use anyhow::Context as _;
use commands::audit::{HeadSigner, SigningKey};
use kit::config::Config;
use kit::leader::{Leadership, Role};
use sqlx::PgPool;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Before another try, unless the interval is shorter: what is wrong is not said more often.
const PAUSE: Duration = Duration::from_secs(30);

/// The signer that is configured. A key that can't be used is no start; none at all is.
pub(crate) fn signer(config: &Config, pool: &PgPool) -> anyhow::Result<Option<HeadSigner>> {
    let heads_file = config.audit.heads_file.as_deref();
    let Some(path) = &config.audit.key_file else {
        anyhow::ensure!(
            config.heads.is_none(),
            "heads gets nothing without audit.key_file"
        );
        anyhow::ensure!(
            heads_file.is_none(),
            "audit.heads_file gets nothing without audit.key_file"
        );
        tracing::warn!("no audit.key_file: heads of the log are not signed");
        return Ok(None);
    };
    let key = SigningKey::read(path).context("audit.key_file")?;
    let signer = HeadSigner::new(pool.clone(), key, heads_file);
    Ok(Some(match &config.heads {
        None => signer,
        // Not asked whether it answers: the relay does without it, too.
        Some(place) => signer.with_place(place.objects().context("heads")?),
    }))
}

/// Signs until `stop` is cancelled, whenever this is the one that leads.
pub(crate) async fn keep_signing(
    url: &str,
    signer: Option<HeadSigner>,
    interval_seconds: u64,
    stop: &CancellationToken,
) {
    let Some(mut signer) = signer else { return };
    let interval = Duration::from_secs(interval_seconds.max(1));
    while !stop.is_cancelled() {
        let leading = stop.run_until_cancelled(Leadership::acquire(url, Role::Signer));
        let ended = match leading.await {
            None => return,
            Some(Ok(leadership)) => sign_at(&mut signer, leadership, interval, stop).await,
            Some(Err(error)) => Err(error.into()),
        };
        if let Err(error) = ended {
            tracing::error!(
                error = format!("{error:#}"),
                "no head of the log was signed"
            );
            stop.run_until_cancelled(tokio::time::sleep(interval.min(PAUSE)))
                .await;
        }
    }
}

/// Signs until `stop` is cancelled, and a last time then, or until something fails.
async fn sign_at(
    signer: &mut HeadSigner,
    mut leadership: Leadership,
    interval: Duration,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let stopping = stop.is_cancelled();
        leadership.confirm().await.context("leadership lost")?;
        if let Some(head) = signer.sign().await? {
            tracing::debug!(position = head.position, "head signed");
        }
        if stopping {
            return Ok(());
        }
        stop.run_until_cancelled(tokio::time::sleep(interval)).await;
    }
}
