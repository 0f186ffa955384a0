//! Messages between the api and the agent about a live browser. Core NATS, never stored. What the
//! browser shows and what a human does in it are sealed.

use bytes::Bytes;
use commands::{Scope, Vault, VaultError};
use domain::{TaskId, UserId};
use schemas::ws::Input;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use zeroize::Zeroizing;

/// One human action, with the right under which it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveInput {
    pub user: UserId,
    pub control_epoch: u64,
    /// The socket it came by.
    pub socket: Uuid,
    /// Grows within one socket: what is not greater than the one before was sent again by somebody
    /// else.
    pub number: u64,
    pub input: Input,
}

/// Somebody watches. Published every 2 s; the agent casts while the last one is younger than 5 s
/// and takes a picture at once when `fresh`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveDemand {
    pub fresh: bool,
}

/// The agent has finished its present action and sends nothing more under this control epoch.
/// Repeated on each demand while a human holds control.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveReady {
    pub control_epoch: u64,
}

/// Seals pictures and input of one task's browser with its owner's data key: the broker carries
/// ciphertext only, and nobody without the key can act in the browser.
#[derive(Clone, Debug)]
pub struct LiveSeal {
    vault: Vault,
    scope: Scope,
    task: String,
}

const FRAME: &str = "live.frame";
const INPUT: &str = "live.input";

impl LiveSeal {
    /// For a task of that user.
    pub fn new(vault: Vault, owner: UserId, task: TaskId) -> Self {
        Self {
            vault,
            scope: Scope::User(owner),
            task: task.to_string(),
        }
    }

    /// A picture, in the binary form of `schemas::ws`.
    ///
    /// # Errors
    /// When the owner's data key can't be had.
    pub async fn seal_frame(&self, frame: &[u8]) -> Result<Bytes, VaultError> {
        let sealed = self
            .vault
            .seal_bytes(self.scope, &self.task, FRAME, frame)
            .await?;
        Ok(sealed.into())
    }

    /// What [`Self::seal_frame`] sealed.
    ///
    /// # Errors
    /// When it was sealed elsewhere, altered, or its key is gone.
    pub async fn open_frame(&self, sealed: &[u8]) -> Result<Bytes, VaultError> {
        let mut frame = self
            .vault
            .open_bytes(self.scope, &self.task, FRAME, sealed)
            .await?;
        Ok(std::mem::take(&mut *frame).into())
    }

    /// A human's action.
    ///
    /// # Errors
    /// When the owner's data key can't be had.
    pub async fn seal_input(&self, input: &LiveInput) -> Result<Bytes, VaultError> {
        let text = Zeroizing::new(serde_json::to_vec(input).unwrap_or_default());
        let sealed = self
            .vault
            .seal_bytes(self.scope, &self.task, INPUT, &text)
            .await?;
        Ok(sealed.into())
    }

    /// What [`Self::seal_input`] sealed; `None` when it is something else.
    ///
    /// # Errors
    /// When it was sealed elsewhere, altered, or its key is gone.
    pub async fn open_input(&self, sealed: &[u8]) -> Result<Option<LiveInput>, VaultError> {
        let text = self
            .vault
            .open_bytes(self.scope, &self.task, INPUT, sealed)
            .await?;
        Ok(serde_json::from_slice(&text).ok())
    }
}
