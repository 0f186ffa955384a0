//! The environment that makes Relevo's binary use a stack.

use std::collections::BTreeMap;
use std::path::Path;

use crate::files::text;
use crate::stack::Stack;

impl Stack {
    /// The variables of `relevo`'s configuration (prefix `RELEVO_`, nested by `__`) for this
    /// stack: database, broker, keys, sign-in, the agent's programs, and addresses of the API and
    /// of the practice portals, which are the only private host the agent may visit. The database
    /// `relevo` itself is made by `relevo up` or `relevo migrate`.
    #[must_use]
    pub fn relevo_env(&self) -> BTreeMap<String, String> {
        let browser = self.browser();
        let address = |port: u16| format!("127.0.0.1:{port}");
        let mut env = BTreeMap::new();
        let mut set = |name: &str, value: String| {
            env.insert(format!("RELEVO_{name}"), value);
        };
        let path = |path: &Path| text(path);
        let postgres = self.postgres();
        set(
            "DATABASE__URL",
            format!("postgres://127.0.0.1:{}/relevo", postgres.port()),
        );
        set(
            "DATABASE__SERVICE_PASSWORD",
            self.service_password().to_owned(),
        );
        set("DATABASE__ADMIN_URL", postgres.admin_url());
        set("NATS__URL", self.nats().url());
        set("KEYS__FILE", path(self.key_file()));
        set("AUDIT__KEY_FILE", path(self.audit_key_file()));
        set("AUDIT__HEADS_FILE", path(&self.dir().join("heads.jsonl")));
        if let Some(oidc) = self.oidc() {
            set("AUTH__ISSUER", oidc.issuer().to_owned());
            set("AUTH__AUDIENCE", crate::oidc::AUDIENCE.to_owned());
        }
        set("API__LISTEN", address(self.ports.api));
        set("API__PUBLIC_URL", self.page_address());
        set("AGENT__CHROMIUM", path(&browser.chromium));
        set("AGENT__CHROMEDRIVER", path(&browser.chromedriver));
        if let Some(user) = &browser.user {
            set("AGENT__UID", user.uid.to_string());
            set("AGENT__GID", user.gid.to_string());
        }
        set("AGENT__SESSIONS_DIR", path(&browser.sessions_dir));
        set("AGENT__ADAPTERS_DIR", path(&self.dir().join("adapters")));
        set("AGENT__ALLOW_PRIVATE_HOSTS", "127.0.0.1".to_owned());
        set("ARTIFACTS__DIR", path(&self.dir().join("artifacts")));
        set("PORTALS__DIR", path(&self.dir().join("portals")));
        set("PORTALS__PLAIN", address(self.ports.portal_plain));
        set("PORTALS__WIZARD", address(self.ports.portal_wizard));
        set("PORTALS__CONTROL", address(self.ports.portal_control));
        env
    }
}
