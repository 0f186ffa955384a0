//! A human's hand at the live browser, over the public socket.

use crate::{Case, PATIENCE};
use anyhow::{Context, ensure};
use client::{Message, Watch};
use domain::TaskId;
use schemas::rest::ReturnControl;
use schemas::ws::{ClientFrame, Input, ServerFrame};

/// A human who holds control of a task's browser.
pub struct Hand {
    socket: Watch,
    /// Under which it acts.
    pub control_epoch: u64,
    pictures: u64,
}

impl Hand {
    /// Takes control and waits until the agent has stopped.
    ///
    /// # Errors
    /// When control is refused, or the agent doesn't stop.
    pub async fn take(case: &Case<'_>, id: TaskId) -> anyhow::Result<Self> {
        let after = case.client.task(id, 0).await?.sequence;
        let socket = case.client.watch(id, after, true).await?;
        let taken = case.client.command(id, "take-control").await?;
        let control_epoch = taken.control_epoch.context("no control epoch")?;
        let mut hand = Self {
            socket,
            control_epoch,
            pictures: 0,
        };
        let ready = ServerFrame::ControlReady { control_epoch };
        hand.until(|frame| *frame == ready).await?;
        Ok(hand)
    }

    /// Watches without control, and without pictures.
    ///
    /// # Errors
    /// When the socket is refused.
    pub async fn without_control(case: &Case<'_>, id: TaskId) -> anyhow::Result<Self> {
        Ok(Self {
            socket: case.client.watch(id, 0, false).await?,
            control_epoch: 0,
            pictures: 0,
        })
    }

    /// Takes pictures until a frame fits.
    ///
    /// # Errors
    /// When none comes.
    pub async fn until(
        &mut self,
        fits: impl Fn(&ServerFrame) -> bool,
    ) -> anyhow::Result<ServerFrame> {
        loop {
            match self.next().await? {
                Message::Frame(frame) if fits(&frame) => return Ok(frame),
                _ => {}
            }
        }
    }

    /// Waits for the next picture.
    ///
    /// # Errors
    /// When none comes.
    pub async fn until_picture(&mut self) -> anyhow::Result<()> {
        let before = self.pictures;
        while self.pictures == before {
            self.next().await?;
        }
        Ok(())
    }

    async fn next(&mut self) -> anyhow::Result<Message> {
        let waited = tokio::time::timeout(PATIENCE, self.socket.next()).await;
        let message = waited.context("nothing comes over the socket")??;
        let message = message.context("the socket ended")?;
        if let Message::Picture(header, picture) = &message {
            ensure!(header.media_type == "image/jpeg" && picture.starts_with(&[0xff, 0xd8]));
            ensure!(header.width > 0.0 && header.height > 0.0, "{header:?}");
            self.pictures += 1;
            let number = header.number;
            self.socket.send(&ClientFrame::FrameAck { number }).await?;
        }
        Ok(message)
    }

    /// Acts in the browser.
    ///
    /// # Errors
    /// When the socket is gone.
    pub async fn send(&mut self, control_epoch: u64, input: Input) -> anyhow::Result<()> {
        let input = ClientFrame::Input {
            control_epoch,
            input,
        };
        Ok(self.socket.send(&input).await?)
    }

    /// Gives control back; the sequence of that event.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn give_back(
        self,
        case: &Case<'_>,
        id: TaskId,
        outcome: &str,
    ) -> anyhow::Result<u64> {
        let back = ReturnControl {
            control_epoch: self.control_epoch,
            outcome: outcome.to_owned(),
        };
        Ok(case.client.return_control(id, &back).await?.sequence)
    }
}
