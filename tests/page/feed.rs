//! What the monitor shows while things go wrong beneath it.

use crate::world;
use anyhow::ensure;
use serde_json::json;
use tests::builders::{pesos, plain_number, plain_ticket};
use tests::pages::Monitor;
use tests::{PATIENCE, eventually};

/// The server is killed and started again in the middle of a run. The page says so, comes back by
/// itself without a reload, and lacks nothing.
#[test]
fn the_monitor_outlives_its_server() {
    world::run_alone("server_restart", async |case, browser| {
        browser.sign_in("demo", "/").await?;
        // The portal takes its time, so that the run is under way when the server dies.
        let slow = json!({ "portal": "plain", "kind": "slow_ms", "ms": 5000, "path": "/" });
        case.installation.control().fault(&slow).await?;
        let number = plain_number(71_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(71_000));
        let id = case.submit(&ticket).await?.task_id;
        let monitor = Monitor::open(browser, id).await?;
        browser
            .find("[data-testid=timeline-row][data-event=\"task.session_opened\"]")
            .await?;
        browser.run("window.notReloaded = true", vec![]).await?;

        case.installation.kill_relevo().await?;
        browser
            .find("[data-testid=connection][data-value=lost]")
            .await?;
        case.installation.start_relevo().await?;
        browser
            .find("[data-testid=connection][data-value=live]")
            .await?;

        // Another run takes the task up, and its steps come by the same page.
        monitor.status("COMPLETED").await?;
        let kept = browser
            .run("return window.notReloaded === true", vec![])
            .await?;
        ensure!(kept == true, "the page was loaded anew");
        // Whoever opens the page now sees the same rows, once each and in order. The last ones may be
        // on their way still.
        let fresh = case.installation.browser().await?;
        fresh.sign_in("demo", &format!("/tasks/{id}")).await?;
        let again = Monitor { page: &fresh, id };
        again.status("COMPLETED").await?;
        eventually("both pages to show the same", PATIENCE, || async {
            let (shown, all) = (monitor.sequences().await?, again.sequences().await?);
            ensure!(shown == all, "shown {shown:?}, but there is {all:?}");
            ensure!(
                shown.is_sorted_by(|a, b| a < b),
                "twice or out of order: {shown:?}"
            );
            Ok(Some(()))
        })
        .await?;
        fresh.close().await?;
        Ok(())
    });
}

/// The owner pauses after the final button was pressed, while the portal takes its time.
#[test]
fn a_pause_while_the_invoice_is_on_its_way_loses_nothing() {
    world::run_alone("pause_in_download", async |case, browser| {
        browser.sign_in("demo", "/").await?;
        let control = case.installation.control();
        let slow =
            json!({ "portal": "plain", "kind": "slow_ms", "ms": 3000, "path": "/comprobante" });
        control.fault(&slow).await?;
        let number = plain_number(72_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(72_000));
        let id = case.submit(&ticket).await?.task_id;
        let monitor = Monitor::open(browser, id).await?;
        browser
            .find("[data-testid=timeline-row][data-event=\"task.submit_intended\"]")
            .await?;
        browser.click("pause").await?;
        // The wish waits for the portal's answer; then the task stands still.
        monitor.status("PAUSED").await?;
        browser.click("resume").await?;
        monitor.status("COMPLETED").await?;
        browser.see("download-xml").await?;
        ensure!(control.submits(&number).await?.count == 1);
        Ok(())
    });
}

#[test]
fn another_users_task_is_as_unknown_as_none() {
    world::run("stranger", async |case, browser| {
        let number = plain_number(73_000);
        let ticket = plain_ticket(case.profile, &number, &pesos(73_000));
        let id = case.submit(&ticket).await?.task_id;
        browser.sign_in("ana", "/").await?;
        Monitor::open(browser, id).await?;
        let theirs = browser.text("not-found", |text| !text.is_empty()).await?;
        Monitor::open(browser, domain::TaskId(uuid::Uuid::now_v7())).await?;
        let nobodys = browser.text("not-found", |text| !text.is_empty()).await?;
        ensure!(theirs == nobodys, "{theirs} / {nobodys}");
        let told = browser.driver.source().await?;
        ensure!(
            !told.contains("La Paloma"),
            "something of the task is shown"
        );
        case.completed(id, 0).await?;
        Ok(())
    });
}
