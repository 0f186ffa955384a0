//! The accounts of the development sign-in. Everybody knows their passwords.

use uuid::Uuid;

/// One account.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DemoUser {
    pub(crate) username: &'static str,
    pub(crate) name: &'static str,
    pub(crate) email: &'static str,
    pub(crate) roles: &'static [&'static str],
    /// For the person who chooses.
    pub(crate) does: &'static str,
}

/// Their password is their user name.
pub(crate) const USERS: [DemoUser; 5] = [
    DemoUser {
        username: "demo",
        name: "Demo Pérez",
        email: "demo@relevo.test",
        roles: &["user"],
        does: "pide facturas",
    },
    DemoUser {
        username: "ana",
        name: "Ana Núñez",
        email: "ana@relevo.test",
        roles: &["user"],
        does: "pide facturas",
    },
    DemoUser {
        username: "auditor",
        name: "Aurora Auditora",
        email: "auditor@relevo.test",
        roles: &["auditor"],
        does: "revisa el registro",
    },
    DemoUser {
        username: "analyst",
        name: "Álvaro Analista",
        email: "analyst@relevo.test",
        roles: &["analyst"],
        does: "mira cifras",
    },
    DemoUser {
        username: "operator",
        name: "Óscar Operador",
        email: "operator@relevo.test",
        roles: &["operator"],
        does: "opera el servicio",
    },
];

impl DemoUser {
    pub(crate) fn find(username: &str) -> Option<Self> {
        USERS.into_iter().find(|user| user.username == username)
    }

    /// The account's id for ever: made from its name alone.
    pub(crate) fn subject(&self) -> String {
        let name = format!("https://relevo.test/users/{}", self.username);
        Uuid::new_v5(&Uuid::NAMESPACE_URL, name.as_bytes()).to_string()
    }
}
