//! Where a value could be left behind.

use crate::canaries::Canaries;
use anyhow::Context;
use futures::StreamExt as _;
use sqlx::{PgPool, Row as _};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tests::Installation;
use tokio::task::JoinHandle;

/// What was found, and the place: a subject, a table.
type Found = Vec<(String, Vec<u8>)>;

/// Every message that went through the broker since it was made.
pub struct Messages {
    seen: Arc<Mutex<Found>>,
    listener: JoinHandle<()>,
}

impl Messages {
    /// Begins to listen to all subjects.
    pub async fn listen(installation: &Installation) -> anyhow::Result<Self> {
        let nats = async_nats::connect(&installation.env()["RELEVO_NATS__URL"]).await?;
        let mut messages = nats.subscribe(">").await?;
        nats.flush().await?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        let listener = tokio::spawn({
            let seen = Arc::clone(&seen);
            async move {
                while let Some(message) = messages.next().await {
                    let mut bytes = message.payload.to_vec();
                    bytes.extend_from_slice(format!("{:?}", message.headers).as_bytes());
                    bytes.extend_from_slice(message.subject.as_bytes());
                    seen.lock()
                        .unwrap()
                        .push((message.subject.to_string(), bytes));
                }
                drop(nats);
            }
        });
        Ok(Self { seen, listener })
    }

    /// What was heard: subject, and everything else with it.
    pub fn end(self) -> Found {
        self.listener.abort();
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

/// All rows of all tables, as text: `schema.table` and a row.
pub async fn rows(pool: &PgPool) -> anyhow::Result<Found> {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', n.nspname, c.relname)
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_all(pool)
    .await?;
    let mut all = Vec::new();
    for table in tables {
        let text = format!("select t::text from {table} t");
        let rows = sqlx::query(&text).fetch_all(pool).await?;
        for row in rows {
            all.push((table.clone(), row.get::<String, _>(0).into_bytes()));
        }
    }
    Ok(all)
}

/// All files below a folder, but those below the ones that are named.
pub fn files(dir: &Path, but: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            let kind = std::fs::symlink_metadata(&path).map(|data| data.file_type());
            match kind {
                _ if but.contains(&path) => {}
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) if kind.is_file() => found.push(path),
                // A socket, or gone since.
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Where which values were found, each once.
#[derive(Default)]
pub struct Findings(BTreeSet<String>);

impl Findings {
    pub fn look(&mut self, canaries: &Canaries, place: &str, bytes: &[u8]) {
        for name in canaries.within(bytes) {
            self.0.insert(format!("{name} in {place}"));
        }
    }

    pub fn are_none(self) -> anyhow::Result<()> {
        anyhow::ensure!(self.0.is_empty(), "found in the clear: {:#?}", self.0);
        Ok(())
    }
}
