//! One installation per test, without a browser: the test itself plays the agent, by commands.

mod adapters;
mod browser;
mod faulty;
mod http;
mod worker;

pub use browser::Browser;
pub use faulty::Faulty;
pub use http::{Answer, Client, send};
pub use worker::Worker;

use commands::{ArtifactStore, CommandBus, LogConfig, Vault};
use devstack::{Stack, StackOptions};
use kit::config::{Agent, Api, Auth, Config, Database, Keys, Nats, Place};
use kit::delivery::Desk;
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr as _;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Postgres, NATS, the provider, and api, relay and projector in this process.
pub struct App {
    pub stack: Stack,
    pub config: Config,
    pub admin: PgPool,
    stop: CancellationToken,
    services: JoinSet<anyhow::Result<()>>,
}

impl App {
    /// Everything, ready.
    pub async fn start() -> Self {
        let mut app = Self::start_without_projector().await;
        app.start_projector();
        app
    }

    /// Everything but the read side, which stays behind.
    pub async fn start_without_projector() -> Self {
        let stack = Stack::start(StackOptions {
            dir: None,
            with_oidc: true,
        })
        .await
        .unwrap();
        stack.postgres().create_database("relevo").await.unwrap();
        let options = PgConnectOptions::from_str(&stack.postgres().admin_url()).unwrap();
        let admin = PgPoolOptions::new()
            .max_connections(2)
            .connect_with(options.database("relevo"))
            .await
            .unwrap();
        commands::migrate(&admin, stack.service_password())
            .await
            .unwrap();
        projections::migrate(&admin).await.unwrap();
        reactor::migrate(&admin).await.unwrap();
        api::migrate(&admin).await.unwrap();
        let config = config(&stack);
        adapters::write(&config.agent.adapters_dir);
        let mut app = Self {
            stack,
            config,
            admin,
            stop: CancellationToken::new(),
            services: JoinSet::new(),
        };
        let (config, stop) = (app.config.clone(), app.stop.clone());
        app.services
            .spawn(async move { api::run(&config, stop).await });
        let (config, stop) = (app.config.clone(), app.stop.clone());
        app.services
            .spawn(async move { relay::run(&config, stop).await });
        let anyone = app.anonymous();
        eventually("the api to be ready", || async {
            anyone
                .try_get("/readyz")
                .await
                .is_some_and(|a| a.status == 200)
        })
        .await;
        app
    }

    /// Lets the read models catch up from here on.
    pub fn start_projector(&mut self) {
        let (config, stop) = (self.config.clone(), self.stop.clone());
        self.services
            .spawn(async move { projector::run(&config, stop).await });
    }

    /// A second node of the api, and a client of `demo` there.
    pub async fn another_api(&mut self) -> Client {
        let config = self.node(|_| ()).await;
        let token = self.stack.oidc().unwrap().token("demo").unwrap();
        Client::new(format!("http://{}", config.api.listen), Some(token))
    }

    /// One more node of the api, configured in another way.
    pub async fn node(&mut self, change: impl FnOnce(&mut Config)) -> Config {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut config = self.config.clone();
        config.api.listen = free.local_addr().unwrap();
        drop(free);
        change(&mut config);
        let (running, stop) = (config.clone(), self.stop.clone());
        self.services
            .spawn(async move { api::run(&running, stop).await });
        let anyone = Client::new(format!("http://{}", config.api.listen), None);
        eventually("the other api", || async {
            anyone
                .try_get("/readyz")
                .await
                .is_some_and(|a| a.status == 200)
        })
        .await;
        config
    }

