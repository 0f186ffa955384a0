//! From events to the table `profiles`.

use crate::error::ApplyError;
use crate::{Change, ERASED, big};
use domain::account::{AccountEvent, ProfileData};
use domain::{ProfileId, UserId};
use sqlx::PgConnection;

pub(crate) async fn project(
    db: &mut PgConnection,
    owner: UserId,
    event: &AccountEvent,
    change: &Change,
) -> Result<(), ApplyError> {
    match event {
        AccountEvent::AccountOpened { .. }
        | AccountEvent::CredentialStored { .. }
        | AccountEvent::CredentialRefused { .. }
        | AccountEvent::CredentialRevoked { .. } => Ok(()),
        AccountEvent::ProfileAdded { profile, data } => {
            write(db, owner, *profile, 1, data, change).await
        }
        AccountEvent::ProfileAmended {
            profile,
            version,
            data,
        } => write(db, owner, *profile, *version, data, change).await,
        AccountEvent::ProfileRetired { profile } => {
            sqlx::query(
                "update profiles set retired = true, updated_at = $3, sequence = $4, \
                 position = $5 where owner = $1 and profile_id = $2 and sequence < $4",
            )
            .bind(owner.0)
            .bind(profile.0)
            .bind(change.recorded_at)
            .bind(big(change.sequence))
            .bind(big(change.position))
            .execute(db)
            .await?;
            Ok(())
        }
        AccountEvent::ErasureBegun { profile } => erase(db, owner, *profile, change).await,
        AccountEvent::ErasureCompleted { .. } => Ok(()),
    }
}

/// What was sealed makes way for a word, here and in the ledger: it will never open again.
async fn erase(
    db: &mut PgConnection,
    owner: UserId,
    profile: Option<ProfileId>,
    change: &Change,
) -> Result<(), ApplyError> {
    sqlx::query(
        "update profiles set erased = true, rfc_key = $3, fiscal = $3, updated_at = $4, \
         sequence = $5, position = $6 \
         where owner = $1 and ($2::uuid is null or profile_id = $2) and sequence < $5",
    )
    .bind(owner.0)
    .bind(profile.map(|id| id.0))
    .bind(ERASED)
    .bind(change.recorded_at)
    .bind(big(change.sequence))
    .bind(big(change.position))
    .execute(&mut *db)
    .await?;
    crate::invoices::erase(db, owner, profile, change).await
}

async fn write(
    db: &mut PgConnection,
    owner: UserId,
    profile: ProfileId,
    version: u64,
    data: &ProfileData,
    change: &Change,
) -> Result<(), ApplyError> {
    sqlx::query(
        "insert into profiles as p (owner, profile_id, version, rfc_key, fiscal, retired, \
         created_at, updated_at, sequence, position) \
         values ($1, $2, $3, $4, $5, false, $6, $6, $7, $8) \
         on conflict (owner, profile_id) do update set version = excluded.version, \
         rfc_key = excluded.rfc_key, fiscal = excluded.fiscal, updated_at = excluded.updated_at, \
         sequence = excluded.sequence, position = excluded.position \
         where p.sequence < excluded.sequence",
    )
    .bind(owner.0)
    .bind(profile.0)
    .bind(big(version))
    .bind(&data.rfc_key.0)
    .bind(&data.fiscal.0)
    .bind(change.recorded_at)
    .bind(big(change.sequence))
    .bind(big(change.position))
    .execute(db)
    .await?;
    Ok(())
}
