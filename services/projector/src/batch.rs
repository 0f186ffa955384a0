//! A batch of events in the caller's transaction: all at once, or one by one around the poison.

use crate::decode::decode;
use commands::StoredEvent;
use projections::{ApplyError, Change, Parked};
use sqlx::{Connection as _, PgConnection};
use std::collections::BTreeMap;

/// Aggregates that are put aside, with the position of their first parked event.
type Aside = BTreeMap<(String, String), u64>;

/// Applies events to the schema chosen by [`projections::use_read`] or
/// [`projections::use_shadow`], in the caller's transaction, parking those that can never be
/// applied.
///
/// # Errors
/// What passes with time; roll back and try again.
pub async fn apply_events(db: &mut PgConnection, events: &[StoredEvent]) -> Result<(), ApplyError> {
    let mut aside: Aside = projections::parked_aggregates(db)
        .await?
        .into_iter()
        .map(|(kind, id, first)| ((kind, id), first))
        .collect();
    let mut good = Vec::with_capacity(events.len());
    let mut parked = Vec::new();
    for event in events {
        match (aside.get(&key(event)), decode(event)) {
            (Some(first), _) => parked.push(behind(event, *first)),
            (None, Ok(change)) => good.push((event, change)),
            (None, Err(reason)) => parked.push(first_of(event, reason, &mut aside)),
        }
    }
    let changes: Vec<Change> = good.iter().map(|(_, change)| change.clone()).collect();
    if let Err(error) = attempt(db, &changes).await? {
        tracing::warn!(%error, "a batch holds an event that can't be applied");
        for (event, change) in good {
            if let Some(first) = aside.get(&key(event)) {
                parked.push(behind(event, *first));
            } else if let Err(error) = attempt(db, &[change]).await? {
                parked.push(first_of(event, with_causes(&error), &mut aside));
            }
        }
    }
    for parked in &parked {
        projections::park(db, parked).await?;
    }
    Ok(())
}

/// Applies under a savepoint. The inner error is poison, and nothing of the changes is left then.
async fn attempt(
    db: &mut PgConnection,
    changes: &[Change],
) -> Result<Result<(), ApplyError>, ApplyError> {
    let mut savepoint = db.begin().await?;
    match projections::apply(&mut savepoint, changes).await {
        Ok(()) => {
            savepoint.commit().await?;
            Ok(Ok(()))
        }
        Err(error) if error.is_poison() => {
            savepoint.rollback().await?;
            Ok(Err(error))
        }
        Err(error) => Err(error),
    }
}

fn key(event: &StoredEvent) -> (String, String) {
    (event.aggregate_type.clone(), event.aggregate_id.clone())
}

fn first_of(event: &StoredEvent, reason: String, aside: &mut Aside) -> Parked {
    tracing::error!(
        position = event.position,
        event_type = event.event_type,
        reason,
        "event parked"
    );
    aside.insert(key(event), event.position);
    parked(event, reason)
}

fn behind(event: &StoredEvent, first: u64) -> Parked {
    parked(event, format!("behind {first}"))
}

fn parked(event: &StoredEvent, reason: String) -> Parked {
    Parked {
        position: event.position,
        aggregate_type: event.aggregate_type.clone(),
        aggregate_id: event.aggregate_id.clone(),
        sequence: event.sequence,
        event_type: event.event_type.clone(),
        reason,
    }
}

fn with_causes(error: &ApplyError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
