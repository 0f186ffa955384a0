//! Postgres killed under running tasks.

use crate::truth;
use crate::world;
use tests::builders::{pesos, plain_number, plain_ticket};
use tests::{Follower, delivered};

#[test]
fn a_crash_of_the_database_under_running_tasks_loses_nothing() {
    world::run(&[], async |case| {
        let postgres = case.installation.stack.postgres();
        let mut answers = Vec::new();
        let mut sockets = Vec::new();
        let mut numbers = Vec::new();
        // Each crash meets the tasks further on their way.
        for (cents, event) in [
            (20_100, "task.session_opened"),
            (20_200, "task.step"),
            (20_300, "task.submit_intended"),
            (20_400, "task.submit_outcome"),
        ] {
            let number = plain_number(cents);
            let ticket = plain_ticket(case.profile, &number, &pesos(cents));
            let answer = case.submit(&ticket).await?;
            let socket = Follower::start(&case.client, answer.task_id);
            socket.until_event(event).await?;
            postgres.kill9().await?;
            postgres.start_again().await?;
            answers.push(answer);
            sockets.push((answers[answers.len() - 1].task_id, socket));
            numbers.push(number);
        }
        for (answer, number) in answers.iter().zip(&numbers) {
            let done = case.completed(answer.task_id, 0).await?;
            delivered(&case.client, &done).await?;
            let submits = case.installation.control().submits(number).await?;
            assert_eq!(submits.count, 1, "{number}");
        }
        truth::holds(case, &answers, &sockets).await
    });
}
