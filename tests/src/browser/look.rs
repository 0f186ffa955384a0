//! Looking at a page as a person and as a checker would: its size, its theme, its pictures, what
//! its policy refused, and whether people with other senses can use it.

use super::{Browser, evidence_dir};
use crate::eventually;
use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// A desk's window, in CSS pixels.
pub const WIDE: (u32, u32) = (1360, 900);
/// A small phone's.
pub const PHONE: (u32, u32) = (360, 780);

const RESTS_WITHIN: Duration = Duration::from_secs(30);

/// axe-core 4, vendored.
const AXE: &str = include_str!("../../vendor/axe/axe.min.js");

/// The colours a person has asked their system for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    Light,
    Dark,
}

impl Theme {
    /// `light` or `dark`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl Browser {
    /// Makes the page that wide and high.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn resize(&self, (width, height): (u32, u32)) -> anyhow::Result<()> {
        let size = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false
        });
        self.devtools("Emulation.setDeviceMetricsOverride", size)
            .await
    }

    /// Asks for those colours, as the system's setting would.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn theme(&self, theme: Theme) -> anyhow::Result<()> {
        let media = json!({
            "features": [{ "name": "prefers-color-scheme", "value": theme.name() }]
        });
        self.devtools("Emulation.setEmulatedMedia", media).await?;
        self.settled().await
    }

    /// Waits until nothing on the page moves from one look to another any more; what turns for ever
    /// may go on.
    async fn settled(&self) -> anyhow::Result<()> {
        let script = "return document.getAnimations().filter(a => \
            a.playState === 'running' && a.effect.getComputedTiming().endTime < Infinity).length;";
        eventually("the page to come to rest", RESTS_WITHIN, || async {
            let moving = self.run(script, vec![]).await?;
            Ok((moving == 0).then_some(()))
        })
        .await
    }

    async fn devtools(&self, command: &str, params: Value) -> anyhow::Result<()> {
        self.driver.cdp().send_raw(command, params).await?;
        Ok(())
    }

    /// What the browser has logged so far: errors of scripts, refusals by the page's policy.
    ///
    /// # Errors
    /// When the session is gone.
    pub async fn logged(&self) -> anyhow::Result<Vec<String>> {
        let new = self.driver.browser_log().await?;
        let mut log = self.log.lock().map_err(|_| anyhow::anyhow!("poisoned"))?;
        log.extend(
            new.into_iter()
                .map(|entry| format!("{:?} {}", entry.level, entry.message)),
        );
        Ok(log.clone())
    }

    /// Nothing that the page did was refused by its policy, and no script failed.
    ///
    /// # Errors
    /// What was refused or failed.
    pub async fn is_clean(&self) -> anyhow::Result<()> {
        let bad: Vec<String> = self
            .logged()
            .await?
            .into_iter()
            .filter(|line| {
                line.contains("Content Security Policy")
                    || line.contains("panicked")
                    || line.contains("Uncaught")
            })
            .collect();
        ensure!(bad.is_empty(), "the browser's log: {bad:#?}");
        Ok(())
    }

    /// Nothing lies beyond the window's sides.
    ///
    /// # Errors
    /// How much does.
    pub async fn fits(&self) -> anyhow::Result<()> {
        let script = "const e = document.scrollingElement; return [e.scrollWidth, e.clientWidth];";
        let widths = self.run(script, vec![]).await?;
        ensure!(
            widths[0].as_u64() <= widths[1].as_u64(),
            "the page is wider than the window: {widths}"
        );
        Ok(())
    }

    /// axe finds nothing to object to.
    ///
    /// # Errors
    /// Each objection: rule, why, and where.
    pub async fn is_accessible(&self) -> anyhow::Result<()> {
        self.driver.execute(AXE, vec![]).await?;
        let script = "const done = arguments[arguments.length - 1]; \
            axe.run(document, { resultTypes: ['violations'] }).then( \
              r => done(r.violations.map(v => v.id + ': ' + v.help + ' – ' + \
                v.nodes.map(n => n.target.join(' ') + ' ' + n.any.concat(n.all).map(c => c.message).join('; ')).join(' | '))), \
              e => done(['axe failed: ' + e]));";
        let found = self.driver.execute_async(script, vec![]).await?;
        let found = found
            .json()
            .as_array()
            .context("axe answered no list")?
            .clone();
        if !found.is_empty() {
            bail!("{} axe: {found:#?}", self.path().await?);
        }
        Ok(())
    }

    /// Writes a picture of the whole page, however long.
    ///
    /// # Errors
    /// When it can't be taken or written.
    pub async fn picture(&self, file: &Path, (width, least): (u32, u32)) -> anyhow::Result<()> {
        let script = "return Math.ceil(document.scrollingElement.scrollHeight);";
        let height = self.run(script, vec![]).await?.as_u64().unwrap_or(0);
        let height = u32::try_from(height)?.clamp(least, 6000);
        self.resize((width, height)).await?;
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        self.driver.screenshot(file).await?;
        self.resize((width, least)).await
    }

    /// Leaves what is to be seen now for whoever looks into a failure.
    pub async fn leave_evidence(&self, name: &str) {
        let folder = evidence_dir().join(name);
        let _ = fs::create_dir_all(&folder);
        let _ = self.driver.screenshot(&folder.join("page.png")).await;
        let source = self.driver.source().await.unwrap_or_default();
        let _ = fs::write(folder.join("page.html"), source);
        let log = self.logged().await.unwrap_or_default();
        let _ = fs::write(folder.join("browser.log"), log.join("\n"));
        let at = self.path().await.unwrap_or_default();
        eprintln!("what the browser showed at {at}: {}", folder.display());
    }
}
