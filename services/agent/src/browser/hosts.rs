//! Where a browser may go and send data to.
//!
//! Top-level navigation and form data: the portal's hosts only. Everything else a page loads: any
//! public address. Private address ranges are refused unless named. Names are resolved here for the
//! check and again by Chromium, so a name server that changes its answer in between gets through;
//! an egress proxy that connects to the checked address is the whole answer.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use url::{Host, Url};

/// Who may be visited.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRule {
    /// `host` (default port) or `host:port` that may be navigated to and receive form data.
    pub hosts: Vec<String>,
    /// `host` (any port) or `host:port` that may lie on a private address.
    pub allow_private: Vec<String>,
}

/// What a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use<'a> {
    /// The page itself.
    Top,
    /// Something that carries data; the page's `Origin`.
    Post(Option<&'a str>),
    /// Anything else a page loads.
    Asset,
}

impl HostRule {
    /// Whether `url` may be used so, before its name is resolved.
    ///
    /// # Errors
    /// Says why not.
    pub(super) fn judge(&self, url: &Url, what: Use<'_>) -> Result<(), String> {
        let inner = matches!(url.scheme(), "data" | "blob") && what == Use::Asset;
        if inner || url.as_str() == "about:blank" || url.as_str() == "about:srcdoc" {
            return Ok(());
        }
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(format!("{}: addresses are not allowed", url.scheme()));
        }
        let own = |origin: Option<&str>| {
            origin.is_some_and(|o| o != "null" && o == url.origin().ascii_serialization())
        };
        let allowed = match what {
            Use::Top => self.is_host(url),
            Use::Post(origin) => self.is_host(url) || own(origin),
            Use::Asset => true,
        };
        if !allowed {
            return Err("it is not one of the portal's hosts".to_owned());
        }
        match url.host() {
            Some(Host::Ipv4(ip)) => self.judge_address(url, ip.into()),
            Some(Host::Ipv6(ip)) => self.judge_address(url, ip.into()),
            Some(Host::Domain(_)) => Ok(()),
            None => Err("it has no host".to_owned()),
        }
    }

    /// Resolves the host's name and refuses private addresses. A name that doesn't resolve passes:
    /// the browser will fail on it by itself.
    pub(super) async fn judge_resolved(&self, url: &Url) -> Result<(), String> {
        let Some(Host::Domain(name)) = url.host() else {
            return Ok(());
        };
        if self.may_be_private(url) {
            return Ok(());
        }
        let port = url.port_or_known_default().unwrap_or(443);
        let looking = tokio::net::lookup_host((name, port));
        let Ok(Ok(found)) = tokio::time::timeout(Duration::from_secs(5), looking).await else {
            return Ok(());
        };
        for address in found {
            self.judge_address(url, address.ip())?;
        }
        Ok(())
    }

    /// Whether `url` is on one of the portal's hosts.
    pub(super) fn is_host(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else {
            return false;
        };
        let with_port = url.port_or_known_default().map(|p| format!("{host}:{p}"));
        matches!(url.scheme(), "http" | "https")
            && self.hosts.iter().any(|allowed| {
                (allowed == host && url.port().is_none()) || Some(allowed) == with_port.as_ref()
            })
    }

    fn judge_address(&self, url: &Url, ip: IpAddr) -> Result<(), String> {
        if is_private(ip) && !self.may_be_private(url) {
            return Err("it lies on a private address".to_owned());
        }
        Ok(())
    }

    fn may_be_private(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let with_port = url.port_or_known_default().map(|p| format!("{host}:{p}"));
        let named = |a: &String| a == host || Some(a) == with_port.as_ref();
        self.allow_private.iter().any(named)
    }
}

/// Whether an address is anything but public unicast (IANA special-purpose registries, RFC 6890).
pub(super) fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_private_v4(ip),
        IpAddr::V6(ip) => is_private_v6(ip),
    }
}

fn is_private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
}

fn is_private_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let low = Ipv4Addr::from((u32::from(s[6]) << 16) | u32::from(s[7]));
    match s {
        // Unspecified, loopback, v4-compatible.
        [0, 0, 0, 0, 0, 0, _, _] => true,
        // v4-mapped and NAT64.
        [0, 0, 0, 0, 0, 0xffff, _, _] | [0x64, 0xff9b, 0, 0, 0, 0, _, _] => is_private_v4(low),
        // 6to4 holds the v4 address in its second and third group.
        [0x2002, high, low, ..] => {
            is_private_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
        }
        // Only 2000::/3 is given out; Teredo, documentation and benchmarks are within it.
        [0x2001, 0..=0x01ff | 0x0db8, ..] => true,
        _ => s[0] & 0xe000 != 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> HostRule {
        HostRule {
            hosts: vec!["factura.example".into(), "127.0.0.1:8411".into()],
            allow_private: vec!["127.0.0.1:8411".into()],
        }
    }

    fn judge(url: &str, what: Use<'_>) -> Result<(), String> {
        rule().judge(&url.parse().unwrap(), what)
    }

    #[test]
    fn only_the_portals_hosts_are_navigated_to() {
        for ok in [
            "https://factura.example/a",
            "http://127.0.0.1:8411/",
            "about:blank",
        ] {
            assert_eq!(judge(ok, Use::Top), Ok(()), "{ok}");
        }
        for bad in [
            "https://factura.example:8443/",
            "https://factura.example.evil.example/",
            "http://127.0.0.1:8412/",
            "http://2130706433/",
            "file:///etc/passwd",
            "data:text/html,x",
            "blob:https://factura.example/1",
            "chrome://version",
            "javascript:alert(1)",
        ] {
            assert!(judge(bad, Use::Top).is_err(), "{bad}");
        }
    }

    #[test]
    fn data_goes_to_the_portal_or_back_where_a_frame_came_from() {
        assert_eq!(judge("https://factura.example/x", Use::Post(None)), Ok(()));
        let evil = "https://evil.example/x";
        assert!(judge(evil, Use::Post(Some("https://factura.example"))).is_err());
        assert!(judge(evil, Use::Post(None)).is_err());
        assert!(judge(evil, Use::Post(Some("null"))).is_err());
        let captcha = "https://captcha.example/check";
        assert_eq!(
            judge(captcha, Use::Post(Some("https://captcha.example"))),
            Ok(())
        );
    }

    #[test]
    fn no_spelling_of_a_private_address_passes() {
        for bad in [
            "http://127.0.0.1/",
            "http://0x7f.1/",
            "http://2130706433/",
            "http://0/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/",
            "http://100.64.0.1/",
            "http://198.18.0.1/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a00:1]/",
            "http://[fc00::1]/",
            "http://[fe80::1]/",
            "http://[ff02::1]/",
            "http://[64:ff9b::a00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:db8::1]/",
            "http://[::7f00:1]/",
        ] {
            assert!(judge(bad, Use::Asset).is_err(), "{bad}");
        }
        for ok in [
            "http://8.8.8.8/",
            "http://[2606:4700::1111]/",
            "data:image/png,x",
            "http://127.0.0.1:8411/x.css",
        ] {
            assert_eq!(judge(ok, Use::Asset), Ok(()), "{ok}");
        }
    }

    #[tokio::test]
    async fn a_name_of_a_private_address_is_refused() {
        let url: Url = "http://localhost/".parse().unwrap();
        assert!(rule().judge_resolved(&url).await.is_err());
        let allowed = HostRule {
            hosts: vec![],
            allow_private: vec!["localhost".into()],
        };
        assert_eq!(allowed.judge_resolved(&url).await, Ok(()));
    }
}
