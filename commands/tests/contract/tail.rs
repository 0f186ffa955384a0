//! Following the log.

use crate::world::*;
use futures::future::join_all;
use std::time::Duration;

/// Eight aggregates, appended to at once by two processes: their ids, and how many events there are.
async fn crowd(world: &World) -> (Vec<String>, usize) {
    let buses = [world.bus().await, world.bus().await];
    let ids: Vec<String> = (0..8).map(|_| new_id()).collect();
    let writers = ids.iter().enumerate().map(|(number, id)| {
        let (bus, id) = (buses[number % 2].clone(), id.clone());
        tokio::spawn(async move {
            accepted(bus.store(), append(&id, 0, &["a", "b"])).await;
            for expected in 2..6 {
                accepted(bus.store(), append(&id, expected, &["c"])).await;
            }
        })
    });
    for writer in join_all(writers).await {
        writer.unwrap();
    }
    (ids, 8 * 6)
}

pub async fn the_tail_has_one_order_and_each_event_once(world: &World) {
    let bus = world.bus().await;
    let store = bus.store();
    let before = store.head().await.unwrap();
    let (ids, count) = crowd(world).await;
    let tailed = follow(store, before, &ids, count).await;
    for id in &ids {
        let of_it = tailed
            .iter()
            .filter(|tailed| &tailed.event.aggregate_id == id);
        let events: Vec<_> = of_it.map(|tailed| tailed.event.clone()).collect();
        assert_eq!(events, store.read("task", id, 1, u64::MAX).await.unwrap());
    }
    assert!(store.head().await.unwrap() >= tailed[count - 1].cursor);
}

pub async fn what_the_tail_returned_never_vanishes(world: &World) {
    let bus = world.bus().await;
    let store = bus.store();
    let before = store.head().await.unwrap();
    let (ids, count) = crowd(world).await;
    let first = follow(store, before, &ids, count).await;
    crowd(world).await;
    // Another process, from the same place and from the middle.
    let other = world.bus().await;
    assert_eq!(follow(other.store(), before, &ids, count).await, first);
    let half = count / 2;
    let rest = follow(other.store(), first[half - 1].cursor, &ids, count - half).await;
    let events = |tailed: &[commands::store::Tailed]| -> Vec<_> {
        tailed
            .iter()
            .map(|tailed| (tailed.cursor, tailed.event.clone()))
            .collect()
    };
    assert_eq!(events(&rest), events(&first[half..]));
}

pub async fn a_wait_for_the_tail_may_be_dropped(world: &World) {
    let bus = world.bus().await;
    let (store, id) = (bus.store(), new_id());
    let mut tail = store.tail(store.head().await.unwrap());
    let mut seen = Vec::new();
    for expected in 0..3 {
        accepted(store, append(&id, expected, &["a"])).await;
        let waiting = async {
            while seen.len() < usize::try_from(expected).unwrap() + 1 {
                // Gives up again and again, for as short as it takes to have asked.
                let impatient = tokio::time::timeout(Duration::from_millis(50), tail.next());
                match impatient.await {
                    Ok(tailed) => seen.extend(Some(tailed.unwrap().event)),
                    Err(_) => continue,
                }
                seen.retain(|event| event.aggregate_id == id);
            }
        };
        tokio::time::timeout(SOON, waiting).await.unwrap();
    }
    assert_eq!(seen, store.read("task", &id, 1, u64::MAX).await.unwrap());
}
