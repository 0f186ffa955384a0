//! Who may come in, by token and by browser.

use super::some_secret;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// Who may come in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The OpenID provider; discovery starts here.
    pub issuer: Url,
    /// What access tokens must be made for.
    #[serde(default = "relevo")]
    pub audience: String,
    /// Who we are to the provider when people sign in by browser; what ID tokens must be made for.
    #[serde(default = "relevo")]
    pub client_id: String,
    /// Absent for a public client: PKCE is used in any case.
    #[serde(default, deserialize_with = "some_secret")]
    pub client_secret: Option<SecretString>,
    /// Asked for at sign-in, parted by spaces; `openid` is always among them.
    #[serde(default = "scopes")]
    pub scopes: String,
    /// Where tokens name a user's roles; dots lead into objects: `realm_access.roles`.
    #[serde(default = "roles")]
    pub roles_claim: String,
    /// A browser session ends after so long without a request.
    #[serde(default = "half_an_hour")]
    pub session_idle_minutes: u32,
    /// A browser session ends so long after the sign-in, whatever happens.
    #[serde(default = "half_a_day")]
    pub session_absolute_hours: u32,
}

impl Auth {
    /// That provider, and defaults for everything else.
    pub fn new(issuer: Url) -> Self {
        Self {
            issuer,
            audience: relevo(),
            client_id: relevo(),
            client_secret: None,
            scopes: scopes(),
            roles_claim: roles(),
            session_idle_minutes: half_an_hour(),
            session_absolute_hours: half_a_day(),
        }
    }
}

fn relevo() -> String {
    "relevo".to_owned()
}

fn scopes() -> String {
    "openid profile email".to_owned()
}

fn roles() -> String {
    "roles".to_owned()
}

fn half_an_hour() -> u32 {
    30
}

fn half_a_day() -> u32 {
    12
}
