//! The wizard's sessions: in memory, by a random cookie, forgotten after a quarter of an hour.

use std::collections::HashMap;

use axum::http::{HeaderMap, header};
use chrono::{DateTime, TimeDelta, Utc};

use crate::{clock, fiscal::Receptor, ticket::Typed};

/// Name of the cookie.
pub(super) const COOKIE: &str = "faro_visita";

/// One visit.
#[derive(Debug, Clone, Default)]
pub(super) struct Visit {
    /// Id of the image that is shown now.
    pub captcha: Option<String>,
    /// The sale, once found.
    pub sale: Option<Typed>,
    /// The buyer, once checked.
    pub buyer: Option<Receptor>,
    /// Token of the invoice.
    pub invoice: Option<String>,
    used_at: DateTime<Utc>,
}

/// The visits, by the cookie's value.
#[derive(Default)]
pub(crate) struct Sessions(HashMap<String, Visit>);

impl Sessions {
    /// Opens a visit and returns its cookie's value; forgets the old ones.
    pub(super) fn open(&mut self) -> String {
        let now = clock::now();
        self.0
            .retain(|_, visit| now - visit.used_at < TimeDelta::minutes(15));
        let id = clock::random_id();
        self.0.insert(
            id.clone(),
            Visit {
                used_at: now,
                ..Visit::default()
            },
        );
        id
    }

    /// The visit of a request, if it is still known.
    pub(super) fn of(&mut self, headers: &HeaderMap) -> Option<&mut Visit> {
        let cookies = headers.get(header::COOKIE)?.to_str().ok()?;
        let id = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then_some(value))?;
        let now = clock::now();
        let visit = self.0.get_mut(id)?;
        if now - visit.used_at >= TimeDelta::minutes(15) {
            return None;
        }
        visit.used_at = now;
        Some(visit)
    }
}
