//! Follows what Chromium tells, and answers what can't wait: new tabs are made ready before they
//! run, requests are judged, message boxes are read and closed, pictures are acknowledged.

use super::cdp::Event;
use super::hosts::Use;
use super::state::{Page, Shared};
use super::{cast, downloads, world};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use url::Url;

/// Runs until the connection ends.
pub(super) async fn follow(shared: Arc<Shared>, mut events: mpsc::UnboundedReceiver<Event>) {
    while let Some(event) = events.recv().await {
        if on_event(&shared, &event) {
            shared.changed();
        }
    }
    shared.changed();
}

/// Whether the state may have changed.
fn on_event(shared: &Arc<Shared>, event: &Event) -> bool {
    let session = event.session.as_deref();
    let params = &event.params;
    match event.method.as_str() {
        "Target.attachedToTarget" => attached(shared, params),
        "Target.detachedFromTarget" => {
            let gone = params["sessionId"].as_str().unwrap_or_default();
            shared.state().pages.retain(|p| p.session != gone);
            cast::follow_active(shared);
        }
        "Inspector.targetCrashed" => {
            if let Some(page) = shared.state().page(session) {
                page.crashed = true;
            }
        }
        "Runtime.executionContextCreated" => context_created(shared, session, &params["context"]),
        "Runtime.executionContextDestroyed" => {
            if let Some(page) = shared.state().page(session)
                && page.world.as_deref() == params["executionContextUniqueId"].as_str()
            {
                page.world = None;
            }
        }
        "Runtime.executionContextsCleared" => {
            if let Some(page) = shared.state().page(session) {
                page.world = None;
            }
        }
        "Page.frameNavigated" => navigated(shared, session, &params["frame"]),
        "Page.navigatedWithinDocument" => {
            if let Some(page) = shared.state().page(session)
                && params["frameId"] == page.target.as_str()
                && let Some(url) = url_of(&params["url"])
            {
                page.url = url;
            }
        }
        "Page.javascriptDialogOpening" => {
            let text = params["message"].as_str().unwrap_or_default();
            shared.state().dialogs.push(text.to_owned());
            shared.post(
                session,
                "Page.handleJavaScriptDialog",
                json!({"accept": true}),
            );
        }
        "Page.screencastFrame" => {
            cast::on_frame(shared, session, params);
            return false;
        }
        "Fetch.requestPaused" => {
            paused(shared, session, &event.params);
            return false;
        }
        method if method.starts_with("Network.") => on_network(shared, session, method, params),
        method if method.starts_with("Browser.download") => {
            downloads::on_event(shared, method, params);
        }
        _ => return false,
    }
    true
}

/// A tab or a frame of another site has appeared and waits until it is made ready.
fn attached(shared: &Arc<Shared>, params: &Value) {
    let info = &params["targetInfo"];
    let Some(session) = params["sessionId"].as_str() else {
        return;
    };
    let post = |method, params| shared.post(Some(session), method, params);
    post(
        "Fetch.enable",
        json!({"patterns": [
            {"urlPattern": "*", "requestStage": "Request"},
            {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"},
        ]}),
    );
    if info["type"] == "page" {
        shared.state().pages.push(Page {
            session: session.to_owned(),
            target: info["targetId"].as_str().unwrap_or_default().to_owned(),
            world: None,
            ready: false,
            url: url_of(&info["url"]).unwrap_or_else(super::blank),
            status: None,
            coming: None,
            requests: std::collections::HashMap::new(),
            crashed: false,
        });
        for method in [
            "Inspector.enable",
            "Page.enable",
            "Runtime.enable",
            "Network.enable",
        ] {
            post(method, json!({}));
        }
        // On a connection that was used before, Chromium sends a request again by itself, a POST
        // too, when the portal hangs up without an answer: a second press of the final button. So
        // no connection is used twice.
        post(
            "Network.setExtraHTTPHeaders",
            json!({"headers": {"Connection": "close"}}),
        );
        post(
            "Emulation.setFocusEmulationEnabled",
            json!({"enabled": true}),
        );
        post(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({
                "source": world::SCRIPT, "worldName": world::NAME, "runImmediately": true,
            }),
        );
    }
    post("Target.setAutoAttach", attach_all());
    post("Runtime.runIfWaitingForDebugger", json!({}));
}

/// Attach to tabs and to frames of other sites, before they run.
pub(super) fn attach_all() -> Value {
    json!({"autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true, "filter": [
        {"type": "page"}, {"type": "iframe"}, {"exclude": true},
    ]})
}

