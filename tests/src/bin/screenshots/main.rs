//! Pictures of every page, both themes, on a desk and on a phone, in `target/screenshots/`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tests::browser::{Browser, PHONE, Theme, WIDE};
use tests::pages::{Monitor, scenes};
use tests::{Case, Installation, Settings};

#[tokio::main]
async fn main() -> ExitCode {
    match pictures().await {
        Ok(count) => {
            println!("{count} pictures in {}", folder().display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nscreenshots: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots")
}

async fn pictures() -> anyhow::Result<usize> {
    let installation = Installation::start(Settings::default()).await?;
    let taken = take(&installation).await;
    installation.stop().await?;
    taken
}

async fn take(installation: &Installation) -> anyhow::Result<usize> {
    let case = Case::open(installation, "demo").await?;
    let scenes = scenes(&case).await?;
    let browser = installation.browser().await?;
    browser.open("/sign-in").await?;
    browser.see("sign-in-button").await?;
    let mut count = each_look(&browser, "sign-in").await?;
    browser.sign_in("demo", "/").await?;
    for scene in &scenes {
        scene.show(&browser).await?;
        if scene.name == "monitor-captcha" {
            let id = scene.path.rsplit('/').next().unwrap_or_default().parse()?;
            let page = &browser;
            Monitor {
                page,
                id: domain::TaskId(id),
            }
            .picture()
            .await?;
        }
        count += each_look(&browser, scene.name).await?;
    }
    browser.close().await?;
    Ok(count)
}

async fn each_look(browser: &Browser, name: &str) -> anyhow::Result<usize> {
    let mut count = 0;
    for theme in [Theme::Light, Theme::Dark] {
        browser.theme(theme).await?;
        for size in [WIDE, PHONE] {
            browser.resize(size).await?;
            let file = format!("{name}-{}-{}.png", theme.name(), size.0);
            browser.picture(&folder().join(file), size).await?;
            count += 1;
        }
    }
    Ok(count)
}
