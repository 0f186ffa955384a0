//! A database put back from a dump, step by step as `docs/operators.md` tells it, with the programs
//! that it names.

use crate::world;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use tests::builders::{IDLE_ADAPTER, idle_ticket};
use tests::{Case, Installation, Settings, eventually};

const DUMPS: [&str; 3] = [
    r#"pg_dump --dbname "$ADMIN_URL" --format=custom --file=relevo.dump"#,
    r#"pg_dump --dbname "$ADMIN_URL" --format=custom --exclude-table-data='vault.*' --file=relevo-long.dump"#,
    r#"pg_dump --dbname "$ADMIN_URL" --format=custom --data-only --schema=vault --file=relevo-keys.dump"#,
];

const EMPTIED: [&str; 2] = [
    r#"psql "$SERVER_URL" -c 'drop database if exists relevo with (force)'"#,
    r#"psql "$SERVER_URL" -c 'create database relevo'"#,
];

const SOON: Duration = Duration::from_secs(60);

/// Runs a line of the guide, with the addresses that it wants. `pg_dump` and the others lie beside
/// the server.
async fn shell(installation: &Installation, line: &str) -> anyhow::Result<String> {
    let postgres = installation.stack.postgres();
    let server = postgres.pid().await.context("Postgres is down")?;
    let programs = std::fs::read_link(format!("/proc/{server}/exe"))?;
    let programs = programs.parent().context("no folder")?.display();
    let path = format!("{programs}:{}", std::env::var("PATH")?);
    let url = |name| postgres.url("postgres", postgres.password(), name);
    let done = Command::new("sh")
        .args(["-c", line])
        .current_dir(installation.stack.dir())
        .env("PATH", path)
        .env("SERVER_URL", url("postgres"))
        .env("ADMIN_URL", url("relevo"))
        .output()?;
    let said = text(&done);
    anyhow::ensure!(done.status.success(), "{line}: {said}");
    Ok(said)
}

/// Runs `relevo` without a terminal.
fn relevo(installation: &Installation, args: &[&str]) -> anyhow::Result<(Option<i32>, String)> {
    let mut command = Command::new(Installation::binary()?);
    command.args(args).env_clear().envs(installation.env());
    let done = command.stdin(Stdio::null()).output()?;
    Ok((done.status.code(), text(&done)))
}

fn text(output: &Output) -> String {
    let [out, err] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{out}{err}")
}

/// The position of the last head in the file.
fn last_head(heads: &Path) -> anyhow::Result<u64> {
    let text = std::fs::read_to_string(heads)?;
    let last = text.lines().last().context("no head")?;
    let head: serde_json::Value = serde_json::from_str(last)?;
    head["position"].as_u64().context("no position")
}

/// The id after a word of what was said.
fn id_after<'a>(said: &'a str, words: &str) -> anyhow::Result<&'a str> {
    let after = said.split_once(words).context("not said")?.1;
    after.get(..36).context("no id")
}

#[test]
fn dumped_put_back_and_adopted_by_the_guide_all_services_go_on() {
    world::run(async |_| {
        let interval = ("RELEVO_AUDIT__INTERVAL_SECONDS".to_owned(), "1".to_owned());
        let installation = Installation::start(Settings {
            env: BTreeMap::from([interval]),
            ..Settings::default()
        })
        .await?;
        installation.drop_in(IDLE_ADAPTER.0, IDLE_ADAPTER.1)?;
        {
            let case = Case::open(&installation, "demo").await?;
            case.tell(restored_and_adopted(&case)).await;
        }
        installation.stop().await
    });
}

async fn restored_and_adopted(case: &Case<'_>) -> anyhow::Result<()> {
    let installation = case.installation;
    let heads = installation.stack.dir().join("heads.jsonl");
    let ticket = idle_ticket(case.profile, "KEPT0001", "10.00");
    let kept = case.submit(&ticket).await?;
    for line in DUMPS {
        shell(installation, line).await?;
    }
    let ticket = idle_ticket(case.profile, "LOST0001", "20.00");
    let lost = case.submit(&ticket).await?;
    eventually("a head of what will be lost", SOON, || async {
        Ok((last_head(&heads)? >= lost.position).then_some(()))
    })
    .await?;

    // 1, and what happens to whoever forgets it.
    let (code, said) = relevo(installation, &["log", "adopt", "--yes"])?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("services are connected") && said.contains("stop them all"),
        "{said}"
    );
    installation.stop_relevo().await?;
    // 2 to 4, from the ordinary dump and then from the two that are kept for long.
    for dumps in [
        &["relevo.dump"][..],
        &["relevo-long.dump", "relevo-keys.dump"],
    ] {
        for line in EMPTIED {
            shell(installation, line).await?;
        }
        for dump in dumps {
            let line = format!(r#"pg_restore --dbname "$ADMIN_URL" --exit-on-error {dump}"#);
            shell(installation, &line).await?;
        }
    }
    let (code, said) = relevo(installation, &["migrate"])?;
    assert_eq!(code, Some(0), "{said}");
    shell(
        installation,
        r#"psql "$ADMIN_URL" -c 'delete from web.sessions'"#,
    )
    .await?;
    // 5: without a word from anybody nothing changes.
    let (code, said) = relevo(installation, &["log", "adopt"])?;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("ends at position") && said.contains("give --yes"),
        "{said}"
    );
    let before = id_after(&said, "log ")?.to_owned();
    let (code, said) = relevo(installation, &["log", "adopt", "--yes"])?;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(id_after(&said, "old id ")?, before);
    assert_ne!(id_after(&said, "new id ")?, before);

    // 6: what was kept goes on, what was lost can be asked for again.
    installation.start_relevo().await?;
    eventually("the kept task", SOON, || async {
        Ok(Some(case.client.task(kept.task_id, 0).await?))
    })
    .await?;
    assert!(case.client.task(lost.task_id, 0).await.is_err());
    let again = case.submit(&ticket).await?;
    case.client.task(again.task_id, again.position).await?;
    eventually("a head under the new id", SOON, || async {
        let (_, said) = relevo(installation, &["audit", "verify"])?;
        let head = format!("the last one at position {} ", again.position);
        Ok(said.contains(&head).then_some(()))
    })
    .await?;

    // 7: the auditor's heads name what was lost, until that is accepted.
    let heads = heads.display().to_string();
    let verify = ["audit", "verify", "--heads", &heads];
    let (code, said) = relevo(installation, &verify)?;
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("events are lost") && said.contains(&before),
        "{said}"
    );
    let accepting = [&verify[..], &["--accept-loss", &before]].concat();
    let (code, said) = relevo(installation, &accepting)?;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("lost, as accepted"), "{said}");
    Ok(())
}
