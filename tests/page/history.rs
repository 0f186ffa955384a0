//! The list of everything.

use crate::world;
use anyhow::ensure;
use tests::builders::{pesos, plain_number, plain_ticket};

#[test]
fn what_the_list_shows_stands_in_its_address() {
    world::run("history", async |case, browser| {
        let done = plain_ticket(case.profile, &plain_number(74_000), &pesos(74_000));
        let done = case.submit(&done).await?.task_id;
        let unknown = plain_number(75_000);
        case.installation
            .control()
            .plain_ticket(&unknown, 75_000, "not_found")
            .await?;
        let failed = plain_ticket(case.profile, &unknown, &pesos(75_000));
        let failed = case.submit(&failed).await?.task_id;
        case.completed(done, 0).await?;
        case.ended(failed, 0).await?;

        browser.sign_in("demo", "/history").await?;
        let row = |id: domain::TaskId| format!("[data-testid=history-row][data-task=\"{id}\"]");
        browser.find(&row(done)).await?;
        browser.find(&row(failed)).await?;
        browser.choose("filter-status", "COMPLETED").await?;
        browser.vanish(&row(failed)).await?;
        browser.find(&row(done)).await?;
        let address = browser.path().await?;
        ensure!(address.contains("status=COMPLETED"), "{address}");

        // The same address shows the same list to whoever opens it.
        browser.driver.refresh().await?;
        browser.find(&row(done)).await?;
        browser.vanish(&row(failed)).await?;
        // And the way back leads to what was there before.
        browser.driver.back().await?;
        browser.find(&row(failed)).await?;
        Ok(())
    });
}
