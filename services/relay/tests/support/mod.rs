//! A private Postgres and NATS with a migrated database, services to start on them, and tasks to
//! drive through their lives. Shared by the tests of relay, projector and reactor.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use commands::audit::{AdoptError, Adoption};
use commands::{CommandBus, CommandId, Context, EventLog, Executed, LogConfig};
use devstack::{Stack, StackOptions};
use domain::fiscal::UsoCfdi;
use domain::task::*;
use domain::{InterventionId, KeyedHash, ProfileId, Sealed, SessionId, TaskId, UserId};
use kit::config::{self, Config};
use kit::reader::{Checkpoint, Reader};
use sqlx::PgPool;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub const DATABASE: &str = "relevo";

/// A running stack with a migrated database.
pub struct World {
    pub stack: Stack,
    pub config: Config,
    pub admin: PgPool,
    pub stop: CancellationToken,
    services: Vec<JoinHandle<anyhow::Result<()>>>,
}

impl World {
    pub async fn start() -> Self {
        if std::env::var_os("RUST_LOG").is_some() {
            kit::telemetry::init();
        }
        let stack = Stack::start(StackOptions::default()).await.unwrap();
        stack.postgres().create_database(DATABASE).await.unwrap();
        let postgres = stack.postgres();
        let admin = postgres.url("postgres", postgres.password(), DATABASE);
        let admin = PgPool::connect(&admin).await.unwrap();
        commands::migrate(&admin, stack.service_password())
            .await
            .unwrap();
        projections::migrate(&admin).await.unwrap();
        reactor::migrate(&admin).await.unwrap();
        let config = config(&stack);
        Self {
            stack,
            config,
            admin,
            stop: CancellationToken::new(),
            services: Vec::new(),
        }
    }

    pub fn url(&self, role: &str) -> String {
        self.config.database.role_url(role)
    }

    pub async fn pool(&self, role: &str) -> PgPool {
        PgPool::connect(&self.url(role)).await.unwrap()
    }

    pub async fn bus(&self) -> CommandBus {
        CommandBus::connect(&LogConfig::new(self.url("relevo_api")))
            .await
            .unwrap()
    }

    pub async fn nats(&self) -> async_nats::Client {
        kit::reader::nats_options("test")
            .connect(self.stack.nats().url())
            .await
            .unwrap()
    }

    pub fn run_relay(&mut self) {
        let (config, stop) = (self.config.clone(), self.stop.clone());
        self.services
            .push(tokio::spawn(async move { relay::run(&config, stop).await }));
    }

    pub fn run_projector(&mut self) {
        let (config, stop) = (self.config.clone(), self.stop.clone());
        self.services.push(tokio::spawn(
            async move { projector::run(&config, stop).await },
        ));
    }

    pub fn run_reactor(&mut self, options: reactor::ReactorOptions) {
        let (config, stop) = (self.config.clone(), self.stop.clone());
        self.services.push(tokio::spawn(async move {
            reactor::run_with(&config, options, stop).await
        }));
    }

    /// All of it, and a reader like an api node's fan-out.
    pub fn run_all(&mut self) {
        self.run_relay();
        self.run_projector();
        self.run_reactor(reactor::ReactorOptions::default());
    }

    pub async fn head(&self) -> u64 {
        let sql = "select coalesce(max(position), 0) from log.events";
        let head: i64 = sqlx::query_scalar(sql)
            .fetch_one(&self.admin)
            .await
            .unwrap();
        head.unsigned_abs()
    }

    /// Waits until projector and reactor have followed the whole log.
    pub async fn readers_converge(&self) {
        let head = self.head().await;
        let sql = "select coalesce((select min(position) from read.checkpoints), -1) >= $1 \
                   and coalesce((select position from work.checkpoint), -1) >= $1";
        self.until_true(sql, head).await;
    }

    /// Waits until the projector has followed the whole log.
    pub async fn projector_converges(&self) {
        let head = self.head().await;
        let sql = "select coalesce((select min(position) from read.checkpoints), -1) >= $1";
        self.until_true(sql, head).await;
    }

    async fn until_true(&self, sql: &str, head: u64) {
        eventually(sql, async || {
            sqlx::query_scalar::<_, bool>(sql)
                .bind(i64::try_from(head).unwrap())
                .fetch_one(&self.admin)
                .await
                .unwrap_or(false)
        })
        .await;
    }

