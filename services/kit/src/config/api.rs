//! The api: where it listens, where people reach it, and how often they may ask.

use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{Deserializer, Error};
use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use url::{Origin, Url};

/// The HTTP edge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Api {
    pub listen: SocketAddr,
    /// The page's address in a browser, an origin without a path; `http://localhost:<port>` when
    /// absent.
    #[serde(deserialize_with = "some_origin")]
    pub public_url: Option<Url>,
    /// Addresses or networks of the proxies whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    pub limits: Limits,
}

impl Default for Api {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8400)),
            public_url: None,
            trusted_proxies: Vec::new(),
            limits: Limits::default(),
        }
    }
}

impl Api {
    /// The page's address in a browser, without a slash at its end.
    pub fn public_address(&self) -> String {
        match &self.public_url {
            Some(url) => url.origin().ascii_serialization(),
            None => format!("http://localhost:{}", self.listen.port()),
        }
    }
}

/// How often one may ask.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Of one user, whatever the address.
    pub user: Rate,
    /// Of one address (of IPv6: one /64), whoever asks.
    pub address: Rate,
    /// Sign-ins begun from one address.
    pub sign_in: Rate,
    /// Sockets of one user that are open at once.
    pub sockets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            user: Rate::of(200, 2000),
            address: Rate::of(200, 2000),
            sign_in: Rate::of(1, 20),
            sockets: 200,
        }
    }
}

/// So many requests a second, and so many at once after a pause.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

impl Rate {
    /// That rate; zero counts as one.
    pub fn of(per_second: u32, burst: u32) -> Self {
        let some = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            per_second: some(per_second),
            burst: some(burst),
        }
    }
}

fn some_origin<'de, D: Deserializer<'de>>(source: D) -> Result<Option<Url>, D::Error> {
    let url = Url::deserialize(source)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let named = url.username().is_empty() && url.password().is_none();
    let web = matches!(url.origin(), Origin::Tuple(scheme, ..) if scheme.starts_with("http"));
    if bare && named && web {
        return Ok(Some(url));
    }
    Err(D::Error::custom(
        "it must be http(s)://host or http(s)://host:port",
    ))
}

fn networks<'de, D: Deserializer<'de>>(source: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(source)?;
    let network = |text: &String| {
        let address = || text.parse::<IpAddr>().map(IpNet::from).ok();
        let network = text.parse().ok().or_else(address);
        network.ok_or_else(|| D::Error::custom(format!("{text:?} is no address or network")))
    };
    texts.iter().map(network).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    #![allow(clippy::result_large_err, reason = "figment's error as it is")]

    use super::*;
    use figment::Figment;
    use figment::providers::{Format as _, Toml};

    fn read(toml: &str) -> Result<Api, figment::Error> {
        Figment::from(Toml::string(toml)).extract()
    }

    #[test]
    fn the_public_address_follows_the_port_unless_it_is_given() {
        let api = read("listen = \"127.0.0.1:9\"").unwrap();
        assert_eq!(api.public_address(), "http://localhost:9");
        let api = read("public_url = \"https://relevo.example/\"").unwrap();
        assert_eq!(api.public_address(), "https://relevo.example");
        for wrong in [
            "https://a.example/x",
            "ftp://a.example",
            "https://u@a.example",
        ] {
            assert!(read(&format!("public_url = {wrong:?}")).is_err(), "{wrong}");
        }
    }

    #[test]
    fn proxies_are_addresses_or_networks() {
        let api = read("trusted_proxies = [\"10.0.0.0/8\", \"127.0.0.1\", \"::1\"]").unwrap();
        assert_eq!(api.trusted_proxies.len(), 3);
        assert!(read("trusted_proxies = [\"proxy\"]").is_err());
    }
}