fn context_created(shared: &Arc<Shared>, session: Option<&str>, context: &Value) {
    let mut state = shared.state();
    let Some(page) = state.page(session) else {
        return;
    };
    if context["name"] == world::NAME && context["auxData"]["frameId"] == page.target.as_str() {
        page.world = context["uniqueId"].as_str().map(str::to_owned);
        let first = !page.ready;
        page.ready = true;
        drop(state);
        if first {
            cast::follow_active(shared);
        }
    }
}

/// A document has come into a frame.
fn navigated(shared: &Arc<Shared>, session: Option<&str>, frame: &Value) {
    if frame["parentId"].is_string() {
        return;
    }
    let mut state = shared.state();
    let begun = state.begun;
    let Some(page) = state.page(session) else {
        return;
    };
    let Some(url) = url_of(&frame["url"]) else {
        return;
    };
    page.requests.clear();
    if page.coming.as_deref() != frame["loaderId"].as_str() {
        page.coming = None;
    }
    // A page that could not be loaded; what it was for was judged before.
    if url.scheme() == "chrome-error" {
        page.coming = None;
        return;
    }
    page.url = url.clone();
    if !begun {
        return;
    }
    // Whatever way it came: the page is left at once.
    if let Err(why) = shared.rule.judge(&url, Use::Top) {
        let host = url.host_str().unwrap_or(url.scheme()).to_owned();
        state.refused = Some((host, why));
        drop(state);
        shared.post(session, "Page.navigate", json!({"url": "about:blank"}));
    }
}

fn on_network(shared: &Arc<Shared>, session: Option<&str>, method: &str, params: &Value) {
    let mut state = shared.state();
    let Some(page) = state.page(session) else {
        return;
    };
    let Some(id) = params["requestId"].as_str() else {
        return;
    };
    let is_document = params["type"] == "Document" && params["frameId"] == page.target.as_str();
    match method {
        "Network.requestWillBeSent" => {
            // Streams that never end say nothing about a page being busy.
            if params["type"] != "EventSource" && params["type"] != "Ping" {
                page.requests.insert(id.to_owned(), Instant::now());
            }
            if is_document {
                page.coming = Some(id.to_owned());
            }
        }
        "Network.responseReceived" if is_document => {
            page.status = params["response"]["status"]
                .as_u64()
                .and_then(|s| s.try_into().ok());
        }
        "Network.loadingFinished" | "Network.loadingFailed" => {
            page.requests.remove(id);
            if page.coming.as_deref() == Some(id) {
                page.coming = None;
            }
        }
        _ => {}
    }
}

/// A request waits for our judgement.
fn paused(shared: &Arc<Shared>, session: Option<&str>, params: &Value) {
    let shared = Arc::clone(shared);
    let session = session.map(str::to_owned);
    let params = params.clone();
    let is_top = {
        let mut state = shared.state();
        let page = state.page(session.as_deref());
        params["resourceType"] == "Document"
            && page.is_some_and(|p| params["frameId"] == p.target.as_str())
    };
    if params["responseStatusCode"].is_u64() || params["responseErrorReason"].is_string() {
        let (method, params) = downloads::response(&params, is_top);
        shared.post(session.as_deref(), method, params);
        return;
    }
    // Names are looked up, so this may take a while.
    tokio::spawn(async move {
        let id = &params["requestId"];
        let Err((host, why)) = judge(&shared, &params["request"], is_top).await else {
            shared.post(
                session.as_deref(),
                "Fetch.continueRequest",
                json!({"requestId": id}),
            );
            return;
        };
        tracing::warn!(%host, %why, is_top, "a request of a page was refused");
        if is_top {
            shared.state().refused = Some((host, why));
            shared.changed();
        }
        let refusal = json!({"requestId": id, "errorReason": "BlockedByClient"});
        shared.post(session.as_deref(), "Fetch.failRequest", refusal);
    });
}

async fn judge(shared: &Shared, request: &Value, is_top: bool) -> Result<(), (String, String)> {
    let Some(url) = url_of(&request["url"]) else {
        return Err((String::new(), "its address can't be read".to_owned()));
    };
    let origin = || {
        let headers = request["headers"].as_object()?;
        let origin = headers
            .iter()
            .find(|(k, _)| k.eq_ignore_ascii_case("origin"))?;
        origin.1.as_str()
    };
    let what = match request["method"].as_str() {
        _ if is_top => Use::Top,
        Some("GET" | "HEAD" | "OPTIONS") => Use::Asset,
        _ => Use::Post(origin()),
    };
    let judged = match shared.rule.judge(&url, what) {
        Ok(()) => shared.rule.judge_resolved(&url).await,
        refused => refused,
    };
    judged.map_err(|why| (url.host_str().unwrap_or(url.scheme()).to_owned(), why))
}

fn url_of(value: &Value) -> Option<Url> {
    value.as_str()?.parse().ok()
}
