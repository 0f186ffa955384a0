#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use chrono::DateTime;
use domain::TaskId;
use proptest::prelude::*;

fn event(sequence: u64, name: &str) -> ServerFrame {
    ServerFrame::Event(PublicEvent {
        position: sequence * 10,
        sequence,
        task_id: TaskId(uuid::Uuid::nil()),
        event: name.to_owned(),
        at: DateTime::UNIX_EPOCH,
        data: serde_json::Value::Null,
    })
}

fn delivered(acts: &[Act]) -> Vec<(u64, String)> {
    let told = |act: &Act| match act {
        Act::Deliver(event) => Some((event.sequence, event.event.clone())),
        _ => None,
    };
    acts.iter().filter_map(told).collect()
}

fn live() -> Link {
    let (mut link, acts) = Link::start(0);
    assert_eq!(acts, [Act::Open { after: 0 }]);
    link.opened(10);
    assert_eq!(delivered(&link.frame(20, event(1, "a"))).len(), 1);
    link.frame(30, ServerFrame::CaughtUp { sequence: 1 });
    assert_eq!(link.connection(30), Connection::Live);
    link
}

#[test]
fn silence_is_told_within_ten_seconds_and_a_beat_is_no_silence() {
    let mut link = live();
    for at in (3_000..60_000).step_by(3_000) {
        link.frame(at, ServerFrame::Beat { at_ms: at });
        assert_eq!(link.tick(at + 2_900, 0.5), []);
    }
    let quiet_since = 57_000;
    assert_eq!(link.tick(quiet_since + 7_999, 0.5), []);
    assert_eq!(link.tick(quiet_since + 8_000, 0.5), [Act::Drop]);
    let lost = link.connection(quiet_since + 8_000);
    assert_eq!(lost, Connection::Lost { retry_in_s: 1 });
}

#[test]
fn waits_double_from_half_a_second_to_fifteen_and_start_anew_when_the_feed_is_whole() {
    let mut link = live();
    let mut now = 100_000;
    let mut waits = Vec::new();
    for _ in 0..8 {
        link.frame(now, ServerFrame::Beat { at_ms: 0 });
        link.closed(now, 1006, 1.0);
        let mut waited = 0;
        while link.tick(now + waited, 1.0).is_empty() {
            waited += 10;
        }
        waits.push(waited);
        now += waited;
    }
    assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    link.opened(now);
    link.frame(now, ServerFrame::CaughtUp { sequence: 1 });
    link.closed(now, 1001, 0.0);
    assert_eq!(link.tick(now + 250, 0.0), [Act::Open { after: 0 }]);
}

#[test]
fn a_tab_that_is_looked_at_again_does_not_wait() {
    let mut link = live();
    link.closed(1_000, 1006, 1.0);
    assert_eq!(link.wake(1_001), [Act::Open { after: 0 }]);
    assert_eq!(link.wake(1_002), [], "once is enough");
    let mut asleep = live();
    let woken = asleep.wake(3_600_000);
    assert_eq!(woken, [Act::Open { after: 0 }], "a laptop that slept");
}

#[test]
fn the_sessions_end_is_the_sockets_end_until_one_comes_back() {
    let mut link = live();
    assert_eq!(link.closed(50, 4401, 0.1), [Act::Drop, Act::SignedOut]);
    assert_eq!(link.connection(50), Connection::SignedOut);
    assert_eq!(link.tick(1_000_000, 0.1), []);
    assert_eq!(link.wake(1_000_000), [Act::Open { after: 0 }]);
}

#[test]
fn what_was_erased_is_not_asked_for_again() {
    let mut link = live();
    assert_eq!(link.closed(50, 4410, 0.1), [Act::Drop]);
    assert_eq!(link.connection(50), Connection::Erased);
    assert_eq!(link.tick(1_000_000, 0.1), []);
    assert_eq!(link.wake(1_000_000), []);
    assert_eq!(link.closed(1_000_001, 1006, 0.1), []);
}

