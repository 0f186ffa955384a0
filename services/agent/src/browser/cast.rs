//! The live picture.
//!
//! Chromium casts only while somebody watches. Each picture is acknowledged at once, or the stream
//! stops after four; only the newest is kept. A page at rest sends none, so a picture is taken when
//! the cast starts and when another tab comes to the front.

use super::cdp::Call;
use super::state::Shared;
use super::{Browser, BrowserError, By, Element};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use chrono::Utc;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

/// One live picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Grows with each picture of the session.
    pub number: u64,
    /// Unix time in milliseconds when it was taken.
    pub at_ms: u64,
    /// CSS pixels of the viewport; input coordinates are in these.
    pub width: f64,
    pub height: f64,
    pub jpeg: Bytes,
}

pub(super) fn on_frame(shared: &Shared, session: Option<&str>, params: &Value) {
    let ack = json!({"sessionId": params["sessionId"]});
    shared.post(session, "Page.screencastFrameAck", ack);
    if shared.state().cast_from.as_deref() != session {
        return;
    }
    let Some(jpeg) = decode(&params["data"]) else {
        return;
    };
    let metadata = &params["metadata"];
    let at_ms = metadata["timestamp"].as_f64().map(|s| (s * 1000.0) as u64);
    let width = metadata["deviceWidth"].as_f64().unwrap_or(0.0);
    let height = metadata["deviceHeight"].as_f64().unwrap_or(0.0);
    publish(shared, at_ms.unwrap_or_else(now_ms), (width, height), jpeg);
}

/// Lets the cast follow the tab that is acted on: the new one starts before the old one stops.
pub(super) fn follow_active(shared: &Arc<Shared>) {
    let (wanted, old) = {
        let mut state = shared.state();
        let wanted = state
            .casting
            .then(|| state.active().map(|p| p.session.clone()))
            .flatten();
        if wanted == state.cast_from {
            return;
        }
        (
            wanted.clone(),
            std::mem::replace(&mut state.cast_from, wanted),
        )
    };
    if let Some(session) = &wanted {
        let params = json!({
            "format": "jpeg", "quality": 60, "maxWidth": 1280, "maxHeight": 800, "everyNthFrame": 2,
        });
        shared.post(Some(session), "Page.startScreencast", params);
        let (shared, session) = (Arc::clone(shared), session.clone());
        tokio::spawn(async move {
            if let Err(error) = picture_now(&shared, &session).await {
                tracing::debug!(%error, "no first picture");
            }
        });
    }
    if let Some(session) = &old {
        shared.post(Some(session), "Page.stopScreencast", json!({}));
    }
}

/// Takes a picture and publishes it as a frame.
async fn picture_now(shared: &Shared, session: &str) -> Result<(), BrowserError> {
    let call = |method| Call::new(Some(session), method, By::Passive);
    let layout = shared
        .cdp
        .call(call("Page.getLayoutMetrics"), json!({}))
        .await;
    let layout = layout.map_err(|f| f.into_error("the size of the page"))?;
    let viewport = &layout["cssLayoutViewport"];
    let size = |key: &str| viewport[key].as_f64().unwrap_or(0.0);
    let at_ms = now_ms();
    let params = json!({"format": "jpeg", "quality": 60});
    let shot = shared
        .cdp
        .call(call("Page.captureScreenshot"), params)
        .await;
    let shot = shot.map_err(|f| f.into_error("a picture"))?;
    if let Some(jpeg) = decode(&shot["data"]) {
        publish(
            shared,
            at_ms,
            (size("clientWidth"), size("clientHeight")),
            jpeg,
        );
    }
    Ok(())
}

fn publish(shared: &Shared, at_ms: u64, (width, height): (f64, f64), jpeg: Bytes) {
    let number = {
        let mut state = shared.state();
        state.frames += 1;
        state.frames
    };
    let frame = Frame {
        number,
        at_ms,
        width,
        height,
        jpeg,
    };
    shared.frames.send_replace(Some(Arc::new(frame)));
}

fn decode(data: &Value) -> Option<Bytes> {
    STANDARD.decode(data.as_str()?).ok().map(Bytes::from)
}

fn now_ms() -> u64 {
    u64::try_from(Utc::now().timestamp_millis()).unwrap_or_default()
}

impl Browser {
    /// The newest live picture; `None` before the first.
    pub fn cast(&self) -> watch::Receiver<Option<Arc<Frame>>> {
        self.shared.frames.subscribe()
    }

    /// Starts casting and publishes a picture before it returns. Call it again for each viewer who
    /// joins: the page may be at rest.
    ///
    /// # Errors
    /// A browser that is lost or silent.
    pub async fn start_cast(&self) -> Result<(), BrowserError> {
        let already = {
            let mut state = self.shared.state();
            std::mem::replace(&mut state.casting, true)
        };
        if !already {
            let mut frames = self.cast();
            frames.mark_unchanged();
            follow_active(&self.shared);
            let first = frames.changed();
            let got = tokio::time::timeout(super::REPLY, first).await;
            return got.map(|_| ()).map_err(|_| BrowserError::Timeout {
                what: "the first picture".to_owned(),
            });
        }
        let session = self.shared.state().cast_from.clone();
        match session {
            Some(session) => picture_now(&self.shared, &session).await,
            None => Ok(()),
        }
    }

    /// Stops casting.
    ///
    /// # Errors
    /// None at present; a lost browser casts nothing.
    pub async fn stop_cast(&self) -> Result<(), BrowserError> {
        self.shared.state().casting = false;
        follow_active(&self.shared);
        Ok(())
    }

    /// The page as it looks, JPEG.
    ///
    /// # Errors
    /// A browser that is lost or silent.
    pub async fn picture(&self) -> Result<Vec<u8>, BrowserError> {
        self.shot(json!({"format": "jpeg", "quality": 70})).await
    }

    /// One element as it looks, PNG; scrolls it into view.
    ///
    /// # Errors
    /// As for an action: the element must be visible.
    pub async fn picture_of(&self, element: &Element) -> Result<Vec<u8>, BrowserError> {
        let (_, spot) = self.ready(element, "see").await?;
        let clip = json!({
            "x": spot.left + spot.scroll_x, "y": spot.top + spot.scroll_y,
            "width": spot.width, "height": spot.height, "scale": 1,
        });
        self.shot(json!({"format": "png", "clip": clip})).await
    }

    async fn shot(&self, params: Value) -> Result<Vec<u8>, BrowserError> {
        let session = self.session()?;
        let call = Call::new(Some(&session), "Page.captureScreenshot", By::Passive);
        let shot = self.shared.cdp.call(call, params).await;
        let shot = shot.map_err(|f| f.into_error("a picture"))?;
        decode(&shot["data"])
            .map(Vec::from)
            .ok_or_else(|| BrowserError::Unexpected("a picture without bytes".to_owned()))
    }
}
