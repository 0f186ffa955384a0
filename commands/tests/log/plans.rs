//! The plans of the append stay good when the table grows under them.

use crate::harness::*;
use futures::future::join_all;
use sqlx::{Executor as _, Row as _};

#[test]
fn an_empty_table_vacuumed_and_analysed_and_then_filled_is_still_read_by_its_keys() {
    with_database(async |db| {
        db.admin.execute("vacuum analyze log.events").await.unwrap();
        // The writer's plans are made now, on the empty table, and kept.
        let bus = db.bus().await;
        let first = running_task(&bus).await;
        for _ in 0..20 {
            join_all((0..100).map(|_| running_task(&bus))).await;
        }
        let rows = bus.log().head().await.unwrap().position;
        assert_eq!(rows, 2 + 20 * 100 * 2);
        let scanned = "select coalesce(sum(seq_tup_read), 0)::bigint as rows \
                       from pg_stat_user_tables where schemaname = 'log'";
        let before: i64 = settled(&db, scanned).await;
        for n in 0..50 {
            run(&bus, &first, step(n.to_string())).await;
        }
        let after: i64 = settled(&db, scanned).await;
        // Fifty scans of the table would be two hundred thousand rows.
        assert!(
            after - before < 5_000,
            "{} rows were read by sequential scans",
            after - before
        );
        let pool = db.pool("relevo_api").await;
        let plan = pool
            .fetch_one(
                "explain (format text) select position from log.events \
                 order by position desc limit 1",
            )
            .await
            .unwrap();
        assert!(plan.get::<String, _>(0).contains("Limit"));
    });
}

/// A statistic, once the backends have reported: they do so when idle, and are asked to here.
async fn settled(db: &Database, sql: &str) -> i64 {
    db.admin
        .execute("select pg_stat_force_next_flush()")
        .await
        .unwrap();
    let mut last = -1;
    loop {
        db.admin
            .execute("select pg_stat_clear_snapshot()")
            .await
            .unwrap();
        let now: i64 = sqlx::query_scalar(sql).fetch_one(&db.admin).await.unwrap();
        if now == last {
            return now;
        }
        last = now;
    }
}
