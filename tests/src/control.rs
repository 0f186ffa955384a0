//! The practice portals' control port: what only tests may know.

use anyhow::Context;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A client of the control port.
#[derive(Clone, Debug)]
pub struct PortalControl {
    base: String,
    http: reqwest::Client,
}

/// How often the final button was pressed for a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submits {
    pub count: u64,
}

impl PortalControl {
    /// `base` such as `http://127.0.0.1:7103`.
    pub fn new(base: impl Into<String>) -> Self {
        Self {
            base: base.into(),
            http: reqwest::Client::new(),
        }
    }

    /// The answer of the newest CAPTCHA.
    ///
    /// # Errors
    /// When none was drawn yet.
    pub async fn captcha(&self) -> anyhow::Result<String> {
        let answer: Value = self.get("captcha/latest").await?;
        let text = answer["answer"].as_str().context("no CAPTCHA was drawn")?;
        Ok(text.to_owned())
    }

    /// How often the final button was pressed for that ticket or folio.
    ///
    /// # Errors
    /// When the control port does not answer.
    pub async fn submits(&self, ticket: &str) -> anyhow::Result<Submits> {
        let answer: Value = self.get(&format!("submits?ticket={ticket}")).await?;
        let count = answer["count"].as_u64().context("no count")?;
        Ok(Submits { count })
    }

    /// Makes a portal misbehave for the next requests; see the control port's help.
    ///
    /// # Errors
    /// When the fault is unknown.
    pub async fn fault(&self, fault: &Value) -> anyhow::Result<()> {
        self.post("faults", fault).await
    }

    /// Makes a ticket known to a portal.
    ///
    /// # Errors
    /// When the ticket is malformed.
    pub async fn ticket(&self, ticket: &Value) -> anyhow::Result<()> {
        self.post("tickets", ticket).await
    }

    /// A ticket of the plain portal that is known under that number.
    ///
    /// # Errors
    /// When the control port does not answer.
    pub async fn plain_ticket(
        &self,
        ticket: &str,
        total_cents: u32,
        kind: &str,
    ) -> anyhow::Result<()> {
        let ticket = json!({
            "portal": "plain", "ticket": ticket, "sucursal": "001",
            "total_cents": total_cents, "kind": kind,
        });
        self.ticket(&ticket).await
    }

    /// A ticket of the wizard that is known under that folio.
    ///
    /// # Errors
    /// When the control port does not answer.
    pub async fn wizard_ticket(
        &self,
        folio: &str,
        web_id: &str,
        total_cents: u32,
        kind: &str,
    ) -> anyhow::Result<()> {
        let ticket = json!({
            "portal": "wizard", "ticket": folio, "clave_web": web_id,
            "total_cents": total_cents, "kind": kind,
        });
        self.ticket(&ticket).await
    }

    /// Makes an account at the plain portal; with a seed (Base32), codes are asked for, too.
    ///
    /// # Errors
    /// When the seed is none.
    pub async fn account(&self, user: &str, password: &str, seed: &str) -> anyhow::Result<()> {
        let account = json!({ "user": user, "password": password, "totp_secret": seed });
        self.post("accounts", &account).await
    }

    /// When a ticket was looked up for the first time; `None` before.
    ///
    /// # Errors
    /// When the control port does not answer.
    pub async fn first_look_up(&self, ticket: &str) -> anyhow::Result<Option<DateTime<Utc>>> {
        let tickets: Value = self.get("tickets").await?;
        let rows = tickets.as_array().context("no list of tickets")?;
        let row = rows.iter().find(|row| row["ticket"] == ticket);
        let at = row.and_then(|row| row["first_look_up"].as_str());
        Ok(at.map(str::parse).transpose()?)
    }

    async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let url = format!("{}/{path}", self.base);
        Ok(self
            .http
            .get(url)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<()> {
        let url = format!("{}/{path}", self.base);
        let response = self.http.post(url).json(body).send().await?;
        let status = response.status();
        let text = response.text().await?;
        anyhow::ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(())
    }
}
