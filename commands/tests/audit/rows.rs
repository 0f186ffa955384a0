//! Rows changed, removed, inserted, swapped, cut: with and without computing the chain anew.

use crate::forger::*;
use crate::harness::*;
use commands::audit::{AuditError, Misfit};

fn with_signed<F: Future<Output = ()>>(test: impl FnOnce(Signed) -> F) {
    with_database(async |db| test(Signed::new(db).await).await);
}

/// Between the heads at 4 and 8, as every forgery below is.
const RECOMPUTED: Misfit = Misfit::Recomputed { good: 4, bad: 8 };

/// Moves all events from a position on by one, and back.
const MAKE_ROOM: &str = "update log.events set position = position + 1000 where position >= 6; \
                         update log.events set position = position - 999 where position >= 1000";
const CLOSE_GAP: &str = "update log.events set position = position + 1000 where position > 6; \
                         update log.events set position = position - 1001 where position >= 1000";

#[test]
fn an_untouched_log_holds() {
    with_signed(async |signed| {
        let verified = signed.verify().await.unwrap();
        assert_eq!((verified.from, verified.to, verified.heads), (1, 10, 3));
        assert_eq!(verified.last_head.unwrap().position, 10);
        // The same heads from the table and from the file are the same heads.
        let file = signed.heads_file();
        let verified = signed.verify_with(1, Some(&file)).await.unwrap();
        assert_eq!((verified.to, verified.heads), (10, 3));
        for from in [2, 4, 5, 9, 10, 11] {
            let verified = signed.verify_with(from, Some(&file)).await.unwrap();
            assert_eq!((verified.from, verified.to), (from, 10));
        }
        let beyond = signed.verify_with(12, None).await.unwrap_err();
        assert!(matches!(beyond, AuditError::NothingFrom { .. }));
    });
}

#[test]
fn what_was_appended_after_the_last_head_is_chained() {
    with_signed(async |signed| {
        signed.grow(3).await;
        let verified = signed.verify().await.unwrap();
        assert_eq!(
            (verified.to, verified.last_head.unwrap().position),
            (13, 10)
        );
    });
}

#[test]
fn more_than_a_page_of_events_and_heads_is_read_in_order() {
    with_signed(async |mut signed| {
        // Pages have 500.
        for _ in 0..500 {
            signed.grow(1).await;
            signed.signer.sign().await.unwrap().unwrap();
        }
        let verified = signed.verify().await.unwrap();
        assert_eq!((verified.to, verified.heads), (510, 503));
        let file = signed.heads_file();
        assert_eq!(signed.verify_with(400, Some(&file)).await.unwrap().to, 510);
        signed
            .forge("delete from log.events where position = 501")
            .await;
        let Misfit::Position { expected, place } = signed.misfit().await else {
            panic!();
        };
        assert_eq!((expected, place.position), (501, 502));
    });
}

#[test]
fn a_changed_payload_or_metadata_shows() {
    for column in ["payload", "metadata"] {
        with_signed(async |signed| {
            let change = format!(
                "update log.events set {column} = ({column}::text || ' ')::json where position = 6"
            );
            signed.forge(&change).await;
            let Misfit::Leaf(place) = signed.misfit().await else {
                panic!("{column}");
            };
            assert_eq!((place.position, place.sequence), (6, 3));
            assert_eq!(place.aggregate_id, signed.tasks[1]);
            signed.recompute().await;
            assert_eq!(signed.misfit().await, RECOMPUTED);
        });
    }
}

#[test]
fn a_changed_leaf_or_chain_shows() {
    with_signed(async |signed| {
        signed
            .forge("update log.events set chain = sha256(chain) where position = 6")
            .await;
        assert!(matches!(signed.misfit().await, Misfit::Chain(place) if place.position == 6));
        signed
            .forge("update log.events set leaf = sha256(leaf) where position = 5")
            .await;
        assert!(matches!(signed.misfit().await, Misfit::Leaf(place) if place.position == 5));
    });
}

#[test]
fn a_changed_time_shows() {
    with_signed(async |signed| {
        let change = |by: &str| {
            format!(
                "update log.events set recorded_at = recorded_at {by}::interval where position = 6"
            )
        };
        signed.forge(&change("- '1 microsecond'")).await;
        assert!(matches!(signed.misfit().await, Misfit::Chain(place) if place.position == 6));
        signed.recompute().await;
        assert_eq!(signed.misfit().await, RECOMPUTED);
        signed.forge(&change("- '1 hour'")).await;
        signed.recompute().await;
        assert!(matches!(signed.misfit().await, Misfit::Time(place) if place.position == 6));
    });
}

