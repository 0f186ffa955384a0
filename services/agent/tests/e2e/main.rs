//! The agent against real parts: Postgres, NATS, Chromium and the practice portals. The public way
//! in (the api) is tested elsewhere; here tasks are handed in as commands.

#![allow(clippy::unwrap_used, reason = "tests")]

mod login;
mod world;

use domain::task::{
    DeferReason, FailureClass, InterventionKind, Rejection, ReturnOutcome, Status, SubmitBy, Task,
    TaskCommand, TaskEvent,
};
use schemas::ws::{Input, KeyAction};
use serde_json::json;
use world::{World, plain, test, wizard};

/// The portal tells the answer of its latest puzzle only.
static PUZZLE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[test]
fn a_plain_ticket_becomes_an_invoice() {
    test(async |world: &World| {
        let id = world.submit(&plain("770012350001", "12350")).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert_eq!(task.invoice.unwrap().signature, "valid");
        assert_eq!(world.submits("770012350001").await, 1);
        let history = world.history(id).await;
        let told = serde_json::to_string(&history).unwrap();
        for secret in ["XIQB891116QE4", "BERENICE", "770012350001"] {
            assert!(!told.contains(secret), "{secret} is in the log");
        }
        world
            .until(id, "the session's end", |t| t.open_sessions.is_empty())
            .await;
    });
}

#[test]
fn a_captcha_is_asked_for_and_a_wrong_answer_asks_again() {
    test(async |world: &World| {
        let _one = PUZZLE.lock().await;
        let id = world.submit(&wizard("5500011", "F012350", "12350")).await;
        let first = world.question(id, None).await;
        assert_eq!(first.kind, InterventionKind::Captcha);
        world.answer(id, first.id, &json!("XXXXXX")).await;
        let second = world.question(id, Some(first.id)).await;
        assert_eq!(second.kind, InterventionKind::Captcha);
        let right = world.captcha().await;
        world.answer(id, second.id, &json!(right)).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert!(task.invoice.unwrap().pdf.is_some(), "the archive has both");
    });
}

#[test]
fn a_human_types_the_captcha_while_the_agent_stands_back() {
    test(async |world: &World| {
        let _one = PUZZLE.lock().await;
        let id = world.submit(&wizard("5500012", "F022350", "22350")).await;
        world.question(id, None).await;
        let hand = world.take_control(id).await;
        let text = world.captcha().await;
        hand.send(Input::Text { text: text.clone() }).await;
        hand.picture().await;
        hand.give_back(ReturnOutcome::Done).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        let history = world.history(id).await;
        let proof = history.iter().any(|event| {
            matches!(event, TaskEvent::StepRecorded { step, .. }
                if step.content.as_deref() == Some("0 commands of the agent"))
        });
        assert!(proof, "{history:#?}");
        assert!(!serde_json::to_string(&history).unwrap().contains(&text));
    });
}

#[test]
fn what_portals_refuse_fails_with_its_reason() {
    test(async |world: &World| {
        let rejected = FailureClass::TicketRejected;
        for (ticket, cents, class, retryable) in [
            ("200100000099", "100", rejected(Rejection::NotFound), true),
            (
                "770012350002",
                "12351",
                rejected(Rejection::AmountDiffers),
                true,
            ),
            (
                "200100000066",
                "9990",
                rejected(Rejection::FiscalDataRefused),
                true,
            ),
            ("200100000044", "21500", FailureClass::Expired, false),
            (
                "200100000033",
                "8000",
                rejected(Rejection::AlreadyInvoicedElsewhere),
                false,
            ),
        ] {
            let mut fields = plain(ticket, cents);
            let branch = match ticket {
                "200100000044" => "003",
                "200100000066" => "004",
                _ => "001",
            };
            fields.insert("sucursal".to_owned(), branch.to_owned());
            let id = world.submit(&fields).await;
            let task = world.until(id, "the end", |t| t.status.is_finished()).await;
            let failure = task.failure.expect("a failure");
            assert_eq!(
                (failure.class, failure.retryable),
                (class, retryable),
                "{ticket}"
            );
            assert!(world.submits(ticket).await <= 1);
        }
    });
}

