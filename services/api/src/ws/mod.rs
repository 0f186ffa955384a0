//! `/ws/{task_id}?after=<sequence>`: what was missed, then events as they come, live pictures, and
//! the human's input on its way to the browser.

mod control;
mod session;
mod signed_in;

use crate::auth::{Caller, Via};
use crate::errors::{ApiResult, erased, not_found};
use crate::extract::{Param, Query};
use crate::rules::cross_site;
use crate::state::AppState;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::TaskId;
use domain::task::Task;
use kit::problem::Refusal;
use serde::Deserialize;

const MESSAGE_LIMIT_BYTES: usize = 64 * 1024;

/// Query of the socket.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Watch {
    /// The last sequence the client has; 0 or absent: from the beginning.
    #[serde(default)]
    after: u64,
    /// Whether live pictures are wanted.
    #[serde(default = "yes")]
    live: bool,
}

fn yes() -> bool {
    true
}

/// Opens the socket of a task the caller owns.
///
/// # Errors
/// 403 for an origin that isn't the page's, 404 for a task that does not exist or is somebody
/// else's, 410 when its profile was erased, 429 when the user has too many open, 503 while the log can't be read, and what is wrong
/// with a request that opens no socket.
pub async fn open(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    Param(task): Param<TaskId>,
    Query(watch): Query<Watch>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> ApiResult<Response> {
    let with_cookie = matches!(caller.via, Via::Session(_));
    cross_site::check_socket(&headers, &state.origin, with_cookie)?;
    let upgrade = upgrade.map_err(|rejection| no_socket(&rejection))?;
    let loaded = state
        .bus
        .load::<Task>(&task.to_string())
        .await?
        .filter(|loaded| loaded.state.owner() == Some(caller.user))
        .ok_or_else(not_found)?;
    if loaded
        .state
        .profile()
        .is_some_and(|id| caller.erased.covers(id))
    {
        return Err(erased());
    }
    let slot = state.limits.sockets.admit(caller.user)?;
    let after = watch.after.min(loaded.sequence);
    let open = state.sockets.clone();
    let session = session::Session::new(state, caller, task, after, watch.live);
    let serve = async move |socket| {
        session.run(socket).await;
        drop(slot);
    };
    Ok(upgrade
        .max_message_size(MESSAGE_LIMIT_BYTES)
        .max_frame_size(MESSAGE_LIMIT_BYTES)
        .on_upgrade(move |socket| open.track_future(serve(socket))))
}

fn no_socket(rejection: &WebSocketUpgradeRejection) -> Refusal {
    Refusal::new(
        rejection.status(),
        "websocket-expected",
        "Aquí sólo se abren WebSockets",
    )
    .detail(rejection.body_text())
}
