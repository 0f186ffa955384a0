//! What the small server does wrong on purpose. Postgres's own faults are in `tests/log`.

use crate::harness::{context, run, running_task, step};
use crate::server::{Fault, Server};
use crate::world::*;
use commands::store::Verdict;
use commands::{CommandBus, ExecuteError, LogConfig, LogError};
use domain::task::Task;
use std::time::Duration;

fn with_server<F: Future<Output = ()>>(test: impl FnOnce(Server, CommandBus) -> F) {
    small_server(async |world| {
        let bus = world.bus().await;
        let World::Small(server) = world else {
            panic!("asked for the small server");
        };
        test(server, bus).await;
    });
}

#[test]
fn a_cut_connection_is_settled_whatever_had_become_of_the_append() {
    with_server(async |server, bus| {
        let id = running_task(&bus).await;
        let mut length = 2;
        for faults in [
            &[Fault::CutBefore][..],
            &[Fault::CutAfter],
            &[Fault::Late],
            &[Fault::Unavailable],
            &[
                Fault::CutAfter,
                Fault::CutBefore,
                Fault::Unavailable,
                Fault::Late,
            ],
        ] {
            server.order(faults);
            let done = run(&bus, &id, step(format!("{faults:?}"))).await;
            length += 1;
            assert_eq!(server.pending(), 0, "{faults:?} did not happen");
            assert_eq!(done.sequence, length, "{faults:?}");
            let history = bus.history::<Task>(&id).await.unwrap();
            assert_eq!(history.last(), done.events.last(), "{faults:?}");
            assert_eq!(
                history.len(),
                usize::try_from(length).unwrap(),
                "{faults:?}"
            );
        }
    });
}

#[test]
fn a_late_append_changes_nothing_once_another_was_first() {
    with_server(async |server, bus| {
        let id = new_id();
        accepted(bus.store(), append(&id, 0, &["a"])).await;
        // The first of these waits at the server; whoever comes first carries it out behind himself.
        server.order(&[Fault::Late]);
        let store = bus.store();
        let (one, two) = tokio::join!(
            store.append(append(&id, 1, &["one"])),
            store.append(append(&id, 1, &["two"])),
        );
        let accepted = |verdict: &Verdict| matches!(verdict, Verdict::Accepted(_));
        assert!(accepted(&one) != accepted(&two), "{one:?} {two:?}");
        assert_eq!(history(store, &id, 1).await.len(), 2);
    });
}

#[test]
fn a_server_that_is_away_is_told_and_the_repeat_is_executed_once() {
    with_server(async |server, bus| {
        let id = running_task(&bus).await;
        let same = context();
        server.away(true);
        let failed = bus.execute::<Task>(&id, step("once"), &same).await;
        assert!(
            matches!(failed, Err(ExecuteError::Unavailable(_))),
            "{failed:?}"
        );
        server.away(false);
        let again = async {
            loop {
                match bus.execute::<Task>(&id, step("once"), &same).await {
                    Ok(done) => return done,
                    Err(ExecuteError::Unavailable(_)) => {}
                    Err(error) => panic!("{error:?}"),
                }
            }
        };
        let done = tokio::time::timeout(SOON, again).await.unwrap();
        assert_eq!(done.sequence, 3);
        assert_eq!(bus.history::<Task>(&id).await.unwrap().len(), 3);
    });
}

#[test]
fn a_tail_whose_subscription_drops_and_repeats_brings_each_event_once() {
    with_server(async |server, bus| {
        server.subscriptions(3, true);
        let ids = [new_id()];
        for expected in 0..20 {
            accepted(bus.store(), append(&ids[0], expected, &["a"])).await;
        }
        let start = commands::store::Cursor::START;
        let tailed = follow(bus.store(), start, &ids, 20).await;
        let sequences: Vec<u64> = tailed.iter().map(|t| t.event.sequence).collect();
        assert_eq!(sequences, (1..=20).collect::<Vec<u64>>());
        assert!(server.subscribed() >= 20 / 3, "{}", server.subscribed());
    });
}

#[test]
fn a_tail_survives_cut_connections_while_events_come() {
    with_server(async |server, bus| {
        let ids = [new_id()];
        let writing = async {
            for expected in 0..20 {
                accepted(bus.store(), append(&ids[0], expected, &["a"])).await;
                if expected % 5 == 0 {
                    server.cut();
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let start = commands::store::Cursor::START;
        let (tailed, ()) = tokio::join!(follow(bus.store(), start, &ids, 20), writing);
        assert_eq!(tailed.len(), 20);
    });
}

#[test]
fn a_wrong_connection_string_and_a_missing_server_are_told() {
    with_server(async |_, _| {
        for url in [
            "postgres://127.0.0.1/relevo",
            "esdb://127.0.0.1:1?tls=false&discoveryInterval=1",
        ] {
            let failed = CommandBus::connect(&LogConfig::eventstore(url)).await;
            assert!(matches!(failed, Err(LogError::EventStore(_))), "{failed:?}");
        }
    });
}
