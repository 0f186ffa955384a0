//! Waiting for conditions, never for time.

use anyhow::{Context, bail};
use client::Client;
use domain::TaskId;
use schemas::rest::TaskView;
use std::future::Future;
use std::time::Duration;
use tokio::time::Instant;

const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Looks until `found` gives something; an error of `found` counts as "not yet" and is told when
/// the time is up. The limit is a guard against hanging, not a demand on speed.
///
/// # Errors
/// What was waited for, and the last error, when the limit is over.
pub async fn eventually<T, F>(
    what: &str,
    limit: Duration,
    mut found: impl FnMut() -> F,
) -> anyhow::Result<T>
where
    F: Future<Output = anyhow::Result<Option<T>>>,
{
    let end = Instant::now() + limit;
    loop {
        let last = match found().await {
            Ok(Some(value)) => return Ok(value),
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if Instant::now() >= end {
            match last {
                Some(error) => return Err(error).context(format!("still waiting for: {what}")),
                None => bail!("still waiting for: {what}"),
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until a task's read model fits.
///
/// # Errors
/// The task as it is, when the limit is over.
pub async fn until_task(
    client: &Client,
    id: TaskId,
    what: &str,
    limit: Duration,
    fits: impl Fn(&TaskView) -> bool,
) -> anyhow::Result<TaskView> {
    let last = std::sync::Mutex::new(None);
    let seen = eventually(what, limit, || async {
        let task = client.task(id, 0).await?;
        let fit = fits(&task);
        if let Ok(mut last) = last.lock() {
            *last = Some(task.clone());
        }
        Ok(fit.then_some(task))
    })
    .await;
    seen.with_context(|| {
        let task = last.lock().ok().and_then(|mut last| last.take());
        format!("the task as it is: {task:#?}")
    })
}
