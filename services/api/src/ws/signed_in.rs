//! Whether what let a viewer in still holds.

use crate::auth::Via;
use crate::state::AppState;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval, timeout};

const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Waits until token or session has ended. An open socket counts as use of the session.
///
/// Not one of the things the socket does in turn: a viewer that takes nothing may hold those up.
pub async fn ended(state: AppState, via: Via) {
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        look.tick().await;
        let now = state.bus.now();
        let over = match &via {
            Via::Token { expires_at_s } => now.timestamp() >= *expires_at_s,
            Via::Session(session) if now >= session.expires_at => true,
            Via::Session(session) => {
                let found = timeout(LOOK_EVERY, state.sessions.find(&session.secret)).await;
                // While the database is away nobody can end a session either.
                matches!(found, Ok(Ok(None)))
            }
        };
        if over {
            return;
        }
    }
}
