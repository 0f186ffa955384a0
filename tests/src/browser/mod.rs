//! A person's browser: a real Chromium, driven over WebDriver, that looks at Relevo's page.
//!
//! Elements are found by `data-testid`. Everything waits for a condition; what fails leaves a
//! screenshot, the page and the browser's log in `target/e2e/`.

mod launch;
mod look;

use crate::{Installation, eventually};
use anyhow::{Context, bail, ensure};
use devstack::holder::Held;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use thirtyfour::{By, WebDriver, WebElement};

pub use look::{PHONE, Theme, WIDE};

/// How long an element may take to appear: a guard against hanging.
const APPEARS_WITHIN: Duration = Duration::from_secs(120);

/// A browser with an empty profile.
pub struct Browser {
    /// The WebDriver session, for what this type has no word for.
    pub driver: WebDriver,
    held: tokio::sync::Mutex<Held>,
    dir: PathBuf,
    home: String,
    /// What the browser's log has held so far.
    log: Mutex<Vec<String>>,
}

impl Browser {
    /// Opens a path of the page.
    ///
    /// # Errors
    /// When it doesn't load.
    pub async fn open(&self, path: &str) -> anyhow::Result<()> {
        self.driver.goto(format!("{}{path}", self.home)).await?;
        Ok(())
    }

    /// The page's address, `http://localhost:port`.
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The path and query that the browser is at.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn path(&self) -> anyhow::Result<String> {
        let url = self.driver.current_url().await?;
        let query = url.query().map(|q| format!("?{q}")).unwrap_or_default();
        Ok(format!("{}{query}", url.path()))
    }

    /// Signs a demo account in through the provider's page, ending at `path`.
    ///
    /// # Errors
    /// When the page or the provider doesn't play along.
    pub async fn sign_in(&self, user: &str, path: &str) -> anyhow::Result<()> {
        self.open(path).await?;
        self.click("sign-in-button").await?;
        self.click(&format!("sign-in-{user}")).await?;
        let url = self.driver.current_url().await?;
        ensure!(!url.path().contains("callback"), "stuck at {url}");
        self.see("user-menu").await?;
        Ok(())
    }

    /// The one visible element of that test id.
    ///
    /// # Errors
    /// When it doesn't appear.
    pub async fn see(&self, id: &str) -> anyhow::Result<WebElement> {
        self.find(&by_id(id)).await
    }

