//! The installation that all tests of this program share. It ends with the process: every server
//! sits under a holder that watches a pipe to us.

use std::sync::LazyLock;
use tests::{Case, Installation, Settings};
use tokio::runtime::Runtime;
use tokio::sync::{Mutex, MutexGuard, OnceCell, RwLock};

static RT: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SHARED: OnceCell<Installation> = OnceCell::const_new();
/// The control port tells the newest CAPTCHA only, so one test at a time uses the wizard.
static WIZARD: Mutex<()> = Mutex::const_new(());
/// Faults hit whoever comes next, so nobody else is there while a test orders them.
static ALONE: RwLock<()> = RwLock::const_new(());

type Outcome = anyhow::Result<()>;

/// Runs one test as the demo user, beside others.
pub fn run(body: impl AsyncFnOnce(&Case<'static>) -> Outcome) {
    RT.block_on(async {
        let _shared = ALONE.read().await;
        told(body).await;
    });
}

/// Runs one test as the demo user while no other one runs.
pub fn run_alone(body: impl AsyncFnOnce(&Case<'static>) -> Outcome) {
    RT.block_on(async {
        let _alone = ALONE.write().await;
        told(body).await;
    });
}

async fn told(body: impl AsyncFnOnce(&Case<'static>) -> Outcome) {
    let installation = SHARED
        .get_or_try_init(|| Installation::start(Settings::default()))
        .await
        .unwrap();
    let case = Case::open(installation, "demo").await.unwrap();
    case.tell(body(&case)).await;
}

/// Nobody else uses the wizard while it is held.
pub async fn wizard() -> MutexGuard<'static, ()> {
    WIZARD.lock().await
}
