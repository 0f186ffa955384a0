//! How many sockets one user has open at this node. Each holds pictures and looks after its session,
//! so they may not grow with how often one may ask.

use crate::errors::ApiResult;
use axum::http::StatusCode;
use domain::UserId;
use kit::problem::Refusal;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const RETRY_AFTER_S: u32 = 10;

/// The open sockets of every user who has some.
#[derive(Clone)]
pub struct Sockets {
    most: usize,
    open: Arc<Mutex<HashMap<UserId, usize>>>,
}

/// One open socket; it counts until it is dropped.
pub struct Slot {
    sockets: Sockets,
    user: UserId,
}

impl Sockets {
    /// At most so many of one user.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            open: Arc::default(),
        }
    }

    /// Counts one more.
    ///
    /// # Errors
    /// 429 `too-many-sockets`.
    pub fn admit(&self, user: UserId) -> ApiResult<Slot> {
        let mut open = self.open();
        let open = open.entry(user).or_default();
        if *open >= self.most {
            return Err(refusal().into());
        }
        *open += 1;
        Ok(Slot {
            sockets: self.clone(),
            user,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<UserId, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Entry::Occupied(mut open) = self.sockets.open().entry(self.user) {
            *open.get_mut() -= 1;
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

fn refusal() -> Refusal {
    let mut refusal = Refusal::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too-many-sockets",
        "Tienes demasiadas tareas abiertas a la vez",
    )
    .detail("Cierra algunas ventanas y vuelve a intentarlo.");
    refusal.retry_after_s = Some(RETRY_AFTER_S);
    refusal
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_closed_socket_makes_room_and_nobody_is_kept_in_mind() {
        let sockets = Sockets::new(2);
        let [ana, demo] = [1, 2].map(|n| UserId(uuid::Uuid::from_u128(n)));
        let first = sockets.admit(ana).ok().unwrap();
        let second = sockets.admit(ana).ok().unwrap();
        assert!(sockets.admit(ana).is_err());
        assert!(sockets.admit(demo).is_ok(), "others are not meant");
        drop(first);
        let third = sockets.admit(ana).ok().unwrap();
        assert!(sockets.admit(ana).is_err());
        drop((second, third));
        assert!(sockets.open().is_empty());
    }
}
