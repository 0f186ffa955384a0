//! One world for all tests: it costs some seconds to start.

use commands::{
    Actor, CommandBus, CommandId, Context, LogConfig, Scope, Vault, migrate, submit_ticket,
};
use devstack::{Stack, StackOptions};
use domain::account::{Account, AccountCommand, ProfileData};
use domain::fiscal::{FiscalData, FiscalDataInput, FormaPago, Money, UsoCfdi};
use domain::task::{
    ConfirmPolicy, Control, Intervention, InterventionKind, ReturnOutcome, Status, Submission,
    Task, TaskCommand, TaskEvent, Ticket,
};
use domain::{CredentialId, InterventionId, ProfileId, TaskId, UserId};
use futures::StreamExt as _;
use kit::config::Config;
use kit::credentials::{self, Place};
use kit::live::{LiveDemand, LiveInput, LiveReady, LiveSeal};
use kit::subjects;
use kit::totp::Totp;
use kit::values::Values;
use portals::{Portals, PortalsConfig};
use schemas::ws::Input;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const PATIENCE: Duration = Duration::from_secs(180);

pub struct World {
    _stack: Stack,
    portals: Portals,
    adapters: PathBuf,
    http: reqwest::Client,
    nats: async_nats::Client,
    bus: CommandBus,
    vault: Vault,
    owner: UserId,
    profile: ProfileId,
    buyer: FiscalData,
}

/// Runs a test in the common world.
pub fn test(body: impl AsyncFnOnce(&World)) {
    static RUNTIME: OnceLock<(Runtime, World)> = OnceLock::new();
    let (runtime, world) = RUNTIME.get_or_init(|| {
        let runtime = Runtime::new().unwrap();
        let world = runtime.block_on(World::start()).unwrap();
        (runtime, world)
    });
    runtime.block_on(body(world));
}

/// A ticket of the plain portal.
pub fn plain(ticket: &str, cents: &str) -> Values {
    let now = chrono::Utc::now();
    let today = domain::fiscal::mexico_today(now, domain::fiscal::MEXICO_CITY);
    values(&[
        ("portal", "la-paloma"),
        ("ticket", ticket),
        ("sucursal", "001"),
        ("fecha", &today.to_string()),
        ("total", &pesos(cents)),
    ])
}

/// A ticket of the portal with steps.
pub fn wizard(folio: &str, web_id: &str, cents: &str) -> Values {
    values(&[
        ("portal", "el-faro"),
        ("folio", folio),
        ("web_id", web_id),
        ("total", &pesos(cents)),
    ])
}

fn pesos(cents: &str) -> String {
    Money::mxn(cents.parse().unwrap()).to_decimal()
}

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

impl World {
    async fn start() -> anyhow::Result<Self> {
        kit::telemetry::init();
        let stack = Stack::start(StackOptions::default()).await?;
        let any = "127.0.0.1:0".parse()?;
        let portals = Portals::start(PortalsConfig {
            plain: any,
            wizard: any,
            control: any,
            ready_after: Duration::from_secs(20),
            dir: None,
        })
        .await?;
        let adapters = stack.dir().join("adapters");
        std::fs::create_dir_all(&adapters)?;
        for (name, text) in portals.adapters() {
            std::fs::write(adapters.join(name), text)?;
        }
        stack.postgres().create_database("relevo").await?;
        let config = config(&stack)?;
        let admin = stack.postgres().admin_url();
        let admin = admin
            .rsplit_once('/')
            .map(|(server, _)| format!("{server}/relevo"));
        let admin = PgPool::connect(&admin.unwrap()).await?;
        migrate(&admin, stack.service_password()).await?;
        reactor::migrate(&admin).await?;
        let url = config.database.role_url("relevo_api");
        let pool = PgPool::connect(&url).await?;
        let vault = Vault::open(pool, &config.keys.source).await?;
        let bus = CommandBus::connect(&LogConfig::new(&url)).await?;
        let nats = kit::nats::connect(&config.nats, "test").await?;
        for (agent, config) in [(true, config.clone()), (false, config)] {
            tokio::spawn(async move {
                let stop = CancellationToken::new();
                let ended = if agent {
                    agent::run(&config, stop).await
                } else {
                    reactor::run(&config, stop).await
                };
                panic!("a service ended: {ended:?}");
            });
        }
        let mut world = Self {
            _stack: stack,
            portals,
            adapters,
            http: reqwest::Client::new(),
            nats,
            bus,
            vault,
            owner: UserId(Uuid::now_v7()),
            profile: ProfileId(Uuid::now_v7()),
            buyer: buyer(),
        };
        world.open_account().await?;
        Ok(world)
    }

