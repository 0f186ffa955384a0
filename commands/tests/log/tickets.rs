//! One ticket is one task.

use crate::harness::*;
use commands::{AmendError, CommandBus, ExecuteError, SubmitError, amend_ticket, submit_ticket};
use domain::TaskId;
use domain::task::{Amendment, Failure, FailureClass, Task, TaskCommand, TaskEvent};
use domain::ticket::{Ticket, TicketCommand};

async fn submit(bus: &CommandBus, key: &str) -> commands::Submitted {
    submit_ticket(bus, submission(key), task_id(), &context())
        .await
        .unwrap()
}

async fn holder(bus: &CommandBus, key: &str) -> Option<TaskId> {
    let ticket = bus.load::<Ticket>(key).await.unwrap();
    ticket.and_then(|t| t.state.task)
}

fn amendment(key: &str) -> Amendment {
    Amendment {
        ticket: ticket(key),
        profile: submission(key).profile,
        uso_cfdi: submission(key).uso_cfdi,
        forma_pago: None,
    }
}

fn start() -> TaskCommand {
    TaskCommand::StartTask {
        worker: "w".to_owned(),
        profile_version: 1,
    }
}

#[test]
fn two_nodes_submit_the_same_ticket_at_the_same_instant_a_thousand_times() {
    with_database(async |db| {
        let (one, two) = (db.bus().await, db.bus_as("relevo_agent").await);
        let mut rounds = tokio::task::JoinSet::new();
        for n in 0..1000 {
            let (one, two) = (one.clone(), two.clone());
            rounds.spawn(async move {
                let key = format!("ticket-{n}");
                let (a, b) = tokio::join!(submit(&one, &key), submit(&two, &key));
                assert_eq!(a.task, b.task);
                assert_eq!(u8::from(a.created) + u8::from(b.created), 1);
                assert!(a.state.submission.is_some() && b.state.submission.is_some());
            });
            while rounds.len() >= 50 {
                rounds.join_next().await.unwrap().unwrap();
            }
        }
        while let Some(round) = rounds.join_next().await {
            round.unwrap();
        }
        let tasks: i64 = sqlx::query_scalar(
            "select count(*) from log.events where event_type = 'TaskSubmitted'",
        )
        .fetch_one(&db.admin)
        .await
        .unwrap();
        assert_eq!(tasks, 1000);
    });
}

#[test]
fn a_repeat_answers_the_first_task_and_another_body_is_refused() {
    with_database(async |db| {
        let bus = db.bus().await;
        let (proposed, same) = (task_id(), context().with_body_hash("a"));
        let first = submit_ticket(&bus, submission("a"), proposed, &same)
            .await
            .unwrap();
        assert!(first.created);
        let again = submit_ticket(&bus, submission("a"), proposed, &same)
            .await
            .unwrap();
        assert_eq!((again.task, again.created), (first.task, false));
        assert_eq!(again.position, first.position);
        let other = same.clone().with_body_hash("b");
        let refused = submit_ticket(&bus, submission("b"), proposed, &other).await;
        assert!(
            matches!(refused, Err(SubmitError::Task(ExecuteError::IdReused))),
            "{refused:?}"
        );
        assert_eq!(holder(&bus, "b").await, None);
    });
}

#[test]
fn a_claim_without_its_task_is_finished_by_who_meets_it() {
    with_database(async |db| {
        let bus = db.bus().await;
        let crashed = task_id();
        let claim = TicketCommand::ClaimTicket { task: crashed };
        bus.execute::<Ticket>("k", claim, &context()).await.unwrap();
        let finished = submit(&bus, "k").await;
        assert_eq!((finished.task, finished.created), (crashed, true));
        let again = submit(&bus, "k").await;
        assert_eq!((again.task, again.created), (crashed, false));
    });
}

#[test]
fn a_ticket_whose_task_failed_for_good_gets_a_new_one() {
    with_database(async |db| {
        let bus = db.bus().await;
        for (retryable, new_task) in [(true, false), (false, true)] {
            let key = format!("retryable-{retryable}");
            let first = submit(&bus, &key).await;
            let failure = Failure {
                class: FailureClass::AgentError,
                retryable,
                next_step: "…".to_owned(),
            };
            let id = first.task.to_string();
            run(&bus, &id, start()).await;
            let fail = TaskCommand::FailTask {
                epoch: Some(1),
                failure,
            };
            run(&bus, &id, fail).await;
            let second = submit(&bus, &key).await;
            assert_eq!(second.created, new_task);
            assert_eq!(second.task != first.task, new_task);
            assert_eq!(second.state.can_retry(), retryable);
        }
    });
}

