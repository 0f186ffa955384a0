//! `/profiles`.

use crate::browser::Browser;
use schemas::rest::ProfileBody;

/// The fiscal profiles' page.
pub struct Profiles<'a>(pub &'a Browser);

impl Profiles<'_> {
    /// Adds a profile and waits until it is in the list.
    ///
    /// # Errors
    /// When the form refuses it.
    pub async fn add(&self, profile: &ProfileBody) -> anyhow::Result<()> {
        let page = self.0;
        page.click("profile-add").await?;
        page.fill("rfc", &profile.rfc).await?;
        page.fill("name", &profile.name).await?;
        page.fill("postal-code", &profile.postal_code).await?;
        page.choose("regimen", &profile.regimen).await?;
        if let Some(uso) = &profile.default_use {
            page.choose("default-use", uso).await?;
        }
        page.fill("email", &profile.email).await?;
        page.click("profile-save").await?;
        page.text("profile-rfc", |text| text.contains(&profile.rfc))
            .await?;
        Ok(())
    }
}