    async fn open_account(&mut self) -> anyhow::Result<()> {
        let id = self.owner.to_string();
        let open = AccountCommand::OpenAccount { user: self.owner };
        let context = || Context::user(self.owner);
        self.bus.execute::<Account>(&id, open, &context()).await?;
        let scope = Scope::Profile(self.owner, self.profile);
        let text = serde_json::to_vec(&self.buyer)?;
        let aggregate = format!("account:{}", self.owner);
        let data = ProfileData {
            rfc_key: self
                .vault
                .keyed_hash(self.owner, "rfc", self.buyer.rfc.as_str()),
            fiscal: self
                .vault
                .seal(scope, &aggregate, "profile.fiscal", &text)
                .await?,
        };
        let add = AccountCommand::AddProfile {
            profile: self.profile,
            data,
        };
        self.bus.execute::<Account>(&id, add, &context()).await?;
        Ok(())
    }

    /// Hands a ticket in, with its values confirmed beforehand.
    pub async fn submit(&self, given: &Values) -> TaskId {
        self.hand_in(given, true).await
    }

    /// Hands a ticket in whose values are to be confirmed.
    pub async fn submit_unconfirmed(&self, given: &Values) -> TaskId {
        self.hand_in(given, false).await
    }

    async fn hand_in(&self, given: &Values, confirmed: bool) -> TaskId {
        let mut fields = given.clone();
        let portal = fields.remove("portal").unwrap();
        let identity = format!(
            "{portal}/{}",
            fields.get("ticket").unwrap_or(&fields["total"])
        );
        let identity = format!(
            "{identity}/{}",
            fields.get("folio").cloned().unwrap_or_default()
        );
        let key = self.vault.keyed_hash(self.owner, "ticket", &identity);
        let scope = Scope::Profile(self.owner, self.profile);
        let text = serde_json::to_vec(&fields).unwrap();
        let sealed = self.vault.seal(scope, &key.0, "ticket.fields", &text).await;
        let (uso, forma_pago) = (UsoCfdi::G03, Some(FormaPago::F01));
        let values = kit::values::of_ticket(&fields, &self.buyer, uso, forma_pago);
        let submission = Submission {
            owner: self.owner,
            ticket: Ticket {
                portal,
                url: None,
                key,
                fields: sealed.unwrap(),
                purchase_date: None,
                total: Money::parse_mxn(&fields["total"]).ok(),
            },
            profile: self.profile,
            uso_cfdi: uso,
            forma_pago,
            window: None,
            not_before: None,
            confirm: ConfirmPolicy::Ask,
            confirmed_values: confirmed
                .then(|| kit::values::hash(&self.vault, self.owner, &values)),
            needs_human: false,
        };
        let context = Context::user(self.owner);
        let id = TaskId(Uuid::now_v7());
        submit_ticket(&self.bus, submission, id, &context)
            .await
            .unwrap();
        id
    }

    pub async fn command(&self, id: TaskId, command: TaskCommand) -> Arc<Task> {
        let context = Context::new(CommandId::random(), Actor::User(self.owner));
        let id = id.to_string();
        let executed = self.bus.execute::<Task>(&id, command, &context).await;
        executed.unwrap().state
    }

    pub async fn history(&self, id: TaskId) -> Vec<TaskEvent> {
        let history = self.bus.history::<Task>(&id.to_string()).await.unwrap();
        history.into_iter().map(|recorded| recorded.event).collect()
    }

    pub async fn until(&self, id: TaskId, what: &str, fits: impl Fn(&Task) -> bool) -> Task {
        let mut last = Task::default();
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                last = self
                    .bus
                    .load::<Task>(&id.to_string())
                    .await
                    .unwrap()
                    .unwrap()
                    .state;
                if fits(&last) {
                    return last.clone();
                }
                let question = last.intervention.as_ref().map(|q| q.kind);
                if matches!(
                    question,
                    Some(InterventionKind::Manual | InterventionKind::AgentStuck)
                ) {
                    panic!("waited for {what}: {:#?}", self.history(id).await);
                }
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        match waited.await {
            Ok(task) => task,
            Err(_) => panic!("waited for {what}: {:#?}", self.history(id).await),
        }
    }

