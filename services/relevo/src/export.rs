//! `relevo export account`: what a user has here, as they would take it along.

mod opened;
mod parcel;

use crate::cli::{ExportAccount, ExportCommand};
use anyhow::Context as _;
use commands::{ArtifactStore, CommandBus, EventLog, LogConfig, Recorded, Vault};
use domain::account::Account;
use domain::task::{ArtifactKind, Task, TaskEvent};
use domain::{ArtifactId, ProfileId, TaskId};
use kit::config::Config;
use opened::Opener;
use parcel::Parcel;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::str::FromStr as _;
use tokio::signal::unix::{SignalKind, signal};
use zeroize::Zeroizing;

const INCOMPLETE: u8 = 2;

/// Runs a subcommand.
///
/// # Errors
/// When it could not be done; no file is written then.
pub async fn run(command: ExportCommand) -> anyhow::Result<ExitCode> {
    let ExportCommand::Account(args) = command;
    let mut terminate = signal(SignalKind::terminate())?;
    // So that what was begun is removed, as at any other end.
    tokio::select! {
        done = account(args) => done,
        _ = tokio::signal::ctrl_c() => anyhow::bail!("stopped; nothing was written"),
        _ = terminate.recv() => anyhow::bail!("stopped; nothing was written"),
    }
}

async fn account(args: ExportAccount) -> anyhow::Result<ExitCode> {
    let config: Config = kit::config::load()?;
    let mut parcel = Parcel::new(&args.out)?;
    let export = Export::connect(&config, &args).await?;
    export.account(&mut parcel).await?;
    for task in export.log.tasks_of(export.opener.user).await? {
        export.task(task, &mut parcel).await?;
    }
    let missing = parcel.finish(&args.out)?;
    println!("{} written", args.out.display());
    if missing == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{missing} things could not be read: faltantes.json names them");
    Ok(ExitCode::from(INCOMPLETE))
}

struct Export {
    bus: CommandBus,
    /// Over a pool of its own, since it reads all of the log.
    log: EventLog,
    account: Account,
    opener: Opener,
    /// Each profile's RFC, where it opened.
    rfcs: BTreeMap<ProfileId, String>,
}

impl Export {
    async fn connect(config: &Config, args: &ExportAccount) -> anyhow::Result<Self> {
        anyhow::ensure!(
            config.log.is_in_postgres(),
            "exporting needs the log in Postgres"
        );
        let url = config.database.role_url("relevo_api");
        let options = PgConnectOptions::from_str(&url)?.options([("statement_timeout", "0")]);
        let pool = PgPoolOptions::new().max_connections(4);
        let pool = pool.connect_with(options).await;
        let pool = pool.context("the database does not let us in; has `relevo migrate` run?")?;
        let bus = CommandBus::connect(&LogConfig::new(url)).await?;
        let vault = Vault::open(pool.clone(), &config.keys.source).await?;
        let files = ArtifactStore::within(vault.clone(), config.artifacts.ready().await?);
        let user = args.user;
        let loaded = bus.load::<Account>(&user.to_string()).await?;
        let account = loaded
            .with_context(|| format!("there is no account {user}"))?
            .state;
        anyhow::ensure!(
            account.erasure.is_none(),
            "account {user} was erased: there is nothing left to export"
        );
        let erased = account.profiles.keys().copied();
        let erased = erased.filter(|id| account.is_erased(*id)).collect();
        let opener = Opener {
            user,
            vault,
            files,
            erased,
        };
        let mut export = Self {
            bus,
            log: EventLog::from_pool(pool),
            account,
            opener,
            rfcs: BTreeMap::new(),
        };
        export.rfcs = export.read_rfcs().await?;
        Ok(export)
    }

    /// By whose name files are filed.
    async fn read_rfcs(&self) -> anyhow::Result<BTreeMap<ProfileId, String>> {
        let mut rfcs = BTreeMap::new();
        for (id, profile) in &self.account.profiles {
            if let Ok(data) = self.opener.profile(*id, profile).await?
                && let Some(rfc) = data["rfc"].as_str()
            {
                rfcs.insert(*id, rfc.to_owned());
            }
        }
        Ok(rfcs)
    }

    async fn account(&self, parcel: &mut Parcel) -> anyhow::Result<()> {
        let mut profiles = Vec::new();
        for (id, profile) in &self.account.profiles {
            let data = self.opener.profile(*id, profile).await?;
            profiles.push(json!({
                "id": id,
                "version": profile.version,
                "retired": profile.retired,
                "erased": profile.erasure.is_some(),
                "data": parcel.or_missing("profile", id, data),
            }));
        }
        // That they are there; what they are never comes out.
        let portal_accounts = self.account.credentials.iter().map(|(portal, stored)| {
            let codes = stored.data.totp.is_some();
            json!({ "portal": portal, "origin": stored.data.origin, "totp": codes })
        });
        parcel.set_account(json!({
            "user": self.opener.user,
            "exported_at": self.bus.now(),
            "profiles": profiles,
            "portal_accounts": portal_accounts.collect::<Vec<_>>(),
        }));
        Ok(())
    }