#[test]
fn a_ticket_that_is_too_new_is_put_off_and_invoiced_later() {
    test(async |world: &World| {
        let mut fields = plain("200100000055", "56010");
        fields.insert("sucursal".to_owned(), "002".to_owned());
        let id = world.submit(&fields).await;
        let put_off = world.until(id, "the deferral", |t| t.deferrals > 0).await;
        assert_eq!(put_off.attempts, 0);
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        let deferred = world.history(id).await.into_iter().any(|event| {
            matches!(
                event,
                TaskEvent::TaskDeferred {
                    reason: DeferReason::TooNew,
                    ..
                }
            )
        });
        assert!(deferred);
    });
}

#[test]
fn a_pause_is_obeyed_and_the_run_goes_on() {
    test(async |world: &World| {
        let id = world.submit(&plain("770012350003", "12350")).await;
        world
            .until_event(id, |e| matches!(e, TaskEvent::StepRecorded { .. }))
            .await;
        world.command(id, TaskCommand::PauseTask).await;
        let paused = world
            .until(id, "the pause", |t| t.status == Status::Paused)
            .await;
        assert!(paused.session.is_some(), "its browser is kept");
        world.command(id, TaskCommand::ResumeTask).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert_eq!(task.epoch, 1, "one run");
    });
}

#[test]
fn a_lost_answer_to_the_final_button_is_looked_up_and_never_pressed_again() {
    test(async |world: &World| {
        world
            .fault(&json!({ "portal": "plain", "kind": "drop_after_post" }))
            .await;
        let id = world.submit(&plain("770012350004", "12350")).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert_eq!(world.submits("770012350004").await, 1);
        let intents = world.history(id).await.into_iter().filter(|event| {
            matches!(
                event,
                TaskEvent::SubmitIntended {
                    by: SubmitBy::Agent,
                    ..
                }
            )
        });
        assert_eq!(intents.count(), 1);
    });
}

#[test]
fn going_on_does_not_confirm() {
    test(async |world: &World| {
        let ticket = "770012350005";
        let id = world.submit_unconfirmed(&plain(ticket, "12350")).await;
        let question = world.question(id, None).await;
        assert_eq!(question.kind, InterventionKind::Confirm);
        world.command(id, TaskCommand::ResumeTask).await;
        let asked_again = |task: &Task| task.intervention.is_some() || task.status.is_finished();
        let task = world.until(id, "the question", asked_again).await;
        let again = task.intervention.expect("the question again");
        assert_eq!(again.kind, InterventionKind::Confirm);
        assert_eq!(world.submits(ticket).await, 0);
        world.answer(id, again.id, &json!(true)).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert_eq!(world.submits(ticket).await, 1);
    });
}

#[test]
fn a_human_presses_the_final_button_once() {
    test(async |world: &World| {
        let ticket = "770012350006";
        let id = world.submit_unconfirmed(&plain(ticket, "12350")).await;
        world.question(id, None).await;
        let hand = world.take_control(id).await;
        // The agent has left the last field by the tabulator: the button is next.
        for action in [
            KeyAction::Down,
            KeyAction::Up,
            KeyAction::Down,
            KeyAction::Up,
        ] {
            hand.send(Input::Key {
                action,
                key: " ".to_owned(),
                code: "Space".to_owned(),
                modifiers: 0,
            })
            .await;
        }
        let by_hand = |event: &TaskEvent| {
            let by = SubmitBy::Human;
            matches!(event, TaskEvent::SubmitIntended { by: who, .. } if *who == by)
        };
        world.until_event(id, by_hand).await;
        hand.give_back(ReturnOutcome::Done).await;
        let task = world.until(id, "the end", |t| t.status.is_finished()).await;
        assert_eq!(task.status, Status::Completed, "{task:#?}");
        assert_eq!(world.submits(ticket).await, 1);
        let history = world.history(id).await;
        assert_eq!(history.iter().filter(|e| by_hand(e)).count(), 1);
    });
}