    /// Every read model equals a fold of the log.
    pub async fn assert_fold(&self) {
        let pool = self.pool("relevo_projector").await;
        let checked = projector::check(&pool, &EventLog::from_pool(pool.clone()))
            .await
            .unwrap();
        assert_eq!(checked.differences, vec![]);
        assert_eq!(checked.position, self.head().await);
    }

    /// Waits until a query of the administrator says true.
    pub async fn until(&self, sql: &str) {
        eventually(sql, async || {
            sqlx::query_scalar::<_, bool>(sql)
                .fetch_one(&self.admin)
                .await
                .unwrap_or(false)
        })
        .await;
    }

    /// Gives the log another id. No service and no bus may be left running.
    pub async fn adopt(&self) -> Adoption {
        let end = self.head().await;
        let mut tries = 0;
        loop {
            match commands::audit::adopt(&self.admin, end).await {
                Ok(adoption) => return adoption,
                // Connections that were just dropped.
                Err(AdoptError::Connected(_)) if tries < 12 => tries += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
    }

    /// Waits until each service has ended by itself, and answers what it said.
    pub async fn all_ended(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for service in self.services.drain(..) {
            let ended = tokio::time::timeout(Duration::from_secs(60), service).await;
            said.push(format!("{:#}", ended.unwrap().unwrap().unwrap_err()));
        }
        said
    }

    /// Stops the services, which must end well. Others may be started then.
    pub async fn stop_services(&mut self) {
        self.stop.cancel();
        for service in self.services.drain(..) {
            service.await.unwrap().unwrap();
        }
        self.stop = CancellationToken::new();
    }

    /// Stops the services and the servers.
    pub async fn end(mut self) {
        self.stop_services().await;
        self.admin.close().await;
        self.stack.stop().await.unwrap();
    }

    /// The one service that was started, once it has ended.
    pub async fn ended(&mut self) -> anyhow::Result<()> {
        self.services.pop().unwrap().await.unwrap()
    }
}

/// Waits for a condition; a minute is more than any of them needs.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let look = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    };
    if tokio::time::timeout(Duration::from_secs(60), look)
        .await
        .is_err()
    {
        panic!("never came true: {what}");
    }
}

fn config(stack: &Stack) -> Config {
    let unused = std::path::PathBuf::from("/nonexistent");
    let url = stack.postgres().url("", "", DATABASE);
    Config {
        database: config::Database {
            url: url.parse().unwrap(),
            service_password: stack.service_password().to_owned().into(),
            admin_url: None,
        },
        nats: config::Nats {
            url: stack.nats().url(),
        },
        keys: config::Keys::in_file(unused.clone()),
        artifacts: config::Place::Folder(unused.clone()),
        retention: Default::default(),
        auth: config::Auth::new("http://127.0.0.1".parse().unwrap()),
        api: config::Api::default(),
        agent: config::Agent {
            chromium: unused.clone(),
            chromedriver: unused.clone(),
            uid: None,
            gid: None,
            sessions_dir: unused.clone(),
            adapters_dir: unused,
            slots: 1,
            allow_private_hosts: String::new(),
        },
        reactor: Default::default(),
        audit: Default::default(),
        heads: None,
        log: Default::default(),
        portals: None,
    }
}

/// A reader as every api node has one: collects the positions it is given.
pub fn collect(
    log: EventLog,
    nats: async_nats::Client,
    stop: CancellationToken,
) -> watch::Receiver<Vec<u64>> {
    let (sender, seen) = watch::channel(Vec::new());
    tokio::spawn(async move {
        let mut at = Checkpoint::start(log.log_id().await.unwrap());
        let mut reader = Reader::new(log, nats, "collector");
        loop {
            let events = tokio::select! {
                () = stop.cancelled() => return,
                events = reader.next(&at) => events.unwrap(),
            };
            for event in events {
                at = at.moved_to(&event);
                sender.send_modify(|positions| positions.push(event.position));
            }
        }
    });
    seen
}

pub fn user() -> UserId {
    UserId(Uuid::now_v7())
}

pub fn submission(owner: UserId, portal: &str) -> Submission {
    Submission {
        owner,
        ticket: Ticket {
            portal: portal.to_owned(),
            url: None,
            key: KeyedHash(Uuid::now_v7().simple().to_string()),
            fields: Sealed("c2VhbGVk".to_owned()),
            purchase_date: None,
            total: None,
        },
        profile: ProfileId(owner.0),
        uso_cfdi: UsoCfdi::parse("G03").unwrap(),
        forma_pago: None,
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Ask,
        confirmed_values: None,
        needs_human: false,
    }
}

/// Executes a command that must be accepted, however often the log is away meanwhile.
pub async fn execute(bus: &CommandBus, task: TaskId, command: TaskCommand) -> Executed<Task> {
    let context = Context::reactor(CommandId::random());
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    loop {
        let name = command.name();
        match bus
            .execute::<Task>(&task.to_string(), command.clone(), &context)
            .await
        {
            Ok(executed) => return executed,
            Err(commands::ExecuteError::Refused(refusal)) => panic!("{name}: {refusal}"),
            Err(error) if tokio::time::Instant::now() > deadline => panic!("{name}: {error:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

pub async fn submit(bus: &CommandBus, owner: UserId, portal: &str) -> TaskId {
    submit_as(bus, submission(owner, portal)).await
}

pub async fn submit_as(bus: &CommandBus, submission: Submission) -> TaskId {
    let task = TaskId(Uuid::now_v7());
    execute(bus, task, TaskCommand::SubmitTask(submission)).await;
    task
}

/// Claims the task and answers the lease epoch.
pub async fn start(bus: &CommandBus, task: TaskId) -> u64 {
    let start = TaskCommand::StartTask {
        worker: "worker-1".to_owned(),
        profile_version: 1,
    };
    let started = execute(bus, task, start).await.state.epoch;
    let open = TaskCommand::OpenSession {
        epoch: started,
        session: SessionId(Uuid::now_v7()),
        provider: "local".to_owned(),
    };
    execute(bus, task, open).await;
    started
}

pub async fn step(bus: &CommandBus, task: TaskId, epoch: u64) {
    let step = Step {
        kind: StepKind::Fill,
        field: Some("ticket".to_owned()),
        content: Some("•••".to_owned()),
        outcome: StepOutcome::Ok,
        duration_ms: 12,
    };
    execute(bus, task, TaskCommand::RecordStep { epoch, step }).await;
}

pub async fn ask(bus: &CommandBus, task: TaskId, epoch: u64) -> InterventionId {
    let intervention = question();
    let id = intervention.id;
    let ask = TaskCommand::RequestIntervention {
        epoch: Some(epoch),
        intervention,
    };
    execute(bus, task, ask).await;
    id
}

pub fn question() -> Intervention {
    Intervention {
        id: InterventionId(Uuid::now_v7()),
        kind: InterventionKind::Captcha,
        guide: "Escribe el texto de la imagen".to_owned(),
        answer: AnswerShape::Text { max_chars: 10 },
        answer_by: None,
    }
}

pub fn failure() -> Failure {
    Failure {
        class: FailureClass::PortalDown,
        retryable: true,
        next_step: "Reintenta más tarde".to_owned(),
    }
}

/// A life with a question, an answer and an end.
pub async fn live(bus: &CommandBus, owner: UserId) -> TaskId {
    let task = submit(bus, owner, "plain").await;
    let epoch = start(bus, task).await;
    step(bus, task, epoch).await;
    let id = ask(bus, task, epoch).await;
    let answer = TaskCommand::AnswerIntervention {
        id,
        answer: Sealed("c2VhbGVk".to_owned()),
    };
    execute(bus, task, answer).await;
    step(bus, task, epoch).await;
    let session = execute(bus, task, TaskCommand::PauseTask)
        .await
        .state
        .session;
    let close = TaskCommand::CloseSession {
        session: session.unwrap(),
        reason: "done".to_owned(),
    };
    execute(bus, task, TaskCommand::ResumeTask).await;
    let fail = TaskCommand::FailTask {
        epoch: Some(epoch),
        failure: failure(),
    };
    execute(bus, task, fail).await;
    execute(bus, task, close).await;
    task
}

/// Some lives at once.
pub async fn live_some(bus: &CommandBus, n: usize) {
    let owner = user();
    futures::future::join_all((0..n).map(|_| live(bus, owner))).await;
}
