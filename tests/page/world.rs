//! The installation that all tests of this program share, and a browser for each test. It ends with
//! the process: every server sits under a holder that watches a pipe to us.

use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use futures::FutureExt;
use tests::browser::Browser;
use tests::{Case, Installation, Settings};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, MutexGuard, OnceCell, RwLock};

static RT: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SHARED: OnceCell<Installation> = OnceCell::const_new();
/// The control port tells the newest CAPTCHA only, so one test at a time uses the wizard.
static WIZARD: Mutex<()> = Mutex::const_new(());
/// Restarts and ordered faults hit everybody, so nobody else is there then.
static ALONE: RwLock<()> = RwLock::const_new(());

type Outcome = anyhow::Result<()>;

/// Runs one test with a browser of its own, beside others.
pub fn run(name: &str, body: impl AsyncFnOnce(&Case<'static>, &Browser) -> Outcome) {
    RT.block_on(async {
        let _shared = ALONE.read().await;
        with_browser(name, body).await;
    });
}

/// Runs one test with a browser of its own while no other one runs.
pub fn run_alone(name: &str, body: impl AsyncFnOnce(&Case<'static>, &Browser) -> Outcome) {
    RT.block_on(async {
        let _alone = ALONE.write().await;
        with_browser(name, body).await;
    });
}

async fn with_browser(name: &str, body: impl AsyncFnOnce(&Case<'static>, &Browser) -> Outcome) {
    let installation = SHARED
        .get_or_try_init(|| Installation::start(Settings::default()))
        .await
        .unwrap();
    let case = Case::open(installation, "demo").await.unwrap();
    let browser = installation.browser().await.unwrap();
    let told = case.tell(async {
        let done = AssertUnwindSafe(async {
            body(&case, &browser).await?;
            browser.is_clean().await
        })
        .catch_unwind()
        .await;
        if !matches!(done, Ok(Ok(()))) {
            browser.leave_evidence(name).await;
        }
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    told.await;
    browser.close().await.unwrap();
}

/// Nobody else uses the wizard while it is held.
pub async fn wizard() -> MutexGuard<'static, ()> {
    WIZARD.lock().await
}
