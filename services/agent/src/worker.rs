//! The worker: free slots, offers, claims, and one task of the runtime per run.

use crate::beat;
use crate::journal::Journal;
use crate::run;
use crate::shared::Shared;
use commands::{CommandId, Context, ExecuteError};
use domain::TaskId;
use domain::task::{Status, Task, TaskCommand, TaskError};
use futures::StreamExt as _;
use kit::subjects;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often work is asked for when no hint comes.
const TICK: Duration = Duration::from_secs(1);
/// What `next_work` calls every portal that is not named: one without an adapter only asks.
const OTHERS: &str = "*";

/// Takes work until `stop`, then ends its runs and returns.
pub async fn work(shared: Arc<Shared>, slots: usize, stop: CancellationToken) {
    let mut runs: JoinSet<()> = JoinSet::new();
    let mut hints = shared.nats.subscribe(subjects::WORK_HINT).await.ok();
    let mut pauses = Pauses::default();
    while !stop.is_cancelled() {
        let free = slots.saturating_sub(runs.len());
        if free > 0 {
            for (task, portal) in offers(&shared, free, &pauses).await {
                if let Some(journal) = claim(&shared, task, &stop).await {
                    pauses.started(&shared, &portal);
                    runs.spawn(one(Arc::clone(&shared), journal, stop.clone()));
                }
            }
        }
        let hint = async {
            match &mut hints {
                Some(hints) => hints.next().await.is_some(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            heard = hint => if !heard { hints = None },
            Some(ended) = runs.join_next() => tell(ended),
            () = tokio::time::sleep(TICK) => {}
        }
        if hints.is_none() {
            hints = shared.nats.subscribe(subjects::WORK_HINT).await.ok();
        }
    }
    while let Some(ended) = runs.join_next().await {
        tell(ended);
    }
}

/// A run that panicked is told of; its lease expires, for its heartbeats have ended with it.
fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a run broke");
    }
}

/// One run with its heartbeats and its view of the task.
async fn one(shared: Arc<Shared>, journal: Arc<Journal>, stop: CancellationToken) {
    let over = CancellationToken::new();
    // However the run ends, nothing of it goes on.
    let _end = over.clone().drop_guard();
    let follower = tokio::spawn(Arc::clone(&journal).follow(over.clone()));
    let beats = beat::beat(shared.pool.clone(), Arc::clone(&journal), over.clone());
    let beats = tokio::spawn(beats);
    run::run(shared, journal, stop).await;
    over.cancel();
    let _ = tokio::join!(follower, beats);
}

/// Tasks that are offered to this worker.
async fn offers(shared: &Shared, free: usize, pauses: &Pauses) -> Vec<(TaskId, String)> {
    let caps = pauses.caps(shared);
    let offered: Result<Vec<(Uuid, String)>, sqlx::Error> =
        sqlx::query_as("select task_id, portal from work.next_work($1, $2, $3)")
            .bind(&shared.worker)
            .bind(i32::try_from(free).unwrap_or(i32::MAX))
            .bind(caps)
            .fetch_all(&shared.pool)
            .await;
    match offered {
        Ok(offered) => offered
            .into_iter()
            .map(|(task, portal)| (TaskId(task), portal))
            .collect(),
        Err(error) => {
            tracing::warn!(%error, "no work can be asked for");
            Vec::new()
        }
    }
}

/// Claims a task by starting it. `None`: somebody else has it, or it may not start now.
async fn claim(shared: &Shared, task: TaskId, stop: &CancellationToken) -> Option<Arc<Journal>> {
    let bus = &shared.desk.bus;
    let id = task.to_string();
    let state = match bus.load::<Task>(&id).await {
        Ok(loaded) => loaded?.state,
        Err(error) => {
            tracing::warn!(%task, %error, "an offered task can't be read");
            return None;
        }
    };
    if state.status != Status::Pending {
        return None;
    }
    // A profile that is gone is the run's to report.
    let profile_version = match shared.desk.buyer(&state).await {
        Ok((_, version)) => version,
        Err(error) => {
            tracing::info!(%task, %error, "no profile");
            0
        }
    };
    // The same claim of the same epoch, repeated, is one claim.
    let next = (state.epoch + 1).to_string();
    let command_id = CommandId::derived(&["claim", &id, &next, &shared.worker]);
    let context = Context::agent(shared.worker.clone()).with_command_id(command_id);
    let command = TaskCommand::StartTask {
        worker: shared.worker.clone(),
        profile_version,
    };
    let epoch = start(shared, &id, command, &context).await?;
    kit::reader::hint(&shared.nats);
    let (bus, nats) = (bus.clone(), shared.nats.clone());
    let worker = shared.worker.clone();
    match Journal::open(bus, nats, task, epoch, worker, stop.clone()).await {
        Ok(journal) => Some(journal),
        Err(error) => {
            // Without a beat the lease expires by itself.
            tracing::warn!(%task, %error, "a claimed task can't be read");
            None
        }
    }
}

/// Starts the task; what is in doubt is repeated, for as long as the offer holds.
async fn start(shared: &Shared, id: &str, command: TaskCommand, context: &Context) -> Option<u64> {
    let since = Instant::now();
    loop {
        let bus = &shared.desk.bus;
        match bus.execute::<Task>(id, command.clone(), context).await {
            Ok(executed) => return Some(executed.state.epoch),
            Err(ExecuteError::Refused(refusal)) => {
                if !matches!(refusal, TaskError::WrongStatus { .. }) {
                    tracing::info!(task = id, %refusal, "not started");
                }
                return None;
            }
            Err(error) if since.elapsed() > Duration::from_secs(8) => {
                tracing::warn!(task = id, %error, "not started");
                return None;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(200)).await,
        }
    }
}

/// When each portal was last begun: some want a pause between two starts.
#[derive(Default)]
struct Pauses {
    until: HashMap<String, Instant>,
}

impl Pauses {
    fn started(&mut self, shared: &Shared, portal: &str) {
        let adapter = shared.catalogue.get(portal);
        if let Some(pause_ms) = adapter.map(|a| a.pause_ms).filter(|ms| *ms > 0) {
            let until = Instant::now() + Duration::from_millis(pause_ms);
            self.until.insert(portal.to_owned(), until);
        }
    }

    /// Portal → how many of its tasks may run at once; none while it pauses.
    fn caps(&self, shared: &Shared) -> serde_json::Value {
        let now = Instant::now();
        let adapters = shared.catalogue.all();
        let caps = adapters.values().map(|adapter| {
            let pausing = self
                .until
                .get(&adapter.id)
                .is_some_and(|until| *until > now);
            let cap = if pausing { 0 } else { adapter.parallel };
            (adapter.id.clone(), serde_json::Value::from(cap))
        });
        let others = (OTHERS.to_owned(), serde_json::Value::from(4));
        serde_json::Value::Object(caps.chain([others]).collect())
    }
}

/// A name that no other process has.
pub fn name() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    let host = if host.is_empty() { "host" } else { host };
    let random = Uuid::now_v7().simple().to_string();
    format!("{host}-{}-{}", std::process::id(), &random[20..])
}