    /// The first visible element of a CSS selector.
    ///
    /// # Errors
    /// When it doesn't appear.
    pub async fn find(&self, selector: &str) -> anyhow::Result<WebElement> {
        eventually(selector, APPEARS_WITHIN, || async {
            for element in self.driver.find_all(By::Css(selector)).await? {
                if element.is_displayed().await? {
                    return Ok(Some(element));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Whether such an element is visible now.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn has(&self, id: &str) -> anyhow::Result<bool> {
        for element in self.driver.find_all(By::Css(by_id(id))).await? {
            if element.is_displayed().await.unwrap_or(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until no such element is visible.
    ///
    /// # Errors
    /// When it stays.
    pub async fn gone(&self, id: &str) -> anyhow::Result<()> {
        let what = format!("{id} to go");
        eventually(&what, APPEARS_WITHIN, || async {
            Ok((!self.has(id).await?).then_some(()))
        })
        .await
    }

    /// Waits until no element of a CSS selector is there.
    ///
    /// # Errors
    /// When one stays.
    pub async fn vanish(&self, selector: &str) -> anyhow::Result<()> {
        eventually(&format!("{selector} to go"), APPEARS_WITHIN, || async {
            let left = self.driver.find_all(By::Css(selector)).await?;
            Ok(left.is_empty().then_some(()))
        })
        .await
    }

    /// Chooses a file for an `<input type="file">`.
    ///
    /// # Errors
    /// When there is none, or the file can't be written.
    pub async fn attach(&self, id: &str, name: &str, content: &[u8]) -> anyhow::Result<()> {
        let file = self.dir.join(name);
        std::fs::write(&file, content)?;
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
        let input = self.driver.find(By::Css(by_id(id))).await?;
        input.send_keys(file.to_string_lossy()).await?;
        Ok(())
    }

    /// Clicks it as soon as it can be clicked.
    ///
    /// # Errors
    /// When it never can.
    pub async fn click(&self, id: &str) -> anyhow::Result<()> {
        eventually(&format!("{id} to take a click"), APPEARS_WITHIN, || async {
            let element = self.now(id).await?;
            if !element.is_enabled().await? {
                return Ok(None);
            }
            element.scroll_into_view().await?;
            element.click().await?;
            Ok(Some(()))
        })
        .await
    }

    /// Replaces what a field holds, and waits until it holds that.
    ///
    /// # Errors
    /// When it never does.
    pub async fn fill(&self, id: &str, text: &str) -> anyhow::Result<()> {
        eventually(
            &format!("{id} to hold {text:?}"),
            APPEARS_WITHIN,
            || async {
                let field = self.now(id).await?;
                if field.prop("value").await?.as_deref() == Some(text) {
                    return Ok(Some(()));
                }
                field.scroll_into_view().await?;
                field.click().await?;
                let all = thirtyfour::Key::Control + "a";
                field.send_keys(all).await?;
                field.send_keys(text).await?;
                Ok(None)
            },
        )
        .await
    }

    /// Chooses an option of a `<select>` by its value.
    ///
    /// # Errors
    /// When there is no such option.
    pub async fn choose(&self, id: &str, value: &str) -> anyhow::Result<()> {
        let option = format!("{} option[value=\"{value}\"]", by_id(id));
        eventually(&option, APPEARS_WITHIN, || async {
            let field = self.now(id).await?;
            if field.prop("value").await?.as_deref() == Some(value) {
                return Ok(Some(()));
            }
            self.driver.find(By::Css(&*option)).await?.click().await?;
            Ok(None)
        })
        .await
    }

    /// The text of an element, as soon as it fits.
    ///
    /// # Errors
    /// The last text, when none ever does.
    pub async fn text(&self, id: &str, fits: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let last = Mutex::new(String::new());
        let found = eventually(id, APPEARS_WITHIN * 2, || async {
            let text = self.now(id).await?.text().await?;
            let fit = fits(&text);
            if let Ok(mut last) = last.lock() {
                last.clone_from(&text);
            }
            Ok(fit.then_some(text))
        })
        .await;
        found.with_context(|| format!("{id} says {:?}", last.lock().map(|l| l.clone())))
    }

    /// Runs a script in the page; its value.
    ///
    /// # Errors
    /// What the script throws.
    pub async fn run(&self, script: &str, args: Vec<Value>) -> anyhow::Result<Value> {
        let ret = self.driver.execute(script, args).await?;
        Ok(ret.json().clone())
    }

    /// The downloaded file whose name ends so, once it is whole.
    ///
    /// # Errors
    /// When none arrives.
    pub async fn download(&self, ending: &str) -> anyhow::Result<Vec<u8>> {
        let folder = self.dir.join("downloads");
        eventually("the download", APPEARS_WITHIN, || async {
            for entry in std::fs::read_dir(&folder)?.flatten() {
                if entry.file_name().to_string_lossy().ends_with(ending) {
                    return Ok(Some(std::fs::read(entry.path())?));
                }
            }
            Ok(None)
        })
        .await
    }

    /// Ends the browser and removes its folder.
    ///
    /// # Errors
    /// When it doesn't end.
    pub async fn close(self) -> anyhow::Result<()> {
        self.held.lock().await.stop().await?;
        let tmp = launch::tmp_of(&self.dir);
        for dir in [&self.dir, &tmp] {
            if let Err(error) = std::fs::remove_dir_all(dir)
                && error.kind() != std::io::ErrorKind::NotFound
            {
                bail!("cannot remove {}: {error}", dir.display());
            }
        }
        Ok(())
    }

    async fn now(&self, id: &str) -> anyhow::Result<WebElement> {
        for element in self.driver.find_all(By::Css(by_id(id))).await? {
            if element.is_displayed().await? {
                return Ok(element);
            }
        }
        bail!("{id} is not to be seen")
    }
}

/// The selector of a test id.
pub fn by_id(id: &str) -> String {
    format!("[data-testid=\"{id}\"]")
}

/// The folder where failing tests leave what they saw.
pub fn evidence_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/e2e")
}

impl Installation {
    /// A new browser that looks at this installation's page.
    ///
    /// # Errors
    /// When Chromium doesn't start.
    pub async fn browser(&self) -> anyhow::Result<Browser> {
        launch::start(self).await
    }
}
