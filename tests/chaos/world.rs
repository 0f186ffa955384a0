//! An installation for each test.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::Duration;
use tests::{Case, Installation, Settings, eventually};
use tokio::runtime::Runtime;
use tokio::sync::RwLock;

static RT: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static ALONE: RwLock<()> = RwLock::const_new(());

/// What is left of a run must be gone within this time.
const LEFTOVERS: Duration = Duration::from_secs(30);

type Outcome = anyhow::Result<()>;

/// Runs one test on an installation of its own, with further variables for `relevo`, while no other
/// one runs.
pub fn run(env: &[(&str, &str)], body: impl AsyncFnOnce(&Case<'_>) -> Outcome) {
    RT.block_on(async {
        let _alone = ALONE.write().await;
        installed(env, body).await;
    });
}

/// As [`run`], beside others that are run so.
pub fn run_beside(env: &[(&str, &str)], body: impl AsyncFnOnce(&Case<'_>) -> Outcome) {
    RT.block_on(async {
        let _shared = ALONE.read().await;
        installed(env, body).await;
    });
}

async fn installed(env: &[(&str, &str)], body: impl AsyncFnOnce(&Case<'_>) -> Outcome) {
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let env: BTreeMap<String, String> = env.collect();
    let installation = Installation::start(Settings { env, dir: None })
        .await
        .unwrap();
    {
        let case = Case::open(&installation, "demo").await.unwrap();
        case.tell(async {
            body(&case).await?;
            no_browser_left(&installation).await
        })
        .await;
    }
    installation.stop().await.unwrap();
}

/// Waits until no process of a browser of this installation is left.
pub async fn no_browser_left(installation: &Installation) -> anyhow::Result<()> {
    eventually("the browsers to be gone", LEFTOVERS, || async {
        Ok(installation.browser_processes().is_empty().then_some(()))
    })
    .await
}
