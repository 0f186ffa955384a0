//! What the monitor shows while things go wrong beneath it.

use crate::world;
use anyhow::ensure;
use serde_json::json;
use tests::builders::{pesos, plain_number, plain_ticket, wizard_numbers, wizard_ticket};
use tests::pages::Monitor;

/// The server is killed and started again in the middle of a run. The page says so, comes back by
/// itself without a reload, and lacks nothing.
#[test]
fn the_monitor_outlives_its_server() {
    world::run_alone("server_restart", async |case, browser| {
        browser.sign_in("demo", "/").await?;
        let (folio, web_id) = wizard_numbers(71_000);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(71_000));
        let id = case.submit(&ticket).await?.task_id;
        let monitor = Monitor::open(browser, id).await?;
        monitor.question("captcha").await?;
        browser.run("window.notReloaded = true", vec![]).await?;

        case.installation.kill_relevo().await?;
        browser.find("[data-testid=connection][data-value=lost]").await?;
        case.installation.start_relevo().await?;
        browser.find("[data-testid=connection][data-value=live]").await?;

        // The agent starts over and comes to the same question.
        monitor.question("captcha").await?;
        let open = case.question(id, "captcha", None).await?;
        let text = case.installation.control().captcha().await?;
        case.client.answer(id, open.id, json!(text)).await?;
        monitor.status("COMPLETED").await?;
        let kept = browser.run("return window.notReloaded === true", vec![]).await?;
        ensure!(kept == true, "the page was loaded anew");
        let shown = monitor.sequences().await?;
        let mut sorted = shown.clone();
        sorted.dedup();
        ensure!(shown == sorted && shown.is_sorted(), "rows twice or out of order: {shown:?}");
        // Every event that has a row for someone who opens the page now had one here.
        let fresh = case.installation.browser().await?;
        fresh.sign_in("demo", &format!("/tasks/{id}")).await?;
        let again = Monitor { page: &fresh, id };
        again.status("COMPLETED").await?;
        let all = again.sequences().await?;
        fresh.close().await?;
        ensure!(shown == all, "shown {shown:?}, but there is {all:?}");
        Ok(())
    });
}

/// The owner pauses after the final button was pressed, while the portal takes its time.
#[test]
fn a_pause_while_the_invoice_is_on_its_way_loses_nothing() {
    world::run_alone("pause_in_download", async |case, browser| {
        browser.sign_in("demo", "/").await?;
        let control = case.installation.control();
        let slow = json!({ "portal": "plain", "kind": "slow_ms", "ms": 3000, "path": "/comprobante" });
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
        ensure!(!told.contains("La Paloma"), "something of the task is shown");
        case.completed(id, 0).await?;
        Ok(())
    });
}