#[test]
fn amending_moves_the_task_from_one_ticket_to_the_other() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = submit(&bus, "wrong").await.task;
        let taken = submit(&bus, "taken").await.task;
        let refused = amend_ticket(&bus, task, amendment("taken"), &context()).await;
        assert!(matches!(refused, Err(AmendError::TicketTaken { task }) if task == taken));

        let same = context();
        let amended = amend_ticket(&bus, task, amendment("right"), &same)
            .await
            .unwrap();
        assert!(matches!(
            amended.executed.events[0].event,
            TaskEvent::TaskAmended { .. }
        ));
        let again = amend_ticket(&bus, task, amendment("right"), &same)
            .await
            .unwrap();
        assert!(again.executed.repeated);
        assert_eq!(holder(&bus, "right").await, Some(task));
        assert_eq!(holder(&bus, "wrong").await, None);
        assert!(submit(&bus, "wrong").await.created);
        assert_eq!(submit(&bus, "right").await.task, task);
    });
}

#[test]
fn a_refused_amendment_gives_its_claim_back() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = submit(&bus, "a").await.task;
        let id = task.to_string();
        run(&bus, &id, start()).await;
        let refused = amend_ticket(&bus, task, amendment("b"), &context()).await;
        assert!(
            matches!(refused, Err(AmendError::Task(ExecuteError::Refused(_)))),
            "{refused:?}"
        );
        assert_eq!(holder(&bus, "b").await, None);
        assert_eq!(holder(&bus, "a").await, Some(task));
    });
}

#[test]
fn a_late_repeat_gives_back_nothing_the_task_has() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = submit(&bus, "a").await.task;
        let (first, second) = (context(), context());
        for (key, context) in [("b", &first), ("c", &second)] {
            amend_ticket(&bus, task, amendment(key), context)
                .await
                .unwrap();
        }
        let again = amend_ticket(&bus, task, amendment("b"), &first).await;
        assert!(again.unwrap().executed.repeated);
        assert_eq!(holder(&bus, "c").await, Some(task));
        assert_eq!(holder(&bus, "b").await, None);

        // The ticket it had in between may be another's: the first result is still the answer.
        let other = submit(&bus, "b").await.task;
        let again = amend_ticket(&bus, task, amendment("b"), &first).await;
        assert!(again.unwrap().executed.repeated);
        assert_eq!(holder(&bus, "b").await, Some(other));
        assert_eq!(holder(&bus, "c").await, Some(task));
        assert_eq!(submit(&bus, "c").await.task, task);
    });
}

#[test]
fn a_repeat_of_a_refused_amendment_claims_anew() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = submit(&bus, "a").await.task;
        let id = task.to_string();
        run(&bus, &id, start()).await;
        let same = context();
        let refused = amend_ticket(&bus, task, amendment("b"), &same).await;
        assert!(refused.is_err());
        run(&bus, &id, TaskCommand::PauseTask).await;
        amend_ticket(&bus, task, amendment("b"), &same)
            .await
            .unwrap();
        assert_eq!(holder(&bus, "b").await, Some(task));
        assert_eq!(submit(&bus, "b").await.task, task);
    });
}

#[test]
fn a_task_holds_the_ticket_it_has_however_amendments_meet() {
    with_database(async |db| {
        let (one, two) = (db.bus().await, db.bus_as("relevo_agent").await);
        for n in 0..100 {
            let task = submit(&one, &format!("a-{n}")).await.task;
            let [a, b, c] = ["a", "b", "c"].map(|name| format!("{name}-{n}"));
            // A double click, with the worker right behind the first; another ticket meanwhile.
            let other = if n % 2 == 0 { &b } else { &c };
            let (here, there) = (context(), context());
            let first = async {
                let amended = amend_ticket(&one, task, amendment(&b), &here).await;
                let id = task.to_string();
                let _ = one.execute::<Task>(&id, start(), &context()).await;
                amended
            };
            let second = amend_ticket(&two, task, amendment(other), &there);
            let (first, second) = tokio::join!(first, second);
            assert!(first.is_ok() || second.is_ok());
            let loaded = one.load::<Task>(&task.to_string()).await.unwrap().unwrap();
            let has = loaded.state.submission.unwrap().ticket.key.0;
            for key in [&a, &b, &c] {
                let wanted = (*key == has).then_some(task);
                assert_eq!(holder(&two, key).await, wanted, "{key}, the task has {has}");
            }
        }
    });
}

#[test]
fn a_crash_before_the_old_ticket_is_given_back_does_not_lose_it() {
    with_database(async |db| {
        let bus = db.bus().await;
        let task = submit(&bus, "a").await.task;
        // As amend_ticket does, up to the crash.
        let claim = TicketCommand::ClaimTicket { task };
        bus.execute::<Ticket>("b", claim, &context()).await.unwrap();
        // Before the task is amended, the ticket it is to become is its own.
        assert_eq!(submit(&bus, "b").await.task, task);
        let amend = TaskCommand::AmendTask(amendment("b"));
        bus.execute::<Task>(&task.to_string(), amend, &context())
            .await
            .unwrap();
        let fresh = submit(&bus, "a").await;
        assert!(fresh.created && fresh.task != task);
    });
}