    pub async fn until_event(&self, id: TaskId, fits: impl Fn(&TaskEvent) -> bool) {
        let waited = tokio::time::timeout(PATIENCE, async {
            while !self.history(id).await.iter().any(&fits) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        waited.await.expect("the event");
    }

    /// The open question, another one than `last`.
    pub async fn question(&self, id: TaskId, last: Option<InterventionId>) -> Intervention {
        let asks = |task: &Task| {
            let open = task.intervention.as_ref().filter(|q| Some(q.id) != last);
            open.is_some() || task.status.is_finished()
        };
        let task = self.until(id, "a question", asks).await;
        let history = self.history(id);
        match task.intervention {
            Some(question) => question,
            None => panic!("no question: {:#?}", history.await),
        }
    }

    pub async fn answer(&self, id: TaskId, question: InterventionId, answer: &Value) {
        let scope = Scope::Profile(self.owner, self.profile);
        let text = serde_json::to_vec(answer).unwrap();
        let field = format!("intervention.{question}");
        let sealed = self.vault.seal(scope, &id.to_string(), &field, &text).await;
        let command = TaskCommand::AnswerIntervention {
            id: question,
            answer: sealed.unwrap(),
        };
        self.command(id, command).await;
    }

    /// Makes an account at the plain portal.
    pub async fn open_account_at_portal(&self, user: &str, password: &str, seed: Option<&str>) {
        let url = format!("{}/accounts", self.portals.control_url());
        let account = json!({ "user": user, "password": password, "totp_secret": seed });
        let answer = self.http.post(url).json(&account).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// How often which sign-in was tried.
    pub async fn tried(&self, user: &str) -> Value {
        self.get(&format!("/accounts/{user}")).await
    }

    /// The adapter of the plain portal with accounts, under an id of the test's own.
    pub fn club(&self, id: &str) -> String {
        let adapters = self.portals.adapters();
        let club = adapters
            .iter()
            .find(|(name, _)| *name == "la-paloma-club.yaml");
        club.unwrap()
            .1
            .replace("id: la-paloma-club", &format!("id: {id}"))
    }

    pub fn drop_in(&self, id: &str, adapter: &str) {
        std::fs::write(self.adapters.join(format!("{id}.yaml")), adapter).unwrap();
    }

    pub fn plain_url(&self) -> String {
        self.portals.plain_url()
    }

    /// Stores an account of the owner, as the api does, and with it what was sealed for another
    /// portal.
    pub async fn store_moved(&self, portal: &str, sealed_for: &str, origin: &str) {
        let login = ("nadie", "nada");
        self.store_sealed_for(portal, sealed_for, origin, login, None)
            .await;
    }

    /// Stores an account of the owner, as the api does.
    pub async fn store(&self, portal: &str, origin: &str, login: (&str, &str), seed: Option<&str>) {
        self.store_sealed_for(portal, portal, origin, login, seed)
            .await;
    }

    async fn store_sealed_for(
        &self,
        portal: &str,
        sealed_for: &str,
        origin: &str,
        login: (&str, &str),
        seed: Option<&str>,
    ) {
        let place = Place {
            user: self.owner,
            portal: sealed_for,
            origin,
            credential: CredentialId(Uuid::now_v7()),
        };
        let totp = seed.map(|seed| Totp::parse(seed).unwrap());
        let data = credentials::seal(&self.vault, place, login.0, login.1, totp.as_ref());
        let command = AccountCommand::StoreCredential {
            portal: portal.to_owned(),
            credential: place.credential,
            data: data.await.unwrap(),
        };
        let (id, context) = (self.owner.to_string(), Context::user(self.owner));
        self.bus
            .execute::<Account>(&id, command, &context)
            .await
            .unwrap();
    }

    /// Whether the account at that portal is marked as refused.
    pub async fn is_refused(&self, portal: &str) -> bool {
        let account = self.bus.load::<Account>(&self.owner.to_string()).await;
        account.unwrap().unwrap().state.credentials[portal].refused
    }

    async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.portals.control_url());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn captcha(&self) -> String {
        self.get("/captcha/latest").await["answer"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    pub async fn submits(&self, ticket: &str) -> u64 {
        let path = format!("/submits?ticket={ticket}");
        self.get(&path).await["count"].as_u64().unwrap()
    }

    pub async fn fault(&self, fault: &Value) {
        let url = format!("{}/faults", self.portals.control_url());
        let answer = self.http.post(url).json(fault).send().await.unwrap();
        assert!(answer.status().is_success());
    }

    /// Takes the browser over and waits until the agent stands back.
    pub async fn take_control(&self, id: TaskId) -> Hand<'_> {
        let subject = subjects::live_ready(id);
        let mut ready = self.nats.subscribe(subject).await.unwrap();
        let pictures = self.nats.subscribe(subjects::live_frame(id)).await.unwrap();
        self.nats.flush().await.unwrap();
        let user = self.owner;
        let task = self.command(id, TaskCommand::TakeControl { user }).await;
        let Control::User { control_epoch, .. } = task.control else {
            panic!("no control: {task:?}");
        };
        let said = tokio::time::timeout(PATIENCE, ready.next())
            .await
            .unwrap()
            .unwrap();
        let said: LiveReady = serde_json::from_slice(&said.payload).unwrap();
        assert_eq!(said.control_epoch, control_epoch);
        Hand {
            world: self,
            id,
            control_epoch,
            sent: AtomicU64::new(0),
            pictures: tokio::sync::Mutex::new(pictures),
        }
    }
}

/// A human at the browser.
pub struct Hand<'a> {
    world: &'a World,
    id: TaskId,
    control_epoch: u64,
    sent: AtomicU64,
    pictures: tokio::sync::Mutex<async_nats::Subscriber>,
}

impl Hand<'_> {
    fn seal(&self) -> LiveSeal {
        LiveSeal::new(self.world.vault.clone(), self.world.owner, self.id)
    }

    pub async fn send(&self, input: Input) {
        let input = LiveInput {
            user: self.world.owner,
            control_epoch: self.control_epoch,
            socket: Uuid::nil(),
            number: self.sent.fetch_add(1, Ordering::Relaxed) + 1,
            input,
        };
        let sealed = self.seal().seal_input(&input).await.unwrap();
        let subject = subjects::live_input(self.id);
        // Twice: what somebody sends again must do nothing.
        for subject in [subject.clone(), subject] {
            let sealed = sealed.clone();
            self.world.nats.publish(subject, sealed).await.unwrap();
        }
    }

    /// Asks for a picture and waits for it.
    pub async fn picture(&self) {
        let demand = serde_json::to_vec(&LiveDemand { fresh: true }).unwrap();
        let subject = subjects::live_demand(self.id);
        self.world
            .nats
            .publish(subject, demand.into())
            .await
            .unwrap();
        let mut pictures = self.pictures.lock().await;
        let picture = tokio::time::timeout(PATIENCE, pictures.next()).await;
        let sealed = picture.unwrap().unwrap().payload;
        let picture = self.seal().open_frame(&sealed).await.unwrap();
        let length = u32::from_be_bytes(picture[..4].try_into().unwrap()) as usize;
        assert!(picture[4 + length..].starts_with(&[0xff, 0xd8]), "a JPEG");
    }

    pub async fn give_back(self, outcome: ReturnOutcome) {
        let command = TaskCommand::ReturnControl {
            control_epoch: self.control_epoch,
            outcome,
        };
        let task = self.world.command(self.id, command).await;
        assert_ne!(task.status, Status::Paused);
    }
}

fn buyer() -> FiscalData {
    let input = FiscalDataInput {
        rfc: "XIQB891116QE4".to_owned(),
        name: "BERENICE XIMO QUEZADA".to_owned(),
        postal_code: "76343".to_owned(),
        regimen: "612".to_owned(),
        default_use: Some("G03".to_owned()),
        email: "berenice@example.com".to_owned(),
    };
    input.validate().unwrap()
}

/// The configuration that the stack's environment gives.
fn config(stack: &Stack) -> anyhow::Result<Config> {
    let mut config = json!({ "auth": { "issuer": "http://127.0.0.1:1" } });
    for (name, value) in stack.relevo_env() {
        let Some((section, key)) = name.trim_start_matches("RELEVO_").split_once("__") else {
            continue;
        };
        let (section, key) = (section.to_lowercase(), key.to_lowercase());
        let value = match key.as_str() {
            "uid" | "gid" => json!(value.parse::<u32>()?),
            _ => json!(value),
        };
        config[section][key] = value;
    }
    Ok(serde_json::from_value(config)?)
}
