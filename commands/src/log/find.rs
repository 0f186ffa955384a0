//! What no index leads to: found by reading all of the log. For rare questions of an operator, over
//! a pool without a statement timeout.

use super::flushed::YOUNG;
use super::{EventLog, LogError};
use domain::{ProfileId, TaskId, UserId};
use sqlx::Row as _;
use uuid::Uuid;

impl EventLog {
    /// Every task that was submitted for a user, the first one first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn tasks_of(&self, user: UserId) -> Result<Vec<TaskId>, LogError> {
        let sql = format!(
            "select aggregate_id::uuid as id, {YOUNG} from log.events \
             where aggregate_type = 'task' and event_type = 'TaskSubmitted' \
             and payload->'TaskSubmitted'->>'owner' = $1 order by position"
        );
        let rows = self.pool.rows(sqlx::query(&sql).bind(user.to_string()));
        let tasks = rows.await?.into_iter();
        let tasks = tasks.map(|row| Ok(TaskId(row.try_get("id")?)));
        tasks.collect()
    }

    /// The user a profile was added for.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn owner_of(&self, profile: ProfileId) -> Result<Option<UserId>, LogError> {
        let sql = format!(
            "select aggregate_id::uuid as id, {YOUNG} from log.events \
             where aggregate_type = 'account' and event_type = 'ProfileAdded' \
             and payload->'ProfileAdded'->>'profile' = $1 order by position"
        );
        let rows = self.pool.rows(sqlx::query(&sql).bind(profile.to_string()));
        let rows = rows.await?;
        let user = rows.last().map(|row| row.try_get("id").map(UserId));
        Ok(user.transpose()?)
    }

    /// Everything whose erasure has begun, the first one first: the user, and the profile where it
    /// is not the whole account.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erasures(&self) -> Result<Vec<(UserId, Option<ProfileId>)>, LogError> {
        let sql = format!(
            "select aggregate_id::uuid as id, \
             (payload->'ErasureBegun'->>'profile')::uuid as profile, {YOUNG} from log.events \
             where aggregate_type = 'account' and event_type = 'ErasureBegun' order by position"
        );
        let rows = self.pool.rows(sqlx::query(&sql)).await?.into_iter();
        let erasures = rows.map(|row| {
            let profile: Option<Uuid> = row.try_get("profile")?;
            Ok((UserId(row.try_get("id")?), profile.map(ProfileId)))
        });
        erasures.collect()
    }
}
