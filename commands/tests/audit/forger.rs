//! A signed log, and somebody with all rights in the database.

use crate::harness::*;
use commands::audit::{
    AdoptError, Adoption, AuditError, Entries, HeadSigner, Misfit, PublicKey, SigningKey, Verified,
    adopt, verify,
};
use commands::log::{GENESIS_CHAIN, LeafInput, chain_hash, leaf_hash};
use commands::{CommandBus, EventLog};
use sqlx::Executor as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A database's log with ten events of two tasks, and heads at 4, 8 and 10.
pub struct Signed {
    pub db: std::sync::Arc<Database>,
    pub bus: CommandBus,
    pub tasks: [String; 2],
    pub folder: TempDir,
    pub signer: HeadSigner,
}

/// Writes a signing key's file.
pub fn key_file(folder: &Path, digit: &str, mode: u32) -> PathBuf {
    let path = folder.join(format!("head-{digit}.key"));
    std::fs::write(&path, format!("{}\n", digit.repeat(64))).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    path
}

/// A signer with the folder's key and file.
async fn signer(db: &Database, folder: &Path) -> HeadSigner {
    let key = SigningKey::read(&folder.join("head-a.key")).unwrap();
    let file = folder.join("heads.jsonl");
    HeadSigner::new(db.pool("relevo_relay").await, key, Some(&file))
}

impl Signed {
    pub async fn new(db: std::sync::Arc<Database>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        key_file(folder.path(), "a", 0o600);
        let signer = signer(&db, folder.path()).await;
        let bus = db.bus().await;
        let tasks = [running_task(&bus).await, running_task(&bus).await];
        let mut signed = Self {
            db,
            bus,
            tasks,
            folder,
            signer,
        };
        signed.signer.sign().await.unwrap().unwrap();
        signed.grow(4).await;
        signed.signer.sign().await.unwrap().unwrap();
        signed.grow(2).await;
        signed.signer.sign().await.unwrap().unwrap();
        signed
    }

    /// Steps of both tasks in turn.
    pub async fn grow(&self, events: usize) {
        for n in 0..events {
            run(&self.bus, &self.tasks[n % 2], step("ñ \" \\ \n {}")).await;
        }
    }

    pub fn key(&self) -> PublicKey {
        let path = self.folder.path().join("head-a.key");
        SigningKey::read(&path).unwrap().public()
    }

    pub fn heads_file(&self) -> PathBuf {
        self.folder.path().join("heads.jsonl")
    }

    pub async fn verify_with(
        &self,
        from: u64,
        heads: Option<&Path>,
    ) -> Result<Verified, AuditError> {
        let pool = self.db.pool("relevo_relay").await;
        let entries = Entries::of_database(pool.clone(), from, heads).await?;
        let result = verify(entries, &[self.key()], |_| {}).await;
        // With next to no memory the same is found.
        let entries = Entries::of_database(pool, from, heads)
            .await?
            .remembering(1);
        let forgetful = verify(entries, &[self.key()], |_| {}).await;
        assert_eq!(format!("{forgetful:?}"), format!("{result:?}"));
        result
    }

    pub async fn verify(&self) -> Result<Verified, AuditError> {
        self.verify_with(1, None).await
    }

    pub async fn misfit(&self) -> Misfit {
        misfit(self.verify().await)
    }

    pub async fn misfit_with_file(&self) -> Misfit {
        misfit(self.verify_with(1, Some(&self.heads_file())).await)
    }

    /// Stops everything, adopts the log as it is now, and starts again.
    pub async fn adopt(self) -> (Self, Adoption) {
        let Self {
            db,
            bus,
            tasks,
            folder,
            signer: connected,
        } = self;
        drop((bus, connected));
        let end = EventLog::from_pool(db.admin.clone()).head().await.unwrap();
        let mut tries = 0;
        let adoption = loop {
            match adopt(&db.admin, end.position).await {
                Ok(adoption) => break adoption,
                // Connections that were just dropped.
                Err(AdoptError::Connected(_)) if tries < 12 => tries += 1,
                Err(error) => panic!("{error:?}"),
            }
        };
        let signed = Self {
            bus: db.bus().await,
            signer: signer(&db, folder.path()).await,
            db,
            tasks,
            folder,
        };
        (signed, adoption)
    }

    /// Runs statements as the superuser, the log's triggers switched off.
    pub async fn forge(&self, statements: &str) {
        let sql = format!(
            "alter table log.events disable trigger all; \
             alter table log.heads disable trigger all; \
             alter table log.adoptions disable trigger all; \
             alter table log.identity disable trigger all; {statements}; \
             alter table log.events enable trigger all; \
             alter table log.heads enable trigger all; \
             alter table log.adoptions enable trigger all; \
             alter table log.identity enable trigger all;"
        );
        self.db.admin.execute(sql.as_str()).await.unwrap();
    }

    /// Computes every leaf and chain anew, so that the rows agree with each other.
    pub async fn recompute(&self) {
        let log = EventLog::from_pool(self.db.admin.clone());
        let log_id = log.log_id().await.unwrap();
        let mut chain = GENESIS_CHAIN;
        let mut updates = Vec::new();
        for event in log.read_after(0, 1000).await.unwrap() {
            let leaf = leaf_hash(LeafInput {
                log_id,
                event_id: event.event_id,
                aggregate_type: &event.aggregate_type,
                aggregate_id: &event.aggregate_id,
                sequence: event.sequence,
                event_type: &event.event_type,
                event_version: &event.event_version,
                payload: &event.payload,
                metadata: &event.metadata,
            });
            chain = chain_hash(&chain, event.position, event.recorded_at, &leaf);
            updates.push(format!(
                "update log.events set leaf = '\\x{}', chain = '\\x{}' where position = {}",
                hex(&leaf),
                hex(&chain),
                event.position
            ));
        }
        self.forge(&updates.join("; ")).await;
    }
}

pub fn misfit(result: Result<Verified, AuditError>) -> Misfit {
    match result {
        Err(AuditError::Misfit(misfit)) => misfit,
        other => panic!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
