//! Erasing: afterwards nothing opens anywhere, and the log stays whole.

use crate::harness::*;
use crate::vault::key_file;
use commands::audit::{Entries, Verified, verify};
use commands::{
    ArtifactFiles, ArtifactStore, Context, EraseError, Eraser, Erasure, ExecuteError, LogConfig,
    Objects, Scope, Vault, VaultError, submit_ticket,
};
use domain::account::{Account, AccountCommand, AccountError, ProfileData};
use domain::task::{
    Amendment, AnswerShape, Artifact, ArtifactKind, FactSource, Intervention, InterventionKind,
    Status, Submission, SubmitBy, SubmitOutcome, Task, TaskCommand,
};
use domain::{ArtifactId, InterventionId, ProfileId, Sealed, TaskId, UserId};
use sqlx::Executor as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A user with two profiles, seen by two processes that have both keys in memory.
struct World {
    db: Arc<Database>,
    bus: commands::CommandBus,
    api: Vault,
    agent: Vault,
    /// Seconds that have passed for the agent's cache.
    passed: Arc<AtomicU64>,
    store: ArtifactStore,
    eraser: Eraser,
    user: UserId,
    profiles: [ProfileId; 2],
    folder: tempfile::TempDir,
}

impl World {
    async fn new(db: Arc<Database>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key = key_file(folder.path(), "key.toml", "k1");
        let api = Vault::open(db.pool("relevo_api").await, &key)
            .await
            .unwrap();
        let (passed, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
        let seen = Arc::clone(&passed);
        let clock = move || start + Duration::from_secs(seen.load(Ordering::Relaxed));
        let agent = db.pool("relevo_agent").await;
        let agent = Vault::with_clock(agent, &key, clock).await.unwrap();
        let artifacts = folder.path().join("artifacts");
        let store = ArtifactStore::new(api.clone(), &artifacts);
        let files = ArtifactFiles::new(Objects::folder(&artifacts));
        let config = LogConfig::new(db.url("relevo_erase"));
        let eraser = Eraser::connect(&config, files).await.unwrap();
        let world = Self {
            bus: db.bus().await,
            db,
            api,
            agent,
            passed,
            store,
            eraser,
            user: UserId(Uuid::now_v7()),
            profiles: [1, 2].map(|_| ProfileId(Uuid::now_v7())),
            folder,
        };
        let user = world.user;
        world.account(AccountCommand::OpenAccount { user }).await;
        for profile in world.profiles {
            let data = ProfileData {
                rfc_key: world.api.keyed_hash(user, "rfc", &profile.to_string()),
                fiscal: world.seal(profile).await,
            };
            world
                .account(AccountCommand::AddProfile { profile, data })
                .await;
        }
        world
    }

    async fn account(&self, command: AccountCommand) {
        let id = self.user.to_string();
        let done = self.bus.execute::<Account>(&id, command, &context()).await;
        done.unwrap();
    }

    fn scope(&self, profile: ProfileId) -> Scope {
        Scope::Profile(self.user, profile)
    }

    async fn seal(&self, profile: ProfileId) -> Sealed {
        let sealed = self.api.seal(self.scope(profile), "a", "f", b"text");
        sealed.await.unwrap()
    }

    async fn opens(&self, vault: &Vault, profile: ProfileId, sealed: &Sealed) -> bool {
        let opened = vault.open_sealed(self.scope(profile), "a", "f", sealed);
        match opened.await {
            Ok(_) => true,
            Err(VaultError::Erased) => false,
            Err(other) => panic!("{other}"),
        }
    }

    fn profile_erasure(&self, n: usize) -> Erasure {
        Erasure {
            user: self.user,
            profile: Some(self.profiles[n]),
        }
    }

    fn account_erasure(&self) -> Erasure {
        Erasure {
            user: self.user,
            profile: None,
        }
    }

    /// A task with that profile, not started.
    async fn task(&self, profile: ProfileId) -> TaskId {
        let task = task_id();
        let submission = Submission {
            owner: self.user,
            profile,
            ..submission(&task.to_string())
        };
        let submit = TaskCommand::SubmitTask(submission);
        run(&self.bus, &task.to_string(), submit).await;
        task
    }

    async fn start(&self, task: TaskId) {
        let start = TaskCommand::StartTask {
            worker: "w".to_owned(),
            profile_version: 1,
        };
        run(&self.bus, &task.to_string(), start).await;
    }

    /// A file of the task, sealed under that profile.
    async fn file(&self, task: TaskId, profile: ProfileId, bytes: &[u8]) -> ArtifactId {
        let scope = self.scope(profile);
        let id = ArtifactStore::address(task, &self.store.digest(scope, bytes));
        let stored = self.store.put(scope, id, bytes).await.unwrap();
        let store = TaskCommand::StoreArtifact {
            by: FactSource::User,
            artifact: Artifact {
                id,
                kind: ArtifactKind::Xml,
                size_bytes: stored.size_bytes,
                digest: stored.digest,
            },
        };
        run(&self.bus, &task.to_string(), store).await;
        id
    }

    async fn state(&self, task: TaskId) -> Task {
        let loaded = self.bus.load::<Task>(&task.to_string()).await;
        loaded.unwrap().unwrap().state
    }

    /// A minute passes for the erasure, as the database sees it.
    async fn a_minute_passes(&self) {
        let back = "update vault.erasures set closed_at = closed_at - interval '75 seconds'";
        self.db.admin.execute(back).await.unwrap();
    }

    /// All steps, with nothing in the way.
    async fn erase(&self, erasure: Erasure) {
        self.eraser.begin(erasure).await.unwrap();
        assert_eq!(self.eraser.cancel(erasure).await.unwrap(), []);
        self.eraser.close(erasure).await.unwrap();
        self.a_minute_passes().await;
        self.eraser.destroy(erasure).await.unwrap();
        self.eraser.complete(erasure).await.unwrap();
    }

    async fn data_keys(&self) -> i64 {
        sqlx::query_scalar("select count(*) from vault.data_keys where user_id = $1")
            .bind(self.user.0)
            .fetch_one(&self.db.admin)
            .await
            .unwrap()
    }

    async fn verified(&self) -> Verified {
        let pool = self.db.pool("relevo_relay").await;
        let entries = Entries::of_database(pool, 1, None).await.unwrap();
        verify(entries, &[], |_| {}).await.unwrap()
    }
}

/// The final button is about to be pressed.
fn intend() -> TaskCommand {
    TaskCommand::IntendSubmit {
        epoch: 1,
        by: SubmitBy::Agent,
        values_hash: "h".to_owned(),
    }
}

#[test]
fn after_an_erasure_nothing_opens_in_any_process_and_the_chain_verifies() {
    with_database(async |db| {
        let world = World::new(db).await;
        let [erased, kept] = world.profiles;
        let sealed = [world.seal(erased).await, world.seal(kept).await];
        // The agent's cache is warm.
        assert!(world.opens(&world.agent, erased, &sealed[0]).await);
        assert!(world.opens(&world.agent, kept, &sealed[1]).await);
        let erasure = world.profile_erasure(0);
        world.eraser.begin(erasure).await.unwrap();
        world.eraser.close(erasure).await.unwrap();

        // Closed, not destroyed: whoever has no key in memory gets none any more.
        assert_eq!(world.data_keys().await, 2);
        let key = key_file(world.folder.path(), "key.toml", "k1");
        let fresh = Vault::open(world.db.pool("relevo_agent").await, &key);
        let fresh = fresh.await.unwrap();
        assert!(!world.opens(&fresh, erased, &sealed[0]).await);
        assert!(
            world.opens(&world.agent, erased, &sealed[0]).await,
            "within its minute"
        );
        world.passed.store(60, Ordering::Relaxed);
        assert!(!world.opens(&world.agent, erased, &sealed[0]).await);
        let early = world.eraser.destroy(erasure).await;
        assert!(matches!(early, Err(EraseError::NotClosed(_))));

        world.a_minute_passes().await;
        assert_eq!(world.eraser.destroy(erasure).await.unwrap().keys, 1);
        world.eraser.complete(erasure).await.unwrap();
        for vault in [&world.agent, &fresh] {
            assert!(!world.opens(vault, erased, &sealed[0]).await);
            assert!(world.opens(vault, kept, &sealed[1]).await);
            // Nor is anything sealed under another key in its place.
            let again = vault.seal(world.scope(erased), "a", "f", b"x").await;
            assert!(matches!(again, Err(VaultError::Erased)));
        }
        assert_eq!(world.data_keys().await, 1);
        let end = world.bus.log().head().await.unwrap().position;
        assert_eq!(world.verified().await.to, end);
        let account = world.bus.load::<Account>(&world.user.to_string()).await;
        let account = account.unwrap().unwrap().state;
        let state = account.profiles[&erased].erasure;
        assert_eq!(state, Some(domain::account::Erasure::Completed));
    });
}

#[test]
fn keys_that_somebody_gives_another_version_while_they_are_erased_stay_erased() {
    with_database(async |db| {
        let world = World::new(db).await;
        let sealed = world.seal(world.profiles[0]).await;
        world.eraser.begin(world.account_erasure()).await.unwrap();
        world.eraser.close(world.account_erasure()).await.unwrap();
        let key = key_file(world.folder.path(), "key.toml", "k1");
        let admin = commands::KeyAdmin::open(world.db.pool("relevo_keys").await, &key);
        let admin = admin.await.unwrap();
        let soon = admin.now().await.unwrap() + chrono::TimeDelta::hours(1);
        let renewed = admin.renew_batch(soon, commands::Cursor::default()).await;
        assert_eq!(renewed.unwrap().done, 0);
        world.a_minute_passes().await;
        world.eraser.destroy(world.account_erasure()).await.unwrap();
        assert_eq!(world.data_keys().await, 0);
        world.passed.store(60, Ordering::Relaxed);
        assert!(!world.opens(&world.agent, world.profiles[0], &sealed).await);
        // The installation's key is nobody's.
        assert_eq!(
            world.api.keyed_hash(world.user, "rfc", "x"),
            world.agent.keyed_hash(world.user, "rfc", "x")
        );
    });
}

#[test]
fn open_tasks_of_the_profile_are_cancelled_and_others_left() {
    with_database(async |db| {
        let world = World::new(db).await;
        let [erased, kept] = world.profiles;
        let (waiting, running) = (world.task(erased).await, world.task(erased).await);
        let pressed = world.task(erased).await;
        let other = world.task(kept).await;
        world.start(running).await;
        world.start(pressed).await;
        run(&world.bus, &pressed.to_string(), intend()).await;

        let erasure = world.profile_erasure(0);
        world.eraser.begin(erasure).await.unwrap();
        // The final button was pressed: its outcome is waited for, however often it is asked.
        for _ in 0..2 {
            assert_eq!(world.eraser.cancel(erasure).await.unwrap(), [pressed]);
        }
        for task in [waiting, running] {
            assert_eq!(world.state(task).await.status, Status::Failed);
        }
        assert_eq!(world.state(other).await.status, Status::Pending);
        let outcome = TaskCommand::RecordSubmitOutcome {
            epoch: 1,
            outcome: SubmitOutcome::Rejected,
            evidence: String::new(),
        };
        run(&world.bus, &pressed.to_string(), outcome).await;
        assert_eq!(world.eraser.cancel(erasure).await.unwrap(), []);
        assert_eq!(world.state(pressed).await.status, Status::Failed);
    });
}

#[test]
fn a_pressed_button_that_nobody_watches_any_more_does_not_hold_an_erasure_up() {
    with_database(async |db| {
        let world = World::new(db).await;
        let task = world.task(world.profiles[0]).await;
        let id = task.to_string();
        world.start(task).await;
        for command in [
            intend(),
            TaskCommand::RequestIntervention {
                epoch: Some(1),
                intervention: Intervention {
                    id: InterventionId(Uuid::now_v7()),
                    kind: InterventionKind::Captcha,
                    guide: String::new(),
                    answer: AnswerShape::Control,
                    answer_by: None,
                },
            },
            TaskCommand::ExpireLease {
                epoch: 1,
                given_back: false,
            },
        ] {
            run(&world.bus, &id, command).await;
        }
        let erasure = world.account_erasure();
        world.eraser.begin(erasure).await.unwrap();
        assert_eq!(world.eraser.cancel(erasure).await.unwrap(), []);
        assert_eq!(world.state(task).await.status, Status::Failed);
    });
}

#[test]
fn files_go_that_were_sealed_under_the_profile_and_no_others() {
    with_database(async |db| {
        let world = World::new(db).await;
        let [erased, kept] = world.profiles;
        let moved = world.task(erased).await;
        let before = world.file(moved, erased, b"before").await;
        let amend = |task: TaskId| {
            TaskCommand::AmendTask(Amendment {
                ticket: ticket(&task.to_string()),
                profile: kept,
                uso_cfdi: domain::fiscal::UsoCfdi::G03,
                forma_pago: None,
            })
        };
        run(&world.bus, &moved.to_string(), amend(moved)).await;
        let after = world.file(moved, kept, b"after").await;
        // The same content, sealed before under one profile and again under the other.
        let again = world.task(erased).await;
        let both = world.file(again, erased, b"both").await;
        run(&world.bus, &again.to_string(), amend(again)).await;
        world
            .store
            .put(world.scope(kept), both, b"both")
            .await
            .unwrap();
        world.erase(world.profile_erasure(0)).await;
        let open = world.state(moved).await;
        assert_eq!(open.status, Status::Pending, "it has the other profile now");
        let gone = world.store.get(world.scope(kept), before).await;
        assert!(matches!(gone, Err(VaultError::ArtifactMissing(_))));
        for file in [after, both] {
            assert!(world.store.get(world.scope(kept), file).await.is_ok());
        }
        // Again, as after a kill: nothing is left to do.
        world.erase(world.profile_erasure(0)).await;
        world.erase(world.account_erasure()).await;
        let gone = world.store.get(world.scope(kept), after).await;
        assert!(matches!(gone, Err(VaultError::ArtifactMissing(_))));
        assert_eq!(world.data_keys().await, 0);
    });
}

#[test]
fn a_ticket_of_an_erased_profile_can_be_handed_in_with_another() {
    with_database(async |db| {
        let world = World::new(db).await;
        let [erased, kept] = world.profiles;
        let with = |profile| Submission {
            owner: world.user,
            profile,
            ..submission("ticket")
        };
        let submit = async |profile| {
            let submitted = submit_ticket(&world.bus, with(profile), task_id(), &context()).await;
            submitted.unwrap()
        };
        let first = submit(erased).await;
        assert!(first.created);
        world.eraser.begin(world.profile_erasure(0)).await.unwrap();
        assert!(!submit(kept).await.created, "it has not ended yet");
        world.eraser.cancel(world.profile_erasure(0)).await.unwrap();
        let second = submit(kept).await;
        assert!(second.created);
        assert_ne!(second.task, first.task);
    });
}

#[test]
fn an_erasure_is_told_by_the_log_or_by_the_vault_and_what_is_unknown_is_refused() {
    with_database(async |db| {
        let world = World::new(db).await;
        let eraser = &world.eraser;
        let found = eraser.profile(world.profiles[1]).await.unwrap();
        assert_eq!(found, Some(world.profile_erasure(1)));
        let nobody = ProfileId(Uuid::now_v7());
        assert_eq!(eraser.profile(nobody).await.unwrap(), None);
        let unknown = Erasure {
            user: world.user,
            profile: Some(nobody),
        };
        assert!(!eraser.is_known(unknown).await.unwrap());
        let refused = eraser.begin(unknown).await;
        let Err(EraseError::Account(ExecuteError::Refused(refusal))) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(refusal, AccountError::ProfileUnknown { profile: nobody });
        assert!(eraser.begun().await.unwrap().is_empty());

        eraser.begin(world.profile_erasure(1)).await.unwrap();
        let of_vault = Erasure {
            user: UserId(Uuid::now_v7()),
            profile: None,
        };
        sqlx::query("delete from vault.erasures")
            .execute(&world.db.admin)
            .await
            .unwrap();
        sqlx::query("insert into vault.erasures (user_id) values ($1)")
            .bind(of_vault.user.0)
            .execute(&world.db.admin)
            .await
            .unwrap();
        let mut both = [of_vault, world.profile_erasure(1)];
        both.sort();
        let begun = eraser.begun().await.unwrap();
        assert_eq!(begun.into_iter().collect::<Vec<_>>(), both);
        let early = eraser.keys_run_out(of_vault).await;
        assert!(matches!(early, Err(EraseError::NotClosed(_))));
        let command = AccountCommand::OpenAccount { user: world.user };
        let user = Context::user(world.user);
        let id = world.user.to_string();
        eraser.begin(world.account_erasure()).await.unwrap();
        let refused = world.bus.execute::<Account>(&id, command, &user).await;
        assert!(matches!(
            refused,
            Err(ExecuteError::Refused(AccountError::AccountErased))
        ));
    });
}