#[test]
fn a_socket_that_never_opened_is_asked_about() {
    let (mut link, _) = Link::start(0);
    assert_eq!(link.connection(1), Connection::Connecting);
    assert_eq!(link.closed(5, 1006, 0.1), [Act::Drop, Act::AskWhy]);
    let (mut slow, _) = Link::start(0);
    assert_eq!(slow.tick(8_000, 0.1), [Act::Drop, Act::AskWhy]);
}

#[test]
fn a_gap_is_asked_for_again_and_then_taken_as_it_is() {
    let mut link = live();
    assert_eq!(link.frame(40, event(4, "d")), [Act::Open { after: 0 }]);
    link.opened(50);
    assert_eq!(delivered(&link.frame(60, event(1, "a"))), []);
    let again = link.frame(60, event(4, "d"));
    assert_eq!(delivered(&again), [(4, "d".to_owned())]);
    assert_eq!(delivered(&link.frame(60, event(5, "e"))).len(), 1);
}

#[test]
fn both_parts_of_one_event_come_through_once() {
    let mut link = live();
    assert_eq!(delivered(&link.frame(40, event(2, "asked"))).len(), 1);
    // The socket breaks between the two.
    link.closed(41, 1006, 0.0);
    let acts = link.tick(10_000, 0.0);
    assert_eq!(acts, [Act::Open { after: 1 }]);
    link.opened(10_001);
    assert_eq!(delivered(&link.frame(10_002, event(2, "asked"))), []);
    assert_eq!(delivered(&link.frame(10_003, event(2, "paused"))).len(), 1);
    assert_eq!(delivered(&link.frame(10_003, event(2, "paused"))), []);
}

proptest! {
    /// Whatever breaks, doubles or goes missing: each event is delivered once, in order.
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        doubled in proptest::collection::vec(any::<bool>(), 40),
        breaks in proptest::collection::vec(0_u8..6, 40),
    ) {
        let log: Vec<(u64, String)> = (1..=30)
            .flat_map(|n| {
                let parts = if doubled[n as usize] { 2 } else { 1 };
                (0..parts).map(move |part| (n, format!("e{part}")))
            })
            .collect();
        let (mut link, mut acts) = Link::start(0);
        let (mut got, mut now) = (Vec::new(), 0);
        let faults = breaks.iter().copied().chain(std::iter::repeat(0)).take(60);
        for fault in faults {
            now += 20_000;
            if !matches!(acts.last(), Some(Act::Open { .. })) {
                acts = link.tick(now, 0.5);
            }
            let Some(Act::Open { after }) = acts.last().cloned() else { panic!("{acts:?}") };
            link.opened(now);
            acts = vec![];
            for (i, (sequence, name)) in log.iter().filter(|(n, _)| *n > after).enumerate() {
                // Every few events: one is swallowed, told twice, or the socket breaks.
                let hit = fault != 0 && i == usize::from(fault) * 2;
                if hit && fault % 3 == 0 {
                    continue;
                }
                acts = link.frame(now, event(*sequence, name));
                got.extend(delivered(&acts));
                if matches!(acts.last(), Some(Act::Open { .. })) {
                    break;
                }
                if hit && fault % 3 == 1 {
                    got.extend(delivered(&link.frame(now, event(*sequence, name))));
                }
                if hit && fault % 3 == 2 {
                    break;
                }
            }
            if !matches!(acts.last(), Some(Act::Open { .. })) {
                link.closed(now, 1006, 0.5);
            }
        }
        let mut sorted = got.clone();
        sorted.dedup();
        prop_assert_eq!(&sorted, &got);
        // A part swallowed in the middle of one sequence is the one thing a client can't see.
        let whole: Vec<u64> = log.iter().map(|(n, _)| *n).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let mut seen: Vec<u64> = got.iter().map(|(n, _)| *n).collect();
        seen.dedup();
        prop_assert_eq!(seen, whole);
    }
}
