//! The live picture of a run's browser: cast while somebody watches, the newest frame only.

use crate::browser::{Browser, Frame};
use domain::TaskId;
use futures::StreamExt as _;
use kit::live::{LiveDemand, LiveReady, LiveSeal};
use kit::subjects;
use schemas::ws::FrameHeader;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// A viewer asks again every 2 s; one that has not asked for this long is gone.
const DEMAND: Duration = Duration::from_secs(5);

/// What publishes a browser's pictures.
pub struct Live {
    ready: watch::Sender<Option<u64>>,
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Live {
    /// Begins to listen for viewers.
    pub fn start(
        nats: async_nats::Client,
        id: TaskId,
        browser: Arc<Browser>,
        seal: LiveSeal,
    ) -> Self {
        let ready = watch::Sender::new(None);
        let end = CancellationToken::new();
        let caster = Caster {
            nats,
            id,
            browser,
            seal,
            number: 0,
        };
        let task = tokio::spawn(caster.run(ready.subscribe(), end.clone()));
        Self { ready, end, task }
    }

    /// Says that the agent has stopped under this control epoch, and again on each demand; `None`:
    /// the agent drives.
    pub fn say_ready(&self, control_epoch: Option<u64>) {
        self.ready.send_replace(control_epoch);
    }

    /// Ends the cast.
    pub async fn stop(self) {
        self.end.cancel();
        let _ = self.task.await;
    }
}

struct Caster {
    nats: async_nats::Client,
    id: TaskId,
    browser: Arc<Browser>,
    seal: LiveSeal,
    number: u64,
}

impl Caster {
    async fn run(mut self, mut ready: watch::Receiver<Option<u64>>, end: CancellationToken) {
        let mut demands = match self.nats.subscribe(subjects::live_demand(self.id)).await {
            Ok(demands) => demands,
            Err(error) => {
                tracing::warn!(task = %self.id, %error, "no viewer can be heard");
                return;
            }
        };
        let mut frames: Option<watch::Receiver<Option<Arc<Frame>>>> = None;
        let mut wanted = Instant::now();
        loop {
            let casting = frames.is_some();
            let next_frame = async {
                match &mut frames {
                    Some(frames) => frames.changed().await.is_ok(),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = end.cancelled() => break,
                demand = demands.next() => {
                    let Some(demand) = demand else { break };
                    wanted = Instant::now();
                    let demand = serde_json::from_slice(&demand.payload)
                        .unwrap_or(LiveDemand { fresh: false });
                    self.demanded(&demand, &mut frames).await;
                    let now = *ready.borrow_and_update();
                    self.publish_ready(now).await;
                }
                changed = ready.changed() => {
                    if changed.is_err() {
                        break;
                    }
                    let now = *ready.borrow_and_update();
                    self.publish_ready(now).await;
                }
                alive = next_frame => {
                    let newest = frames.as_mut().and_then(|f| f.borrow_and_update().clone());
                    match newest {
                        Some(frame) if alive => self.publish(&frame).await,
                        _ if alive => {}
                        _ => frames = None,
                    }
                }
                () = tokio::time::sleep_until(wanted + DEMAND), if casting => {
                    frames = None;
                    self.stop_cast().await;
                }
            }
        }
        if frames.is_some() {
            self.stop_cast().await;
        }
    }

    async fn demanded(
        &mut self,
        demand: &LiveDemand,
        frames: &mut Option<watch::Receiver<Option<Arc<Frame>>>>,
    ) {
        if frames.is_some() && !demand.fresh {
            return;
        }
        // Also of a cast under way: a page that stands still sends no frame by itself.
        match self.browser.start_cast().await {
            Ok(()) => {
                frames.get_or_insert_with(|| self.browser.cast());
            }
            Err(error) => tracing::debug!(task = %self.id, %error, "no cast"),
        }
    }

    async fn stop_cast(&self) {
        if let Err(error) = self.browser.stop_cast().await {
            tracing::debug!(task = %self.id, %error, "the cast does not end");
        }
    }

    async fn publish(&mut self, frame: &Frame) {
        self.number += 1;
        let header = FrameHeader {
            number: self.number,
            at_ms: frame.at_ms,
            width: frame.width,
            height: frame.height,
            media_type: "image/jpeg".to_owned(),
        };
        let subject = subjects::live_frame(self.id);
        match self.seal.seal_frame(&encode(&header, &frame.jpeg)).await {
            Ok(sealed) => kit::nats::say(&self.nats, subject, sealed).await,
            Err(error) => tracing::warn!(task = %self.id, %error, "a picture is not sealed"),
        }
    }

    async fn publish_ready(&self, control_epoch: Option<u64>) {
        let Some(control_epoch) = control_epoch else {
            return;
        };
        let ready = serde_json::to_vec(&LiveReady { control_epoch }).unwrap_or_default();
        let subject = subjects::live_ready(self.id);
        kit::nats::say(&self.nats, subject, ready.into()).await;
    }
}

/// `schemas::ws`' binary form: header length (big-endian `u32`), header as JSON, JPEG.
fn encode(header: &FrameHeader, jpeg: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).unwrap_or_default();
    let length = u32::try_from(header.len()).unwrap_or(0);
    let mut frame = Vec::with_capacity(4 + header.len() + jpeg.len());
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(&header);
    frame.extend_from_slice(jpeg);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_length_header_and_picture() {
        let header = FrameHeader {
            number: 7,
            at_ms: 1,
            width: 1280.0,
            height: 720.0,
            media_type: "image/jpeg".to_owned(),
        };
        let frame = encode(&header, b"\xff\xd8");
        let length = u32::from_be_bytes(frame[..4].try_into().unwrap()) as usize;
        let read: FrameHeader = serde_json::from_slice(&frame[4..4 + length]).unwrap();
        assert_eq!(read, header);
        assert_eq!(&frame[4 + length..], b"\xff\xd8");
    }
}
