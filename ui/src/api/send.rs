//! One request, repeated while the read model is behind.

use super::{Answer, ApiError, request};
use gloo_net::http::{Method, Response};
use gloo_timers::future::sleep;
use schemas::Problem;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::time::Duration;
use web_sys::FormData;
use yew::Callback;

/// How often a read model that is behind is asked again.
const REPEATS: u32 = 3;

thread_local! {
    static SIGNED_OUT: RefCell<Option<Callback<()>>> = const { RefCell::new(None) };
    static LINK: RefCell<Option<Callback<bool>>> = const { RefCell::new(None) };
}

/// What happens when the server says that nobody is signed in.
pub fn on_signed_out(callback: Callback<()>) {
    SIGNED_OUT.set(Some(callback));
}

/// Who is told after each call whether the server answered.
pub fn on_link(callback: Callback<bool>) {
    LINK.set(Some(callback));
}

/// Asks whether the server is there, and tells who listens.
pub async fn probe() {
    let answer = gloo_net::http::Request::get("/healthz").send().await;
    tell_link(answer.is_ok_and(|a| a.ok()));
}

fn tell_link(up: bool) {
    if let Some(callback) = LINK.with_borrow(Clone::clone) {
        callback.emit(up);
    }
}

/// A request's body.
pub enum Body {
    None,
    Json(String),
    Form(FormData),
}

impl Body {
    pub fn json(body: &impl Serialize) -> Self {
        // What the page sends are plain structs; the server refuses an empty body by name.
        Self::Json(serde_json::to_string(body).unwrap_or_default())
    }
}

/// Sends, and reads the answer.
pub async fn send<T: DeserializeOwned>(
    method: Method,
    path: &str,
    body: Body,
    key: Option<&str>,
) -> Answer<T> {
    let mut tries = 0;
    loop {
        let response = once(method.clone(), path, &body, key).await?;
        let error = match read(response).await {
            Ok(text) => return parse(&text),
            Err(error) => error,
        };
        match error {
            ApiError::Behind { retry_after } if tries < REPEATS => {
                tries += 1;
                sleep(Duration::from_secs(u64::from(retry_after.clamp(1, 5)))).await;
            }
            ApiError::SignedOut => {
                if let Some(callback) = SIGNED_OUT.with_borrow(Clone::clone) {
                    callback.emit(());
                }
                return Err(ApiError::SignedOut);
            }
            error => return Err(error),
        }
    }
}

async fn once(method: Method, path: &str, body: &Body, key: Option<&str>) -> Answer<Response> {
    let request = request(method, path, key);
    let request = match body {
        Body::None => request.build(),
        Body::Json(text) => request
            .header("Content-Type", "application/json")
            .body(text.as_str()),
        Body::Form(form) => request.body(form),
    };
    let request = request.map_err(|_| ApiError::Network)?;
    let answer = request.send().await;
    tell_link(answer.is_ok());
    answer.map_err(|_| ApiError::Network)
}

async fn read(response: Response) -> Answer<String> {
    let status = response.status();
    let retry_after = response.headers().get("retry-after");
    let text = response.text().await.map_err(|_| ApiError::Network)?;
    match status {
        200..300 => Ok(text),
        _ => Err(refusal(status, retry_after.as_deref(), &text)),
    }
}

/// What a status and a body amount to.
fn refusal(status: u16, retry_after: Option<&str>, text: &str) -> ApiError {
    let problem = serde_json::from_str::<Problem>(text).ok();
    match (status, problem) {
        (401, _) => ApiError::SignedOut,
        (503, Some(problem)) if problem.code() == "projection-behind" => ApiError::Behind {
            retry_after: retry_after.and_then(|s| s.parse().ok()).unwrap_or(1),
        },
        (_, Some(problem)) => ApiError::Problem(Box::new(problem)),
        (status, None) => ApiError::of_status(status),
    }
}

/// An empty answer reads as `null`, so that `()` takes it.
fn parse<T: DeserializeOwned>(text: &str) -> Answer<T> {
    let text = if text.trim().is_empty() { "null" } else { text };
    serde_json::from_str(text).map_err(|_| ApiError::of_status(200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_401_is_the_sessions_end_whatever_it_says() {
        assert_eq!(refusal(401, None, "{}"), ApiError::SignedOut);
    }

    #[test]
    fn only_a_read_model_behind_is_worth_repeating() {
        let body = serde_json::to_string(&Problem::new(503, "projection-behind", "x"));
        let behind = refusal(503, Some("2"), &body.unwrap());
        assert_eq!(behind, ApiError::Behind { retry_after: 2 });
        let body = serde_json::to_string(&Problem::new(503, "unavailable", "x")).unwrap();
        assert_eq!(refusal(503, Some("2"), &body).code(), Some("unavailable"));
        assert_eq!(refusal(502, None, "<html>").code(), Some("unreadable"));
    }

    #[test]
    fn nothing_reads_as_nothing() {
        assert_eq!(parse::<()>(" "), Ok(()));
        assert_eq!(parse::<u8>("7"), Ok(7));
        assert!(parse::<u8>("x").is_err());
    }
}