    /// Stops the services and the servers; nothing is left behind.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.services.join_next().await {
            ended.unwrap().unwrap();
        }
        self.admin.close().await;
        self.stack.stop().await.unwrap();
    }

    /// A client without a token.
    pub fn anonymous(&self) -> Client {
        Client::new(format!("http://{}", self.config.api.listen), None)
    }

    /// A client with that token.
    pub fn with_token(&self, token: &str) -> Client {
        Client::new(
            format!("http://{}", self.config.api.listen),
            Some(token.to_owned()),
        )
    }

    /// A client of one of the provider's demo users.
    pub fn client(&self, user: &str) -> Client {
        self.with_token(&self.stack.oidc().unwrap().token(user).unwrap())
    }

    /// One who does what an agent does.
    pub async fn worker(&self) -> Worker {
        Worker::connect(&self.config).await
    }

    /// What the agent opens sealed values with.
    pub async fn desk(&self) -> Desk {
        let url = self.config.database.role_url("relevo_agent");
        let pool = PgPoolOptions::new()
            .max_connections(2)
            .connect(&url)
            .await
            .unwrap();
        let vault = Vault::open(pool, &self.config.keys.source).await.unwrap();
        Desk {
            artifacts: ArtifactStore::within(
                vault.clone(),
                self.config.artifacts.objects().unwrap(),
            ),
            vault,
            bus: CommandBus::connect(&LogConfig::new(url)).await.unwrap(),
        }
    }

    /// How many events the log holds.
    pub async fn events(&self) -> i64 {
        sqlx::query_scalar("select count(*) from log.events")
            .fetch_one(&self.admin)
            .await
            .unwrap()
    }
}

fn config(stack: &Stack) -> Config {
    let url = stack.postgres().url("relevo_api", "x", "relevo");
    let mut url = url::Url::parse(&url).unwrap();
    url.set_username("").unwrap();
    url.set_password(None).unwrap();
    let browser = stack.browser();
    Config {
        database: Database {
            url,
            service_password: stack.service_password().to_owned().into(),
            admin_url: None,
        },
        nats: Nats {
            url: stack.nats().url(),
        },
        keys: Keys::in_file(stack.key_file()),
        artifacts: Place::Folder(stack.dir().join("artifacts")),
        retention: Default::default(),
        auth: Auth::new(stack.oidc().unwrap().issuer().parse().unwrap()),
        api: Api {
            listen: stack.api_address().parse().unwrap(),
            ..Api::default()
        },
        agent: Agent {
            chromium: browser.chromium.clone(),
            chromedriver: browser.chromedriver.clone(),
            uid: None,
            gid: None,
            sessions_dir: browser.sessions_dir.clone(),
            adapters_dir: stack.dir().join("adapters"),
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

/// Fiscal data of a person of the SAT's test set.
pub fn berenice() -> Value {
    json!({
        "rfc": "XIQB891116QE4",
        "name": "BERENICE XIMO QUEZADA",
        "postal_code": "76343",
        "regimen": "612",
        "default_use": "G03",
        "email": "berenice@ejemplo.mx",
    })
}

/// A ticket of the portal `la-prueba`.
pub fn ticket(profile: &str, number: &str) -> Value {
    json!({
        "portal": "la-prueba",
        "profile": profile,
        "fields": {
            "ticket": number,
            "sucursal": "centro",
            "fecha": "2026-11-02",
            "total": "1,234.50",
        },
        "forma_pago": "04",
    })
}

/// A profile of that user, made anew.
pub async fn profile(client: &Client) -> String {
    let answer = client.post("/api/v1/profiles", &berenice()).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json["id"].as_str().unwrap().to_owned()
}

/// A task of that user for that ticket; its id.
pub async fn task(client: &Client, profile: &str, number: &str) -> String {
    let answer = client.post("/api/v1/tasks", &ticket(profile, number)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json["task_id"].as_str().unwrap().to_owned()
}

/// Waits for a condition, for a minute at most.
pub async fn eventually<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let until = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(
            tokio::time::Instant::now() < until,
            "waited in vain for {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl App {
    /// The date in Mexico, by the database's clock.
    pub async fn today_in_mexico(&self) -> String {
        self.mexican_date(0).await
    }

    /// The day after, in Mexico.
    pub async fn tomorrow_in_mexico(&self) -> String {
        self.mexican_date(1).await
    }

    async fn mexican_date(&self, days: i64) -> String {
        let now = sqlx::query_scalar("select clock_timestamp()")
            .fetch_one(&self.admin)
            .await
            .unwrap();
        let today = domain::fiscal::mexico_today(now, domain::fiscal::MEXICO_CITY);
        (today + chrono::TimeDelta::days(days)).to_string()
    }
}
