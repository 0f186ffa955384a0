//! Coming in and going out.

use crate::world;
use anyhow::ensure;

#[test]
fn one_comes_in_through_the_provider_and_lands_where_one_wanted() {
    world::run("sign_in", async |_, browser| {
        browser.sign_in("demo", "/history").await?;
        ensure!(
            browser.path().await? == "/history",
            "{}",
            browser.path().await?
        );
        browser.click("user-menu").await?;
        let name = browser.text("user-name", |text| !text.is_empty()).await?;
        ensure!(name.contains("Demo") || name.contains("demo"), "{name}");
        // No script sees the session.
        let cookies = browser.run("return document.cookie", vec![]).await?;
        ensure!(cookies == "", "{cookies}");
        Ok(())
    });
}

#[test]
fn whoever_goes_out_is_out() {
    world::run("sign_out", async |_, browser| {
        browser.sign_in("ana", "/").await?;
        browser.click("user-menu").await?;
        browser.click("sign-out").await?;
        browser.see("sign-in-button").await?;
        browser.open("/profiles").await?;
        browser.see("sign-in-button").await?;
        Ok(())
    });
}

#[test]
fn a_sign_in_that_failed_says_why() {
    world::run("sign_in_failed", async |_, browser| {
        // An answer that nobody here asked for.
        browser
            .open("/api/v1/auth/callback?code=stolen&state=foreign")
            .await?;
        let told = browser
            .text("sign-in-error", |text| !text.is_empty())
            .await?;
        ensure!(browser.path().await?.starts_with("/sign-in"));
        ensure!(told.len() > 20, "{told}");
        browser.see("sign-in-button").await?;
        Ok(())
    });
}
