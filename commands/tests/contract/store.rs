//! Appends and histories.

use crate::world::*;
use commands::store::Verdict;

pub async fn an_append_is_all_or_nothing(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    let positions = accepted(store, append(&id, 0, &["a", "b", "c"])).await;
    assert!(positions.is_sorted_by(|a, b| a < b), "{positions:?}");
    let too_large = "x".repeat(70_000);
    for (expected, payloads) in [
        (2, vec!["conflicts", "as a whole"]),
        (3, vec!["goes", "with", &too_large]),
    ] {
        let verdict = store.append(append(&id, expected, &payloads)).await;
        assert!(!matches!(verdict, Verdict::Accepted(_)), "{verdict:?}");
    }
    assert_eq!(history(store, &id, 1).await.len(), 3);
    accepted(store, append(&id, 3, &["d"])).await;
    assert_eq!(history(store, &id, 1).await.len(), 4);
}

pub async fn a_conflict_tells_the_current_sequence(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    let conflict = async |expected| store.append(append(&id, expected, &["no"])).await;
    assert_eq!(conflict(1).await, Verdict::Conflict { current: 0 });
    accepted(store, append(&id, 0, &["a", "b", "c"])).await;
    for expected in [0, 1, 2, 4, 7] {
        assert_eq!(conflict(expected).await, Verdict::Conflict { current: 3 });
    }
}

pub async fn sequences_have_no_gap_and_a_history_reads_from_any(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    assert_eq!(history(store, &id, 1).await, []);
    for expected in 0..5 {
        accepted(store, append(&id, expected, &["one"])).await;
    }
    accepted(store, append(&id, 5, &["two", "three"])).await;
    let all = history(store, &id, 1).await;
    let sequences: Vec<u64> = all.iter().map(|(sequence, _)| *sequence).collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5, 6, 7]);
    for from in 1..=8 {
        let skipped = usize::try_from(from).unwrap() - 1;
        assert_eq!(history(store, &id, from).await, all[skipped..]);
    }
    let middle = store.read("task", &id, 3, 6).await.unwrap();
    let middle: Vec<u64> = middle.iter().map(|event| event.sequence).collect();
    assert_eq!(middle, [3, 4, 5, 6]);
}

pub async fn what_cannot_be_stored_is_rejected(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    let too_large = "x".repeat(70_000);
    for payload in [too_large.as_str(), "a \\u0000 in it", "\"no JSON"] {
        let verdict = store.append(append(&id, 0, &["fine", payload])).await;
        assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
    }
    for unnameable in [String::new(), "x".repeat(201)] {
        let verdict = store.append(append(&unnameable, 0, &["fine"])).await;
        assert!(matches!(verdict, Verdict::Rejected(_)), "{verdict:?}");
    }
    assert_eq!(history(store, &id, 1).await, []);
    accepted(store, append(&id, 0, &["a \\\\u0000 that is a backslash"])).await;
}

pub async fn an_event_comes_back_as_it_was_written(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    let mut written = append(&id, 0, &["ñ  and \\u00f1 as they stand", "b"]);
    written.events[1].event_version = "2".to_owned();
    let Verdict::Accepted(places) = store.append(written.clone()).await else {
        panic!("not accepted");
    };
    let read = store.read("task", &id, 1, u64::MAX).await.unwrap();
    assert_ne!(read[0].event_id, read[1].event_id);
    for (index, event) in read.iter().enumerate() {
        let wanted = &written.events[index];
        assert_eq!(event.place(), places[index]);
        assert_eq!(
            (&event.aggregate_type[..], &event.aggregate_id),
            ("task", &id)
        );
        assert_eq!(event.event_type, wanted.event_type);
        assert_eq!(event.event_version, wanted.event_version);
        assert_eq!(event.payload, wanted.payload);
        assert_eq!(event.metadata, written.metadata);
        let command_id = Some(written.command_id.0);
        assert_eq!(event.event_metadata().command_id, command_id);
    }
}
