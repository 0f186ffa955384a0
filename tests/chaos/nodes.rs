//! Two api nodes on one database.

use crate::truth;
use crate::world;
use futures::{StreamExt, TryStreamExt};
use tests::builders::{IDLE_ADAPTER, idle_ticket};

const PAIRS: u32 = 100;

#[test]
fn the_same_ticket_through_two_nodes_at_once_is_one_task() {
    world::run(&[], async |case| {
        case.installation.drop_in(IDLE_ADAPTER.0, IDLE_ADAPTER.1)?;
        let second = case.installation.start_api().await?;
        let (one, two) = (&case.client, &second.client(case.installation, "demo")?);
        let pairs = futures::stream::iter(0..PAIRS).map(|n| async move {
            let ticket = idle_ticket(case.profile, &format!("FOLIO{n:05}"), "10.00");
            // Some clients repeat themselves under one key, some know nothing of each other.
            let key = (n % 2 == 0).then(|| format!("key-{n}"));
            let key = key.as_deref();
            tokio::try_join!(one.create_task(&ticket, key), two.create_task(&ticket, key))
        });
        let pairs: Vec<_> = pairs.buffer_unordered(8).try_collect().await?;
        let mut answers = Vec::new();
        for (first, second) in pairs {
            assert_eq!(first.task_id, second.task_id);
            assert!(first.created || second.created, "{first:?} {second:?}");
            case.remember(first.task_id);
            answers.push(if first.created { first } else { second });
        }
        let pool = case.installation.admin_pool().await?;
        let submitted: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM log.events WHERE event_type = 'TaskSubmitted'",
        )
        .fetch_one(&pool)
        .await?;
        assert_eq!(submitted, i64::from(PAIRS));
        second.stop().await?;
        truth::holds(case, &answers, &[]).await
    });
}
