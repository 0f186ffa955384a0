//! All routes, in one place.

use crate::page;
use crate::routes::{auth, credentials, health, inbox, portals, profiles, ready, schemas, tasks};
use crate::rules;
use crate::state::AppState;
use crate::ws;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{delete, get, post, put};
use kit::problem::Refusal;
use tower_http::set_header::SetResponseHeaderLayer;

/// Everything the api answers. Foreign origins get no CORS header, so browsers keep them out;
/// tokens travel in `Authorization`, which no other site can make a browser send, and cookies count
/// by the rules of `rules::cross_site`.
pub fn router(state: AppState) -> Router {
    let https = state.origin.starts_with("https:");
    let router = Router::new()
        .route("/healthz", get(health::health))
        .route("/readyz", get(ready::ready))
        .route("/ws/{task_id}", get(ws::open))
        .nest("/api/v1", api())
        .fallback(page::fallback)
        .method_not_allowed_fallback(wrong_method)
        // The extractors have limits of their own.
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(state.clone(), rules::per_address))
        .with_state(state);
    with_headers(router, https)
}

fn api() -> Router<AppState> {
    Router::new()
        .nest("/auth", sign_in())
        .route("/credentials", get(credentials::list::list))
        .route(
            "/credentials/{portal}",
            put(credentials::store::store).delete(credentials::revoke::revoke),
        )
        .route("/inbox", get(inbox::inbox))
        .route("/portals", get(portals::list::list))
        .route("/portals/{portal}", get(portals::get::get))
        .route(
            "/profiles",
            get(profiles::list::list).post(profiles::create::create),
        )
        .route("/profiles/validate", post(profiles::validate::validate))
        .route("/profiles/find", post(profiles::find::find))
        .route(
            "/profiles/{profile_id}",
            get(profiles::get::get)
                .put(profiles::update::update)
                .delete(profiles::retire::retire),
        )
        .route("/schemas", get(schemas::list::list))
        .route("/schemas/{name}", get(schemas::get::get))
        .route("/tasks", get(tasks::list::list).post(tasks::create::create))
        .route("/tasks/validate", post(tasks::validate::validate))
        .route(
            "/tasks/{task_id}",
            get(tasks::get::get).patch(tasks::amend::amend),
        )
        .nest("/tasks/{task_id}", task())
}

/// Signing in and out by browser.
fn sign_in() -> Router<AppState> {
    Router::new()
        .route("/login", get(auth::login::login))
        .route("/callback", get(auth::callback::callback))
        .route("/logout", post(auth::logout::logout))
        .route("/me", get(auth::me::me))
        .route("/sessions", get(auth::sessions::sessions))
        .route("/sessions/{session_id}", delete(auth::revoke::revoke))
}

/// What one can ask of a task.
fn task() -> Router<AppState> {
    Router::new()
        .route("/ticket", get(tasks::ticket::ticket))
        .route("/steps", get(tasks::steps::steps))
        .route("/events", get(tasks::events::events))
        .route("/pause", post(tasks::pause::pause))
        .route("/resume", post(tasks::resume::resume))
        .route("/cancel", post(tasks::cancel::cancel))
        .route("/retry", post(tasks::retry::retry))
        .route("/archive", post(tasks::archive::archive))
        .route("/take-control", post(tasks::take_control::take_control))
        .route(
            "/return-control",
            post(tasks::return_control::return_control),
        )
        .route(
            "/interventions/{intervention_id}/answer",
            post(tasks::answer::answer),
        )
        .route(
            "/interventions/{intervention_id}/decline",
            post(tasks::decline::decline),
        )
        .route("/artifacts", post(tasks::upload::upload))
        .route("/artifacts/{artifact_id}", get(tasks::artifact::artifact))
}

async fn wrong_method() -> Refusal {
    Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "Esa dirección no admite ese método",
    )
}

fn with_headers(router: Router, https: bool) -> Router {
    let mut headers = vec![
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            header::CONTENT_SECURITY_POLICY,
            page::CONTENT_SECURITY_POLICY,
        ),
    ];
    if https {
        let a_year = "max-age=31536000";
        headers.push((header::STRICT_TRANSPORT_SECURITY, a_year));
    }
    // Only the page's files and the schemas may be kept.
    let no_store = HeaderValue::from_static("no-store");
    let router =
        router
            .layer(map_response(challenge))
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CACHE_CONTROL,
                no_store,
            ));
    headers.into_iter().fold(router, |router, (name, value)| {
        let value = HeaderValue::from_static(value);
        router.layer(SetResponseHeaderLayer::overriding(name, value))
    })
}

/// A 401 says how to come in (RFC 6750, section 3).
async fn challenge(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let bearer = HeaderValue::from_static("Bearer");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, bearer);
    }
    response
}
