//! TCP ports on loopback: chosen once, kept in the stack's folder.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::files::write_file;

/// The port where a person looks for the page first.
const API_WISH: u16 = 8400;

/// Every port of a stack, also those of Relevo's own services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ports {
    pub(crate) postgres: u16,
    pub(crate) nats: u16,
    pub(crate) oidc: u16,
    pub(crate) api: u16,
    pub(crate) portal_plain: u16,
    pub(crate) portal_wizard: u16,
    pub(crate) portal_control: u16,
}

impl Ports {
    /// The ports of an earlier start, or new ones. `wish` asks for the well-known API port.
    pub(crate) fn load_or_choose(dir: &Path, wish: bool) -> Result<Self> {
        let file = dir.join("ports.json");
        if let Ok(text) = std::fs::read_to_string(&file) {
            return serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; remove it to choose anew", file.display())
            });
        }
        let mut chosen = Vec::new();
        let mut next = || -> Result<u16> {
            loop {
                let port = free_port()?;
                if !chosen.contains(&port) {
                    chosen.push(port);
                    return Ok(port);
                }
            }
        };
        let ports = Self {
            postgres: next()?,
            nats: next()?,
            oidc: next()?,
            api: if wish && is_free(API_WISH) {
                API_WISH
            } else {
                next()?
            },
            portal_plain: next()?,
            portal_wizard: next()?,
            portal_control: next()?,
        };
        ports.save(dir)?;
        Ok(ports)
    }

    /// Keeps them for the next start.
    pub(crate) fn save(&self, dir: &Path) -> Result<()> {
        write_file(
            &dir.join("ports.json"),
            &serde_json::to_string_pretty(self)?,
            0o644,
            None,
        )
    }
}

/// A port that is free now. Below the range the kernel gives to outgoing connections, so that none
/// of those takes it while a server is down for a restart.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..200 {
        let mut bytes = [0; 2];
        getrandom::fill(&mut bytes).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let port = 15_000 + u16::from_le_bytes(bytes) % 17_000;
        if is_free(port) {
            return Ok(port);
        }
    }
    bail!("no free port between 15000 and 32000 on 127.0.0.1")
}

/// Whether a server could listen there now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_taken_port_is_not_free() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        assert!(!is_free(listener.local_addr().unwrap().port()));
    }

    #[test]
    fn ports_stay_the_same_from_start_to_start() {
        let dir = std::env::temp_dir().join(format!("devstack-ports-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let first = Ports::load_or_choose(&dir, true).unwrap();
        let second = Ports::load_or_choose(&dir, true).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(first, second);
    }
}
