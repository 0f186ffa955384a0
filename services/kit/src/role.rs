//! What a service asks the database before it works with it.

use commands::{LogError, refuse_powerful};
use sqlx::PgPool;
use std::time::Duration;

/// Waits until the database answers, and refuses to go on as a role that could change the log.
///
/// # Errors
/// [`LogError::TooPowerful`].
pub async fn checked(pool: &PgPool) -> Result<(), LogError> {
    let mut pause = Duration::from_millis(100);
    loop {
        let asked = async { refuse_powerful(&mut *pool.acquire().await?).await };
        match asked.await {
            Ok(()) => return Ok(()),
            Err(powerful @ LogError::TooPowerful { .. }) => return Err(powerful),
            Err(error) => tracing::warn!(%error, "the database is waited for"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}
