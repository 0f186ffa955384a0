//! The installation that all tests of this program share.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering};
use tests::builders::{IDLE_ADAPTER, idle_ticket};
use tests::{Case, Installation, Settings};
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

static RT: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());
static SHARED: OnceCell<Installation> = OnceCell::const_new();
static FOLIO: AtomicU32 = AtomicU32::new(1);

async fn shared() -> anyhow::Result<Installation> {
    let installation = Installation::start(Settings::default()).await?;
    installation.drop_in(IDLE_ADAPTER.0, IDLE_ADAPTER.1)?;
    Ok(installation)
}

/// Runs one test as that user.
pub fn run_as(user: &str, body: impl AsyncFnOnce(&Case<'static>) -> anyhow::Result<()>) {
    RT.block_on(async {
        let installation = SHARED.get_or_try_init(shared).await.unwrap();
        let case = Case::open(installation, user).await.unwrap();
        case.tell(body(&case)).await;
    });
}

/// Runs one test as the demo user.
pub fn run(body: impl AsyncFnOnce(&Case<'static>) -> anyhow::Result<()>) {
    run_as("demo", body);
}

/// A folio no other test uses.
pub fn folio() -> String {
    format!("IT{:06}", FOLIO.fetch_add(1, Ordering::Relaxed))
}

/// A task that waits for its owner.
pub async fn task(case: &Case<'_>) -> anyhow::Result<schemas::rest::CommandAnswer> {
    let answer = case
        .submit(&idle_ticket(case.profile, &folio(), "58.00"))
        .await?;
    assert_eq!(
        (answer.status.as_str(), answer.waiting_for.as_str()),
        ("PENDING", "human")
    );
    Ok(answer)
}
