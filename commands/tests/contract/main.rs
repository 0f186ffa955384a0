//! One contract, over every backend: always over Postgres and over the small server in `server/`, and
//! over a real EventStoreDB when `RELEVO_TEST_EVENTSTORE_URL` names one (`esdb://…`). A binary of its
//! own, because EventStoreDB's client installs the process's TLS provider.
#![allow(clippy::unwrap_used, reason = "tests")]

mod executor;
mod faults;
#[path = "../log/harness.rs"]
#[allow(dead_code, reason = "the other binary uses the rest")]
mod harness;
mod server;
mod store;
mod tail;
mod world;

/// Every rule over every backend.
macro_rules! contract {
    ($($module:ident :: $rule:ident,)*) => {
        mod postgres {
            $(#[test]
            fn $rule() {
                crate::world::postgres(async |world| crate::$module::$rule(&world).await);
            })*
        }

        mod small_server {
            $(#[test]
            fn $rule() {
                crate::world::small_server(async |world| crate::$module::$rule(&world).await);
            })*
        }

        mod real_server {
            $(#[test]
            fn $rule() {
                crate::world::real_server(async |world| crate::$module::$rule(&world).await);
            })*
        }
    };
}

contract! {
    store::an_append_is_all_or_nothing,
    store::a_conflict_tells_the_current_sequence,
    store::sequences_have_no_gap_and_a_history_reads_from_any,
    store::what_cannot_be_stored_is_rejected,
    store::an_event_comes_back_as_it_was_written,
    tail::the_tail_has_one_order_and_each_event_once,
    tail::what_the_tail_returned_never_vanishes,
    tail::a_wait_for_the_tail_may_be_dropped,
    executor::a_repeated_command_gets_its_first_result,
    executor::a_command_repeated_at_the_same_instant_is_executed_once,
    executor::two_processes_race_and_nothing_is_lost,
    executor::another_body_under_the_same_id_is_refused,
    executor::a_loaded_aggregate_is_what_its_events_say,
}