#[test]
fn a_removed_event_shows() {
    with_signed(async |signed| {
        signed
            .forge("delete from log.events where position = 6")
            .await;
        let Misfit::Position { place, expected } = signed.misfit().await else {
            panic!();
        };
        assert_eq!((place.position, expected), (7, 6));
        signed.recompute().await;
        assert!(matches!(signed.misfit().await, Misfit::Position { .. }));
        // Positions closed up, the aggregate's own sequence not yet.
        signed.forge(CLOSE_GAP).await;
        assert!(matches!(signed.misfit().await, Misfit::Chain(place) if place.position == 6));
        signed.recompute().await;
        let Misfit::Sequence { place, expected } = signed.misfit().await else {
            panic!();
        };
        assert_eq!((place.position, place.sequence, expected), (7, 4, 3));
        let close = format!(
            "update log.events set sequence = sequence + 1000 \
               where aggregate_id = '{0}' and sequence > 3; \
             update log.events set sequence = sequence - 1001 \
               where aggregate_id = '{0}' and sequence > 1000",
            signed.tasks[1]
        );
        signed.forge(&close).await;
        signed.recompute().await;
        assert_eq!(signed.misfit().await, RECOMPUTED);
    });
}

#[test]
fn an_inserted_event_shows() {
    with_signed(async |signed| {
        let insert = format!(
            "{MAKE_ROOM}; insert into log.events select 6, 1, recorded_at, gen_random_uuid(), \
             aggregate_type, 'stranger', event_type, event_version, payload, metadata, leaf, chain \
             from log.events where position = 5"
        );
        signed.forge(&insert).await;
        let Misfit::Leaf(place) = signed.misfit().await else {
            panic!();
        };
        assert_eq!((place.position, &*place.aggregate_id), (6, "stranger"));
        signed.recompute().await;
        assert_eq!(signed.misfit().await, RECOMPUTED);
        // As the second of an aggregate that has no first.
        signed
            .forge("update log.events set sequence = 2 where position = 6")
            .await;
        signed.recompute().await;
        assert!(matches!(
            signed.misfit().await,
            Misfit::Sequence { expected: 1, .. }
        ));
    });
}

#[test]
fn swapped_events_show() {
    with_signed(async |signed| {
        signed
            .forge(
                "update log.events set position = 1005 where position = 5; \
                 update log.events set position = 5 where position = 6; \
                 update log.events set position = 6 where position = 1005",
            )
            .await;
        assert!(matches!(signed.misfit().await, Misfit::Chain(place) if place.position == 5));
        signed.recompute().await;
        assert!(matches!(signed.misfit().await, Misfit::Time(place) if place.position == 6));
        // Their times swapped as well.
        signed
            .forge(
                "update log.events e set recorded_at = o.recorded_at from log.events o \
                 where e.position in (5, 6) and o.position in (5, 6) and e.position <> o.position",
            )
            .await;
        signed.recompute().await;
        assert_eq!(signed.misfit().await, RECOMPUTED);
    });
}

#[test]
fn a_cut_tail_shows_by_a_head_that_was_kept() {
    with_signed(async |signed| {
        signed
            .forge("delete from log.events where position > 8")
            .await;
        let shorter = Misfit::Shorter { end: 8, head: 10 };
        assert_eq!(signed.misfit().await, shorter);
        // With its heads, too. What is left is a shorter log that holds; only a head that the forger
        // can't reach tells.
        signed
            .forge("delete from log.heads where position > 8")
            .await;
        assert_eq!(signed.verify().await.unwrap().to, 8);
        assert_eq!(signed.misfit_with_file().await, shorter);
        signed.forge("delete from log.heads").await;
        assert_eq!(signed.verify().await.unwrap().heads, 0);
        assert_eq!(signed.misfit_with_file().await, shorter);
        signed.forge("delete from log.events").await;
        let empty = Misfit::Shorter { end: 0, head: 4 };
        assert_eq!(signed.misfit_with_file().await, empty);
    });
}
