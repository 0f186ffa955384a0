//! `/tickets/new`.

use super::Monitor;
use crate::browser::{Browser, by_id};
use anyhow::Context;
use domain::TaskId;
use schemas::rest::CreateTask;

/// The page on which tickets are handed in.
pub struct NewTicket<'a>(pub &'a Browser);

impl<'a> NewTicket<'a> {
    /// Fills the form, looks at the preview, confirms, and waits for the task's monitor.
    ///
    /// # Errors
    /// When the form refuses the ticket.
    pub async fn hand_in(
        &self,
        portal_name: &str,
        ticket: &CreateTask,
    ) -> anyhow::Result<Monitor<'a>> {
        self.fill(portal_name, ticket).await?;
        let page = self.0;
        page.click("ticket-check").await?;
        for (name, value) in &ticket.fields {
            let id = format!("preview-{}", name.replace('_', "-"));
            page.text(&id, |text| text.contains(value.as_str())).await?;
        }
        page.click("ticket-confirm").await?;
        page.see("monitor").await?;
        let path = page.path().await?;
        let id = path.rsplit('/').next().unwrap_or_default();
        let id = TaskId(id.parse().with_context(|| format!("no task at {path}"))?);
        Ok(Monitor { page, id })
    }

    /// Chooses the portal and types what the ticket says.
    ///
    /// # Errors
    /// When a field isn't there.
    pub async fn fill(&self, portal_name: &str, ticket: &CreateTask) -> anyhow::Result<()> {
        let page = self.0;
        page.fill("portal-search", portal_name).await?;
        page.click("portal-option").await?;
        let chosen = format!(
            "{}[data-portal=\"{}\"]",
            by_id("portal-chosen"),
            ticket.portal
        );
        page.find(&chosen).await?;
        for (name, value) in &ticket.fields {
            let id = format!("field-{}", name.replace('_', "-"));
            page.fill(&id, value).await?;
        }
        if let Some(forma) = &ticket.forma_pago {
            page.choose("forma-pago", forma).await?;
        }
        Ok(())
    }
}
