//! What is not on disk yet is told to nobody.

use crate::harness::*;
use crate::server::Server;
use commands::{CommandBus, EventLog, FlushMode, LogConfig, SERVICE_ROLES};
use domain::task::Task;
use std::time::Duration;

/// Leaves something in the log that is not on disk, as a writer does that has just committed: what
/// it held back is a flush, and that is held up here.
async fn something_unflushed(server: &Server) {
    let log_id = EventLog::from_pool(server.admin.clone()).log_id().await;
    let writes = "select log.append($1, 'off', array['task'], array[$2], array[0], array[1], \
                  array[1], array[gen_random_uuid()], array['T'], array['1'], array['{}'], \
                  array['{}'], array[sha256('')])";
    let pool = server.pool("relevo_api").await;
    sqlx::query(writes)
        .bind(log_id.unwrap())
        .bind(task_id().to_string())
        .execute(&pool)
        .await
        .unwrap();
    pool.close().await;
    assert!(!server.all_is_flushed().await, "the test shows nothing");
}

#[test]
fn every_role_that_reads_the_log_waits_until_what_it_read_is_on_disk() {
    Server::run(async |server| {
        let mut readers = 0;
        for role in SERVICE_ROLES {
            let may_read = "select has_table_privilege($1, 'log.events', 'select')";
            let may_read: bool = sqlx::query_scalar(may_read)
                .bind(role)
                .fetch_one(&server.admin)
                .await
                .unwrap();
            if !may_read {
                continue;
            }
            readers += 1;
            let log = EventLog::from_pool(server.pool(role).await);
            something_unflushed(&server).await;
            let end = log.head().await.unwrap().position;
            assert!(server.all_is_flushed().await, "{role}, head");
            something_unflushed(&server).await;
            assert_eq!(log.read_after(end, 10).await.unwrap().len(), 1);
            assert!(server.all_is_flushed().await, "{role}, read_after");
            let event = log.at(end + 1).await.unwrap().unwrap();
            something_unflushed(&server).await;
            let stream = log.read_stream("task", &event.aggregate_id, 0).await;
            assert_eq!(stream.unwrap().len(), 1);
            assert!(server.all_is_flushed().await, "{role}, read_stream");
        }
        assert!(readers >= 5, "{readers}");
    });
}

#[test]
fn rows_of_long_ago_and_an_idle_log_cost_no_flush() {
    Server::run(async |server| {
        let log = EventLog::from_pool(server.pool("relevo_relay").await);
        something_unflushed(&server).await;
        let forge = "alter table log.events disable trigger all; \
                     update log.events set recorded_at = recorded_at - interval '1 hour'; \
                     alter table log.events enable trigger all";
        sqlx::raw_sql(forge).execute(&server.admin).await.unwrap();
        server.unflush().await;
        assert_eq!(log.read_after(0, 10).await.unwrap().len(), 1);
        assert!(!server.all_is_flushed().await, "flushed for nothing");
    });
}

#[test]
fn a_refusal_a_repeat_and_a_load_wait_for_what_others_wrote() {
    Server::run(async |server| {
        let (one, other) = (server.bus().await, server.bus().await);
        let id = running_task(&one).await;
        let same = context();
        one.execute::<Task>(&id, step("once"), &same).await.unwrap();
        // As if the writer of those events had not come to its flush yet.
        server.unflush().await;
        let repeated = other.execute::<Task>(&id, step("once"), &same).await;
        assert!(repeated.unwrap().repeated);
        assert!(server.all_is_flushed().await, "repeat");
        server.unflush().await;
        let fresh = server.bus().await;
        server.unflush().await;
        let again = domain::task::TaskCommand::SubmitTask(submission("again"));
        fresh
            .execute::<Task>(&id, again, &context())
            .await
            .unwrap_err();
        assert!(server.all_is_flushed().await, "refusal");
        server.unflush().await;
        assert_eq!(fresh.load::<Task>(&id).await.unwrap().unwrap().sequence, 3);
        assert!(server.all_is_flushed().await, "load");
    });
}

#[test]
fn a_role_that_may_not_flush_is_refused_at_the_start() {
    with_database(async |db| {
        let functions = "pg_logical_emit_message(boolean, text, text)";
        let take = format!("revoke execute on function {functions} from public");
        sqlx::query(&take).execute(&db.admin).await.unwrap();
        let outside = LogConfig {
            flush: FlushMode::Outside,
            ..LogConfig::new(db.url("relevo_api"))
        };
        let started = tokio::time::timeout(Duration::from_secs(60), CommandBus::connect(&outside));
        assert!(
            started.await.unwrap().is_err(),
            "found out at the first batch"
        );
    });
}
