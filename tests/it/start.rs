//! Starting, stopping, and refusing to start.

use crate::world;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use tests::builders::{IDLE_ADAPTER, idle_ticket};
use tests::{Case, Installation, Settings};

async fn refuses(case: &Case<'_>, name: &str, value: &str, words: &str) -> anyhow::Result<()> {
    let own = BTreeMap::from([
        (name.to_owned(), value.to_owned()),
        ("RELEVO_API__LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
    ]);
    let (status, log) = case.installation.refused_start(&own).await?;
    assert!(!status.success(), "{name}={value} was taken");
    assert!(log.contains(words), "«{words}» is not said: {log}");
    Ok(())
}

#[test]
fn a_wrong_key_file_or_configuration_is_no_start() {
    world::run(async |case| {
        let dir = case.installation.stack.dir();
        let key =
            |id: &str, digit: &str| format!("id = \"{id}\"\nkey = \"{}\"\n", digit.repeat(64));
        let write = |name: &str, text: &str, mode: u32| {
            let path = dir.join(name);
            std::fs::write(&path, text)?;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))?;
            anyhow::Ok(path.display().to_string())
        };
        const NAME: &str = "RELEVO_KEYS__FILE";
        let missing = dir.join("nothing.toml").display().to_string();
        refuses(case, NAME, &missing, "nothing.toml").await?;
        let open = write("open.toml", &key("k1", "a"), 0o644)?;
        refuses(case, NAME, &open, "open.toml").await?;
        let wrong = write("wrong.toml", &key("k1", "b"), 0o600)?;
        refuses(case, NAME, &wrong, "key").await?;
        let torn = write("torn.toml", "id = \"k1\"\nkey = \"zz\"\n", 0o600)?;
        refuses(case, NAME, &torn, "torn.toml").await?;
        refuses(case, "RELEVO_ARTIFACTS__URL", "s3://files", "keep one").await?;
        refuses(case, "RELEVO_AGENT__NONSENSE", "1", "nonsense").await
    });
}

#[test]
fn a_restart_keeps_what_was_there() {
    world::run(async |_| {
        let installation = Installation::start(Settings::default()).await?;
        installation.drop_in(IDLE_ADAPTER.0, IDLE_ADAPTER.1)?;
        let dir = installation.stack.dir().to_path_buf();
        {
            let case = Case::open(&installation, "demo").await?;
            let body = async {
                let ticket = idle_ticket(case.profile, "RESTART1", "10.00");
                let answer = case.submit(&ticket).await?;
                let before = case.client.task(answer.task_id, answer.position).await?;
                installation.stop_relevo().await?;
                installation.start_relevo().await?;
                let after = case.client.task(answer.task_id, answer.position).await?;
                assert_eq!(before, after);
                let again = case.submit(&ticket).await?;
                assert_eq!(again.task_id, answer.task_id);
                anyhow::Ok(())
            };
            case.tell(body).await;
        }
        installation.stop().await?;
        assert!(!dir.exists(), "a fresh folder is removed at the end");
        Ok(())
    });
}
