//! The owner's word while a task waits or runs.

use crate::world;
use tests::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use tests::{Follower, delivered};

/// The pause comes when the portal has accepted and the files are on their way.
#[test]
fn a_pause_during_the_download_does_not_lose_the_invoice() {
    world::run(async |case| {
        let number = plain_number(64_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(64_000));
        let id = case.submit(&ticket).await?.task_id;
        let socket = Follower::start(&case.client, id);
        socket.until_event("task.submit_outcome").await?;
        match case.client.command(id, "pause").await {
            Ok(paused) => {
                let resumed = case.client.command(id, "resume").await;
                // It may have completed all the same: a fact is recorded in every state.
                if let Err(error) = &resumed {
                    let code = error.problem().map(|p| p.code().to_owned());
                    assert_eq!(code.as_deref(), Some("wrong-status"));
                }
                assert!(paused.sequence > 0);
            }
            Err(error) => {
                let code = error.problem().map(|p| p.code().to_owned());
                assert_eq!(code.as_deref(), Some("wrong-status"), "{error}");
            }
        }
        let done = case.completed(id, 0).await?;
        delivered(&case.client, &done).await?;
        assert_eq!(case.installation.control().submits(&number).await?.count, 1);
        Ok(())
    });
}

#[test]
fn a_pause_on_the_way_stops_the_agent_and_resuming_goes_on() {
    world::run(async |case| {
        let number = plain_number(65_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(65_000));
        let id = case.submit(&ticket).await?.task_id;
        let socket = Follower::start(&case.client, id);
        socket.until_event("task.step").await?;
        let paused = case.client.command(id, "pause").await?;
        assert_eq!(paused.status, "PAUSED");
        let task = case
            .until(id, "the pause", |t| t.sequence >= paused.sequence)
            .await?;
        assert_eq!(task.status, "PAUSED");
        assert_eq!(case.installation.control().submits(&number).await?.count, 0);
        let resumed = case.client.command(id, "resume").await?;
        assert_eq!(resumed.status, "RUNNING", "its browser is still there");
        let done = case.completed(id, resumed.sequence).await?;
        delivered(&case.client, &done).await?;
        let events = case.events(id).await?;
        let started = events.iter().filter(|e| e.event == "task.started").count();
        assert_eq!(started, 1, "one run");
        Ok(())
    });
}

#[test]
fn a_task_is_cancelled_while_it_waits() {
    world::run(async |case| {
        let number = plain_number(66_000);
        let control = case.installation.control();
        control.plain_ticket(&number, 66_000, "too_new").await?;
        let ticket = plain_ticket(case.profile, &number, &pesos(66_000));
        let id = case.submit(&ticket).await?.task_id;
        case.until(id, "the task to be put off", |t| t.deferrals == 1)
            .await?;
        let cancelled = case.client.command(id, "cancel").await?;
        assert_eq!(cancelled.status, "FAILED");
        let task = case.ended(id, cancelled.sequence - 1).await?;
        assert_eq!(task.failure.expect("a failure").class, "cancelled");
        let again = case.client.command(id, "cancel").await.unwrap_err();
        assert_eq!(again.problem().expect("a problem").code(), "wrong-status");
        Ok(())
    });
}

#[test]
fn a_task_is_cancelled_while_it_runs_and_its_browser_goes() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let (folio, web_id) = wizard_numbers(67_000);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(67_000));
        let id = case.submit(&ticket).await?.task_id;
        let socket = Follower::start(&case.client, id);
        socket.until_event("task.session_opened").await?;
        let cancelled = case.client.command(id, "cancel").await?;
        assert_eq!(cancelled.status, "FAILED");
        socket.until_event("task.session_closed").await?;
        let task = case.ended(id, cancelled.sequence - 1).await?;
        assert_eq!(task.failure.as_ref().expect("a failure").class, "cancelled");
        assert!(
            task.can_retry,
            "a cancelled ticket may be tried again: {task:#?}"
        );
        assert_eq!(case.installation.control().submits(&folio).await?.count, 0);
        Ok(())
    });
}

#[test]
fn an_archived_task_leaves_the_list() {
    world::run(async |case| {
        let number = plain_number(68_000);
        case.installation
            .control()
            .plain_ticket(&number, 68_000, "not_found")
            .await?;
        let ticket = plain_ticket(case.profile, &number, &pesos(68_000));
        let id = case.submit(&ticket).await?.task_id;
        case.ended(id, 0).await?;
        let archived = case.client.command(id, "archive").await?;
        let at = archived.position;
        let shown = case
            .client
            .tasks(&format!("limit=100&min_position={at}"))
            .await?;
        assert!(shown.items.iter().all(|t| t.task_id != id));
        let hidden = case.client.tasks("limit=100&archived=true").await?;
        assert!(hidden.items.iter().any(|t| t.task_id == id && t.archived));
        Ok(())
    });
}
