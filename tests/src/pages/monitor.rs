//! `/tasks/{id}`.

use crate::browser::{Browser, by_id};
use anyhow::{Context, ensure};
use domain::TaskId;
use serde_json::Value;
use thirtyfour::Key;

/// A task's page: the live browser, its status, what one may do.
pub struct Monitor<'a> {
    pub page: &'a Browser,
    pub id: TaskId,
}

impl<'a> Monitor<'a> {
    /// Opens a task's page.
    ///
    /// # Errors
    /// When it doesn't load.
    pub async fn open(page: &'a Browser, id: TaskId) -> anyhow::Result<Self> {
        page.open(&format!("/tasks/{id}")).await?;
        Ok(Self { page, id })
    }

    /// Waits until the task has that status.
    ///
    /// # Errors
    /// When it never has.
    pub async fn status(&self, status: &str) -> anyhow::Result<()> {
        let chip = format!("{}[data-value=\"{status}\"]", by_id("task-status"));
        for _ in 0..2 {
            if self.page.find(&chip).await.is_ok() {
                return Ok(());
            }
        }
        let now = self.page.see("task-status").await?.text().await?;
        anyhow::bail!("the page never said {status}; it says {now:?}")
    }

    /// Waits for a question of that kind.
    ///
    /// # Errors
    /// When none is asked.
    pub async fn question(&self, kind: &str) -> anyhow::Result<()> {
        let question = format!("{}[data-kind=\"{kind}\"]", by_id("question"));
        self.page.find(&question).await?;
        Ok(())
    }

    /// Waits until a live picture that isn't blank is on the canvas.
    ///
    /// # Errors
    /// When none comes.
    pub async fn picture(&self) -> anyhow::Result<()> {
        let script = "const c = document.querySelector('[data-testid=live-canvas]'); \
            if (!c || c.width < 300) return 0; \
            const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; \
            const seen = new Set(); \
            for (let i = 0; i < d.length; i += 404) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); \
            return seen.size;";
        crate::eventually("a live picture", crate::PATIENCE, || async {
            let colours = self.page.run(script, vec![]).await?;
            Ok((colours.as_u64() > Some(3)).then_some(()))
        })
        .await
    }

    /// Takes control and waits until the agent has stopped.
    ///
    /// # Errors
    /// When control isn't given.
    pub async fn take_control(&self) -> anyhow::Result<()> {
        self.page.click("take-control").await?;
        self.page.see("control-ready").await?;
        Ok(())
    }

    /// Clicks into the live picture at a point of the portal's page, in its CSS pixels.
    ///
    /// # Errors
    /// When there is no canvas.
    pub async fn click_at(&self, x: f64, y: f64) -> anyhow::Result<()> {
        let canvas = self.page.see("live-canvas").await?;
        let script = "const c = arguments[0], r = c.getBoundingClientRect(); \
            const s = Math.min(r.width / c.width, r.height / c.height); \
            return [(arguments[1] - c.width / 2) * s, (arguments[2] - c.height / 2) * s];";
        let args = vec![canvas.to_json()?, x.into(), y.into()];
        let offset = self.page.run(script, args).await?;
        let at = |i: usize| -> anyhow::Result<i64> {
            let value = offset.get(i).and_then(Value::as_f64).context("no offset")?;
            #[expect(clippy::cast_possible_truncation, reason = "pixels of a screen")]
            Ok(value.round() as i64)
        };
        // WebDriver counts from the element's middle.
        let (dx, dy) = (at(0)?, at(1)?);
        let hand = self.page.driver.action_chain();
        hand.move_to_element_with_offset(&canvas, dx, dy)
            .click()
            .perform()
            .await?;
        Ok(())
    }

    /// Types on the keyboard, into whatever has the focus.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn type_keys(&self, text: &str) -> anyhow::Result<()> {
        let hand = self.page.driver.action_chain();
        hand.send_keys(text).perform().await?;
        Ok(())
    }

    /// Presses one key.
    ///
    /// # Errors
    /// When the browser refuses.
    pub async fn press(&self, key: Key) -> anyhow::Result<()> {
        let hand = self.page.driver.action_chain();
        hand.send_keys(key).perform().await?;
        Ok(())
    }

    /// Hands control back, the work done.
    ///
    /// # Errors
    /// When control isn't taken back.
    pub async fn hand_back(&self) -> anyhow::Result<()> {
        self.page.click("return-done").await?;
        self.page.gone("return-done").await
    }

    /// The sequences of the timeline's rows, in the order in which they stand.
    ///
    /// # Errors
    /// When there is no timeline.
    pub async fn sequences(&self) -> anyhow::Result<Vec<u64>> {
        let script = "return [...document.querySelectorAll('[data-testid=timeline-row]')] \
            .map(row => Number(row.dataset.sequence));";
        let rows = self.page.run(script, vec![]).await?;
        let rows = rows.as_array().context("no list")?;
        ensure!(!rows.is_empty(), "the timeline is empty");
        Ok(rows.iter().filter_map(Value::as_u64).collect())
    }
}
