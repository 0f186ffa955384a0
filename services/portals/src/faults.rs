//! Misbehaviour on order: each fault waits for the next requests it fits and is used up by them.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use crate::{Shared, cfdi::Twist, serve::DropConnection, ticket::PortalId};

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum FaultKind {
    /// Any page answers 502.
    #[serde(rename = "error_502")]
    Error502,
    /// Any page comes `ms` late.
    SlowMs,
    /// The final button's request is carried out, then the connection is cut.
    DropAfterPost,
    /// The connection is cut before the final button's request is carried out.
    DropBeforePost,
    /// The session is forgotten (wizard).
    SessionExpired,
    /// The page opens a JavaScript `alert()`.
    AlertBox,
    /// The page's ids, names and labels are others.
    ChangedForm,
    /// The invoice is made out to somebody else.
    OtherRfc,
    /// The invoice's total is ten pesos more.
    OtherTotal,
    /// The XML's (or ZIP's) download is an HTML page.
    BrokenXml,
    /// The PDF's download answers 404; the ZIP comes without one.
    NoPdf,
}

/// A fault on order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fault {
    pub portal: PortalId,
    pub kind: FaultKind,
    /// How many requests it spoils.
    #[serde(default = "once")]
    pub times: u32,
    /// Delay of `slow_ms`.
    #[serde(default)]
    pub ms: u64,
    /// Only requests whose path begins so.
    #[serde(default)]
    pub path: Option<String>,
}

fn once() -> u32 {
    1
}

/// The faults on order.
#[derive(Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn order(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    pub(crate) fn all(&self) -> &[Fault] {
        &self.0
    }

    /// Uses up one of the first fault of this kind that fits.
    pub(crate) fn take(&mut self, portal: PortalId, kind: FaultKind, path: &str) -> Option<Fault> {
        let fits = |fault: &Fault| {
            fault.portal == portal
                && fault.kind == kind
                && fault
                    .path
                    .as_deref()
                    .is_none_or(|prefix| path.starts_with(prefix))
        };
        let index = self.0.iter().position(fits)?;
        let fault = self.0[index].clone();
        self.0[index].times = fault.times.saturating_sub(1);
        self.0.retain(|fault| fault.times > 0);
        Some(fault)
    }

    /// How the next invoice is to differ.
    pub(crate) fn twist(&mut self, portal: PortalId) -> Option<Twist> {
        if self.take(portal, FaultKind::OtherRfc, "").is_some() {
            return Some(Twist::OtherRfc);
        }
        self.take(portal, FaultKind::OtherTotal, "")
            .map(|_| Twist::OtherTotal)
    }
}

/// What the middleware needs to know of a portal.
#[derive(Clone)]
pub(crate) struct Site {
    pub shared: Arc<Shared>,
    pub portal: PortalId,
    /// Path that the final button posts to.
    pub final_path: &'static str,
    /// (old, new) texts of the changed form.
    pub changes: &'static [(&'static str, &'static str)],
}

/// Put before ids and names of a changed form; portals accept both.
pub(crate) const CHANGED: &str = "nvo-";

/// Spoils what is on order to be spoilt.
pub(crate) async fn spoil(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if path.starts_with("/captcha/") || path.contains('.') {
        return next.run(request).await;
    }
    let take = |kind| site.shared.faults().take(site.portal, kind, &path);
    if let Some(slow) = take(FaultKind::SlowMs) {
        tokio::time::sleep(Duration::from_millis(slow.ms)).await;
    }
    if take(FaultKind::Error502).is_some() {
        return (StatusCode::BAD_GATEWAY, "502 Bad Gateway").into_response();
    }
    if take(FaultKind::SessionExpired).is_some() {
        request.headers_mut().remove(header::COOKIE);
    }
    let is_final = request.method() == Method::POST && path == site.final_path;
    if is_final && take(FaultKind::DropBeforePost).is_some() {
        return cut();
    }
    let response = next.run(request).await;
    if is_final && take(FaultKind::DropAfterPost).is_some() {
        return cut();
    }
    if !is_page(&response) {
        return response;
    }
    let alert = take(FaultKind::AlertBox).is_some();
    let changed = take(FaultKind::ChangedForm).is_some();
    if alert || changed {
        rewrite(&site, response, alert, changed).await
    } else {
        response
    }
}

fn cut() -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(DropConnection);
    response
}

fn is_page(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

async fn rewrite(site: &Site, response: Response, alert: bool, changed: bool) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, 4 << 20).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut page = String::from_utf8_lossy(&bytes).into_owned();
    if changed {
        for attribute in ["id", "name", "for"] {
            let (old, new) = (
                format!(" {attribute}=\""),
                format!(" {attribute}=\"{CHANGED}"),
            );
            page = page.replace(&old, &new);
        }
        // The viewport's meta name is not part of the form.
        page = page.replace(&format!("<meta name=\"{CHANGED}"), "<meta name=\"");
        for (old, new) in site.changes {
            page = page.replace(old, new);
        }
    }
    if alert {
        let script = "<script>alert('Aviso: hoy cerramos a las 20 horas.');</script></body>";
        page = page.replace("</body>", script);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(page))
}
