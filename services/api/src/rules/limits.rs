//! How often one may ask: of one address, of one user, and for signing in.

use super::peer::{ClientAddress, Peer, Proxies};
use super::sockets::Sockets;
use crate::errors::ApiResult;
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use domain::UserId;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use kit::config::{Api, Rate};
use kit::problem::Refusal;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FORGET_EVERY: Duration = Duration::from_secs(60);

/// The counters of this process.
pub struct Limits {
    user: DefaultKeyedRateLimiter<UserId>,
    address: DefaultKeyedRateLimiter<IpAddr>,
    sign_in: DefaultKeyedRateLimiter<IpAddr>,
    pub sockets: Sockets,
    proxies: Proxies,
}

impl Limits {
    /// As configured.
    pub fn new(api: &Api) -> Self {
        Self {
            user: RateLimiter::keyed(quota(api.limits.user)),
            address: RateLimiter::keyed(quota(api.limits.address)),
            sign_in: RateLimiter::keyed(quota(api.limits.sign_in)),
            sockets: Sockets::new(api.limits.sockets),
            proxies: Proxies(api.trusted_proxies.clone()),
        }
    }

    /// Counts a request of that user.
    ///
    /// # Errors
    /// 429 `too-many-requests`.
    pub fn admit_user(&self, user: UserId) -> ApiResult<()> {
        admit(&self.user, &user)
    }

    /// Counts a sign-in from that address.
    ///
    /// # Errors
    /// 429 `too-many-requests`.
    pub fn admit_sign_in(&self, address: ClientAddress) -> ApiResult<()> {
        admit(&self.sign_in, &network(address))
    }

    /// Forgets, now and then, who has been quiet long enough to count as new; until `stop`.
    pub async fn keep_small(state: AppState, stop: CancellationToken) {
        let pause = || tokio::time::sleep(FORGET_EVERY);
        while stop.run_until_cancelled(pause()).await.is_some() {
            state.limits.user.retain_recent();
            for limiter in [&state.limits.address, &state.limits.sign_in] {
                limiter.retain_recent();
            }
        }
    }
}

/// Counts every request by the address it comes from, and remembers the address with it.
pub async fn per_address(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>().copied();
    let peer = peer.unwrap_or(Peer(Ipv4Addr::UNSPECIFIED.into()));
    let address = state.limits.proxies.client(peer, request.headers());
    if let Err(refusal) = admit(&state.limits.address, &network(address)) {
        return refusal.into_response();
    }
    request.extensions_mut().insert(address);
    next.run(request).await
}

fn quota(rate: Rate) -> Quota {
    Quota::per_second(rate.per_second).allow_burst(rate.burst)
}

fn admit<K: Hash + Eq + Clone>(limiter: &DefaultKeyedRateLimiter<K>, key: &K) -> ApiResult<()> {
    limiter.check_key(key).map_err(|until| {
        let wait = until.wait_time_from(DefaultClock::default().now());
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        let mut refusal = Refusal::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-requests",
            "Son demasiadas solicitudes",
        )
        .detail("Espera un momento y vuelve a intentarlo.");
        refusal.retry_after_s = Some(u32::try_from(seconds.max(1)).unwrap_or(u32::MAX));
        refusal.into()
    })
}

/// Whoever has one IPv6 address has its whole /64.
fn network(ClientAddress(address): ClientAddress) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn one_too_many_is_told_how_long_to_wait() {
        let limiter = RateLimiter::keyed(quota(Rate::of(1, 3)));
        for _ in 0..3 {
            assert!(admit(&limiter, &"ana").is_ok());
        }
        let refusal = admit(&limiter, &"ana").unwrap_err().0;
        assert_eq!(refusal.problem.status, 429);
        assert_eq!(refusal.retry_after_s, Some(1));
        assert!(admit(&limiter, &"demo").is_ok(), "others are not meant");
    }

    #[test]
    fn neighbours_in_one_ipv6_network_count_as_one() {
        let of = |text: &str| network(ClientAddress(text.parse().unwrap()));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
    }
}