    async fn task(&self, id: TaskId, parcel: &mut Parcel) -> anyhow::Result<()> {
        let history = self.bus.history::<Task>(&id.to_string()).await?;
        let mut task = Task::default();
        for recorded in &history {
            task.fold(&recorded.event);
        }
        let Some(submission) = task.submission.clone() else {
            return Ok(());
        };
        let fields = self.opener.fields(&submission).await?;
        let mut details = Value::Null;
        if let Some(invoice) = &task.invoice {
            let opened = self.opener.details(id, &submission, invoice).await?;
            details = parcel.or_missing("invoice", id, opened);
        }
        let files = self.files(id, &task, &details, &history, parcel).await?;
        let task = json!({
            "id": id,
            "portal": submission.ticket.portal,
            "profile": submission.profile,
            "status": task.status,
            "submitted_at": history.first().map(|recorded| recorded.recorded_at),
            "purchase_date": submission.ticket.purchase_date,
            "total": submission.ticket.total,
            "uso_cfdi": submission.uso_cfdi,
            "forma_pago": submission.forma_pago,
            "fields": parcel.or_missing("ticket", id, fields),
            "invoice": details,
            "files": files,
        });
        parcel.add_task(task);
        Ok(())
    }

    /// A file, under the profile the task has now if it was sealed anew, or the one it had then.
    async fn file(
        &self,
        task: &Task,
        then: ProfileId,
        id: ArtifactId,
    ) -> anyhow::Result<Result<Zeroizing<Vec<u8>>, String>> {
        if let Some(now) = task.profile().filter(|now| *now != then)
            && let Ok(file) = self.opener.file(now, id).await?
        {
            return Ok(Ok(file));
        }
        self.opener.file(then, id).await
    }

    /// Puts the task's XML and PDF in; answers under which names.
    async fn files(
        &self,
        task_id: TaskId,
        task: &Task,
        details: &Value,
        history: &[Recorded<TaskEvent>],
        parcel: &mut Parcel,
    ) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        let mut profile = None;
        for recorded in history {
            match &recorded.event {
                TaskEvent::TaskSubmitted(submission) => profile = Some(submission.profile),
                TaskEvent::TaskAmended { profile: now, .. } => profile = Some(*now),
                TaskEvent::ArtifactStored { artifact } => {
                    let (Some(profile), Some(ending)) = (profile, ending(artifact.kind)) else {
                        continue;
                    };
                    let file = self.file(task, profile, artifact.id).await?;
                    let file = match file {
                        Ok(file) => file,
                        Err(why) => {
                            parcel.missing("file", &format!("{task_id}/{}", artifact.id), why);
                            continue;
                        }
                    };
                    let own = invoice_of(task, artifact.id);
                    let issued =
                        own.map_or_else(|| recorded.recorded_at.naive_utc(), |i| i.issued_at);
                    let rfc = self.rfcs.get(&profile).map_or("sin-rfc", String::as_str);
                    let folder = format!("facturas/{rfc}/{}", issued.format("%Y-%m"));
                    let stem =
                        own.map_or_else(|| artifact.id.to_string(), |_| stem(details, artifact.id));
                    names.push(parcel.add_file(&folder, &stem, ending, artifact.id, &file)?);
                }
                _ => {}
            }
        }
        Ok(names)
    }
}

fn ending(kind: ArtifactKind) -> Option<&'static str> {
    match kind {
        ArtifactKind::Xml => Some("xml"),
        ArtifactKind::Pdf => Some("pdf"),
        _ => None,
    }
}

/// The invoice, when the file is its.
fn invoice_of(task: &Task, id: ArtifactId) -> Option<&domain::task::Invoice> {
    let invoice = task.invoice.as_deref();
    invoice.filter(|invoice| invoice.xml == id || invoice.pdf == Some(id))
}

/// Who issued it and its UUID, as far as letters, digits, `-` and `&` go; the file's id for want of
/// both.
fn stem(details: &Value, id: ArtifactId) -> String {
    let plain = |name: &str| -> String {
        let text = details[name].as_str().unwrap_or_default();
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, '-' | '&');
        text.chars().filter(kept).take(60).collect()
    };
    let (issuer, uuid) = (plain("issuer_rfc"), plain("uuid"));
    match issuer.is_empty() || uuid.is_empty() {
        true => id.to_string(),
        false => format!("{issuer}_{uuid}"),
    }
}
