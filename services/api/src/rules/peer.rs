//! From which address a request comes: the connection's, unless a proxy of ours is in between.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::net::IpAddr;

/// The other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// From which address a request comes, as far as we can believe it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// The proxies whose word counts.
#[derive(Clone, Debug, Default)]
pub struct Proxies(pub Vec<IpNet>);

impl Proxies {
    /// The last address in `X-Forwarded-For` that is none of our proxies', when the connection is
    /// one of theirs. Everybody else may write there what they like.
    pub fn client(&self, peer: Peer, headers: &HeaderMap) -> ClientAddress {
        let mut address = peer.0.to_canonical();
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let mut hops = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        while self.trusts(address) {
            let Some(hop) = hops.next().and_then(parse) else {
                break;
            };
            address = hop;
        }
        ClientAddress(address)
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

fn parse(hop: &str) -> Option<IpAddr> {
    hop.trim()
        .parse()
        .ok()
        .map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn client(proxies: &[&str], peer: &str, forwarded: &[&str]) -> String {
        let proxies = Proxies(proxies.iter().map(|p| p.parse().unwrap()).collect());
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append("x-forwarded-for", line.parse().unwrap());
        }
        let peer = Peer(peer.parse().unwrap());
        proxies.client(peer, &headers).0.to_string()
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed() {
        let ours: &[&str] = &["10.0.0.0/8"];
        assert_eq!(client(&[], "1.2.3.4", &["9.9.9.9"]), "1.2.3.4");
        assert_eq!(client(ours, "1.2.3.4", &["9.9.9.9"]), "1.2.3.4");
        assert_eq!(client(ours, "10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(client(ours, "::ffff:10.0.0.1", &["9.9.9.9"]), "9.9.9.9");
        assert_eq!(client(ours, "10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(client(ours, "10.0.0.1", &["?, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn what_the_client_wrote_before_the_proxies_does_not_count() {
        let ours: &[&str] = &["10.0.0.0/8"];
        let forwarded = &["6.6.6.6, 9.9.9.9", "10.0.0.2"];
        assert_eq!(client(ours, "10.0.0.1", forwarded), "9.9.9.9");
    }
}
