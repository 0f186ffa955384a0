//! One Postgres for all tests of this binary, a database of its own for each.

use commands::log::{LeafInput, leaf_hash};
use commands::{CommandBus, Context, EventLog, Executed, LogConfig, migrate};
use devstack::{Stack, StackOptions};
use domain::fiscal::UsoCfdi;
use domain::task::{
    Artifact, ConfirmPolicy, Step, StepKind, StepOutcome, Submission, Task, TaskCommand, Ticket,
};
use domain::{KeyedHash, ProfileId, Sealed, TaskId, UserId};
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use std::future::Future;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};
use tokio::runtime::Runtime;
use uuid::Uuid;

pub const PASSWORD: &str = "it's a \"service\" password";

/// The running stack, on a runtime that outlives each test's own.
struct Shared {
    runtime: Runtime,
    stack: Option<Stack>,
}

static SHARED: Mutex<Weak<Shared>> = Mutex::new(Weak::new());
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Shared {
    /// The stack other tests use at this moment, or a new one.
    fn get() -> Arc<Self> {
        let mut shared = SHARED.lock().unwrap();
        if let Some(running) = shared.upgrade() {
            return running;
        }
        let runtime = Runtime::new().unwrap();
        let stack = runtime.block_on(Stack::start(StackOptions::default()));
        let started = Arc::new(Self {
            runtime,
            stack: Some(stack.unwrap()),
        });
        *shared = Arc::downgrade(&started);
        started
    }

    fn stack(&self) -> &Stack {
        self.stack.as_ref().unwrap()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if let Some(stack) = self.stack.take() {
            self.runtime.block_on(stack.stop()).unwrap();
        }
    }
}

/// A migrated database.
pub struct Database {
    shared: Arc<Shared>,
    name: String,
    /// The superuser's pool.
    pub admin: PgPool,
}

impl Database {
    pub fn url(&self, role: &str) -> String {
        let postgres = self.shared.stack().postgres();
        postgres.url(role, PASSWORD, &self.name)
    }

    pub fn port(&self) -> u16 {
        self.shared.stack().postgres().port()
    }

    pub fn admin_url(&self) -> String {
        let postgres = self.shared.stack().postgres();
        postgres.url("postgres", postgres.password(), &self.name)
    }

    pub async fn bus(&self) -> CommandBus {
        self.bus_as("relevo_api").await
    }

    pub async fn bus_as(&self, role: &str) -> CommandBus {
        CommandBus::connect(&LogConfig::new(self.url(role)))
            .await
            .unwrap()
    }

    pub async fn pool(&self, role: &str) -> PgPool {
        let options = PgPoolOptions::new().max_connections(4);
        options.connect(&self.url(role)).await.unwrap()
    }
}

/// Runs a test with a database of its own.
pub fn with_database<F: Future<Output = ()>>(test: impl FnOnce(Arc<Database>) -> F) {
    let shared = Shared::get();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let name = format!("log_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let postgres = shared.stack().postgres();
        postgres.create_database(&name).await.unwrap();
        let url = postgres.url("postgres", postgres.password(), &name);
        let options = PgPoolOptions::new().max_connections(4);
        let admin = options.connect(&url).await.unwrap();
        migrate(&admin, PASSWORD).await.unwrap();
        let database = Database {
            shared: Arc::clone(&shared),
            name,
            admin,
        };
        test(Arc::new(database)).await;
    });
    drop(runtime);
}

pub fn task_id() -> TaskId {
    TaskId(Uuid::now_v7())
}

/// A context of a user under a fresh command id.
pub fn context() -> Context {
    Context::user(UserId(Uuid::now_v7()))
}

pub fn submission(key: &str) -> Submission {
    Submission {
        owner: UserId(Uuid::from_u128(7)),
        ticket: ticket(key),
        profile: ProfileId(Uuid::from_u128(8)),
        uso_cfdi: UsoCfdi::G03,
        forma_pago: None,
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Auto,
        confirmed_values: None,
        needs_human: false,
    }
}

pub fn ticket(key: &str) -> Ticket {
    Ticket {
        portal: "practice".to_owned(),
        url: None,
        key: KeyedHash(key.to_owned()),
        fields: Sealed("c2VhbGVk".to_owned()),
        purchase_date: None,
        total: None,
    }
}

pub fn step(content: impl Into<String>) -> TaskCommand {
    TaskCommand::RecordStep {
        epoch: 1,
        step: Step {
            kind: StepKind::Fill,
            field: Some("ticket".to_owned()),
            content: Some(content.into()),
            outcome: StepOutcome::Ok,
            duration_ms: 12,
        },
    }
}

/// A file by its id: stored again, it is nothing to do.
pub fn artifact(id: u128) -> TaskCommand {
    TaskCommand::StoreArtifact {
        by: domain::task::FactSource::Worker { epoch: 1 },
        artifact: Artifact {
            id: domain::ArtifactId(Uuid::from_u128(id)),
            kind: domain::task::ArtifactKind::Xml,
            size_bytes: 1,
            digest: KeyedHash("d".to_owned()),
        },
    }
}

/// A submitted and started task.
pub async fn running_task(bus: &CommandBus) -> String {
    let id = task_id().to_string();
    run(bus, &id, TaskCommand::SubmitTask(submission(&id))).await;
    let start = TaskCommand::StartTask {
        worker: "w".to_owned(),
        profile_version: 1,
    };
    run(bus, &id, start).await;
    id
}

pub async fn run(bus: &CommandBus, id: &str, command: TaskCommand) -> Executed<Task> {
    bus.execute::<Task>(id, command, &context()).await.unwrap()
}

/// Appends events to a task after a sequence in one call, as a newer or broken program would: type,
/// version, payload.
pub async fn append_raw(db: &Database, task: &str, after: u64, events: &[(&str, &str, &str)]) {
    let pool = db.pool("relevo_api").await;
    let log_id = EventLog::from_pool(pool.clone()).log_id().await.unwrap();
    let mut rows = (vec![], vec![], vec![], vec![], vec![], vec![]);
    for ((event_type, event_version, payload), sequence) in events.iter().zip(after + 1..) {
        let event_id = Uuid::now_v7();
        let leaf = leaf_hash(LeafInput {
            log_id,
            event_id,
            aggregate_type: "task",
            aggregate_id: task,
            sequence,
            event_type,
            event_version,
            payload,
            metadata: "{}",
        });
        rows.0.push(event_id);
        rows.1.push((*event_type).to_owned());
        rows.2.push((*event_version).to_owned());
        rows.3.push((*payload).to_owned());
        rows.4.push("{}".to_owned());
        rows.5.push(leaf.to_vec());
    }
    sqlx::query(
        "select log.append($1, 'on', array['task'], array[$2], array[$3::bigint], \
         array_fill(1, array[$4::integer]), array(select generate_series($3::bigint + 1, $3::bigint + $4)), \
         $5::uuid[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[])",
    )
    .bind(log_id)
    .bind(task)
    .bind(after as i64)
    .bind(events.len() as i32)
    .bind(rows.0)
    .bind(rows.1)
    .bind(rows.2)
    .bind(rows.3)
    .bind(rows.4)
    .bind(rows.5)
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}
