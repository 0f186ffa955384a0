//! One ticket is one task, one key is one command.

use crate::world::{self, folio, task};
use anyhow::Context;
use schemas::rest::AmendTask;
use std::collections::BTreeMap;
use tests::builders::idle_ticket;

#[test]
fn the_same_ticket_twice_is_the_same_task() {
    world::run(async |case| {
        let folio = folio();
        let first = case
            .submit(&idle_ticket(case.profile, &folio, "58.00"))
            .await?;
        assert!(first.created);
        // Typed otherwise, and with another total: still that ticket.
        let spaced = format!(" {} {}", &folio[..3].to_lowercase(), &folio[3..]);
        let again = case
            .submit(&idle_ticket(case.profile, &spaced, "59.00"))
            .await?;
        assert_eq!(again.task_id, first.task_id);
        assert!(!again.created);
        let ana = tests::Case::open(case.installation, "ana").await?;
        let hers = ana
            .submit(&idle_ticket(ana.profile, &folio, "58.00"))
            .await?;
        assert_ne!(
            hers.task_id, first.task_id,
            "another owner's ticket is another task"
        );
        Ok(())
    });
}

#[test]
fn a_key_is_one_command_and_not_two() {
    world::run(async |case| {
        let key = folio();
        let ticket = idle_ticket(case.profile, &folio(), "58.00");
        let first = case.client.create_task(&ticket, Some(&key)).await?;
        case.remember(first.task_id);
        let again = case.client.create_task(&ticket, Some(&key)).await?;
        assert_eq!(
            (again.task_id, again.position),
            (first.task_id, first.position)
        );
        let other = idle_ticket(case.profile, &folio(), "58.00");
        let reused = case
            .client
            .create_task(&other, Some(&key))
            .await
            .unwrap_err();
        let problem = reused.problem().context("a problem")?;
        assert_eq!(
            (problem.status, problem.code()),
            (409, "idempotency-key-reused")
        );
        // Another user's key of the same text is another key.
        let ana = tests::Case::open(case.installation, "ana").await?;
        let ticket = idle_ticket(ana.profile, &folio(), "58.00");
        let hers = ana.client.create_task(&ticket, Some(&key)).await?;
        assert_ne!(hers.task_id, first.task_id);
        assert!(hers.created);
        Ok(())
    });
}

#[test]
fn an_amendment_takes_the_new_ticket_and_gives_the_old_one_back() {
    world::run(async |case| {
        let (old, new) = (folio(), folio());
        let first = case
            .submit(&idle_ticket(case.profile, &old, "58.00"))
            .await?;
        let fields = BTreeMap::from([
            ("folio".to_owned(), new.clone()),
            ("fecha".to_owned(), tests::builders::today()),
            ("total".to_owned(), "60.00".to_owned()),
        ]);
        let amendment = AmendTask {
            fields: Some(fields),
            ..AmendTask::default()
        };
        let amended = case.client.amend(first.task_id, &amendment).await?;
        let seen = case.client.task(first.task_id, amended.position).await?;
        assert_eq!(
            seen.total.map(|t| t.cents),
            Some(6_000),
            "one reads one's own write"
        );
        let mut again = case
            .submit(&idle_ticket(case.profile, &new, "60.00"))
            .await?;
        assert_eq!(again.task_id, first.task_id);
        again = case
            .submit(&idle_ticket(case.profile, &old, "58.00"))
            .await?;
        assert_ne!(again.task_id, first.task_id, "the old ticket is free");
        // Nobody amends a task onto another one's ticket.
        let taken = case
            .client
            .amend(again.task_id, &amendment)
            .await
            .unwrap_err();
        let problem = taken.problem().context("a problem")?;
        assert_eq!(problem.code(), "ticket-taken");
        assert_eq!(problem.extra["task_id"], first.task_id.to_string());
        Ok(())
    });
}

#[test]
fn a_command_in_the_wrong_state_is_refused_by_name_and_nothing_is_emitted() {
    world::run(async |case| {
        let id = task(case).await?.task_id;
        let before = case.events(id).await?.len();
        for (command, code) in [
            ("retry", "wrong-status"),
            ("archive", "wrong-status"),
            ("take-control", "wrong-status"),
        ] {
            let refused = case.client.command(id, command).await.unwrap_err();
            let problem = refused.problem().context("a problem")?;
            assert_eq!((problem.status, problem.code()), (409, code), "{command}");
        }
        assert_eq!(case.events(id).await?.len(), before);
        Ok(())
    });
}

#[test]
fn a_read_model_that_is_behind_says_so() {
    world::run(async |case| {
        let id = task(case).await?.task_id;
        let far = case.client.task(id, u64::from(u32::MAX)).await.unwrap_err();
        let problem = far.problem().context("a problem")?;
        assert_eq!((problem.status, problem.code()), (503, "projection-behind"));
        Ok(())
    });
}
