//! A second copy of every read model, to fold the log into while the first one serves.
//!
//! The copy lives in temporary tables of one connection: it has the shape of the real tables, needs
//! no rights, and is gone when the connection ends. Replacing is one transaction of `delete` and
//! `insert`, so readers see the old rows or the new ones, and policies and grants stay where they
//! are.

use crate::MODELS;
use sqlx::{Executor as _, PgConnection};

/// Makes the copies on this connection, empty.
///
/// # Errors
/// When the database does not answer.
pub async fn make_shadow(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    for table in MODELS.iter().chain(&["parked"]) {
        db.execute(format!("drop table if exists pg_temp.{table}").as_str())
            .await?;
        db.execute(format!("create temp table {table} (like read.{table} including all)").as_str())
            .await?;
    }
    Ok(())
}

/// Names without a schema mean the real tables, to the end of the transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn use_read(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    // Named last: a temporary table never stands in for a real one here.
    db.execute("set local search_path = read, pg_temp").await?;
    Ok(())
}

/// Names without a schema mean the copies, to the end of the transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn use_shadow(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    db.execute("set local search_path = pg_temp").await?;
    Ok(())
}

/// Puts the copies' rows in the place of the real ones, in the caller's transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn replace_by_shadow(db: &mut PgConnection) -> Result<(), sqlx::Error> {
    db.execute("set local statement_timeout = 0").await?;
    for table in MODELS.iter().chain(&["parked"]) {
        db.execute(format!("delete from read.{table}").as_str())
            .await?;
        db.execute(format!("insert into read.{table} select * from pg_temp.{table}").as_str())
            .await?;
    }
    Ok(())
}

/// Where a read model is not what a fold of the log gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub model: &'static str,
    /// The row as JSON.
    pub row: serde_json::Value,
    /// The row is in the read model and not in the fold; else the other way round.
    pub surplus: bool,
}

/// Compares every read model with its copy, row for row and value for value.
///
/// # Errors
/// When the database does not answer.
pub async fn differences(db: &mut PgConnection) -> Result<Vec<Difference>, sqlx::Error> {
    db.execute("set local statement_timeout = 0").await?;
    let mut found = Vec::new();
    for model in MODELS {
        let sql = format!(
            "(select to_jsonb(r), true from (select * from read.{model} \
               except select * from pg_temp.{model}) r) \
             union all \
             (select to_jsonb(r), false from (select * from pg_temp.{model} \
               except select * from read.{model}) r)"
        );
        let rows: Vec<(serde_json::Value, bool)> = sqlx::query_as(&sql).fetch_all(&mut *db).await?;
        found.extend(rows.into_iter().map(|(row, surplus)| Difference {
            model,
            row,
            surplus,
        }));
    }
    Ok(found)
}
