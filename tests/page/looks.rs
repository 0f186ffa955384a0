//! Every page, in both themes, on a desk and on a phone: nothing refused by the policy, nothing
//! that axe objects to, nothing wider than the window.

use crate::world;
use anyhow::Context;
use tests::browser::{Browser, PHONE, Theme, WIDE};
use tests::pages::scenes;

#[test]
fn every_page_is_usable_by_everybody_on_every_screen() {
    world::run("looks", async |case, browser| {
        let _wizard = world::wizard().await;
        let scenes = scenes(case).await?;
        browser.open("/sign-in").await?;
        browser.see("sign-in-button").await?;
        judge(browser, "sign-in").await?;
        browser.sign_in("demo", "/").await?;
        for scene in scenes {
            scene.show(browser).await?;
            judge(browser, scene.name).await?;
        }
        Ok(())
    });
}

async fn judge(browser: &Browser, name: &str) -> anyhow::Result<()> {
    for theme in [Theme::Light, Theme::Dark] {
        browser.theme(theme).await?;
        for size in [WIDE, PHONE] {
            browser.resize(size).await?;
            let at = || format!("{name}, {}, {} px wide", theme.name(), size.0);
            browser.fits().await.with_context(at)?;
            browser.is_accessible().await.with_context(at)?;
        }
    }
    browser.is_clean().await.with_context(|| name.to_owned())
}
