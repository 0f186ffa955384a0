use super::*;
use cqrs_es::test::TestFramework;
use uuid::Uuid;

type Given = TestFramework<Ticket>;

fn task(n: u128) -> TaskId {
    TaskId(Uuid::from_u128(n))
}

fn now() -> Now {
    Now(chrono::DateTime::UNIX_EPOCH)
}

#[test]
fn a_free_ticket_is_claimed() {
    Given::with(now())
        .given_no_previous_events()
        .when(TicketCommand::ClaimTicket { task: task(1) })
        .then_expect_events(vec![TicketEvent::TicketClaimed { task: task(1) }]);
}

#[test]
fn claiming_what_one_holds_gives_nothing_to_do() {
    Given::with(now())
        .given(vec![TicketEvent::TicketClaimed { task: task(1) }])
        .when(TicketCommand::ClaimTicket { task: task(1) })
        .then_expect_events(vec![]);
}

#[test]
fn a_claimed_ticket_names_the_task_that_holds_it() {
    Given::with(now())
        .given(vec![TicketEvent::TicketClaimed { task: task(1) }])
        .when(TicketCommand::ClaimTicket { task: task(2) })
        .then_expect_error(TicketError::TicketAlreadyClaimed { task: task(1) });
}

#[test]
fn a_released_ticket_is_free_again() {
    Given::with(now())
        .given(vec![
            TicketEvent::TicketClaimed { task: task(1) },
            TicketEvent::TicketReleased { task: task(1) },
        ])
        .when(TicketCommand::ClaimTicket { task: task(2) })
        .then_expect_events(vec![TicketEvent::TicketClaimed { task: task(2) }]);
}

#[test]
fn only_the_holder_releases() {
    Given::with(now())
        .given(vec![TicketEvent::TicketClaimed { task: task(1) }])
        .when(TicketCommand::ReleaseTicket { task: task(2) })
        .then_expect_error(TicketError::TicketNotHeld);
}
