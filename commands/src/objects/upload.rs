//! A file on its way into a store, in parts, of which one is in memory.

use super::{Objects, ObjectsError};
use object_store::path::Path as Name;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use std::sync::Arc;

/// A part's length; S3 takes none below 5 MiB but the last.
const PART: usize = 8 * 1024 * 1024;

/// A file that is being written. Dropped unfinished, it leaves nothing under its name, and its parts
/// are taken back in the background; [`Self::abort`] waits for that.
pub struct Upload {
    objects: Objects,
    store: Arc<dyn ObjectStore>,
    name: String,
    path: Name,
    waiting: Vec<u8>,
    /// Begun with the first whole part: what is shorter goes in one request.
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Upload {
    pub(super) async fn begin(objects: Objects, name: &str) -> Result<Self, ObjectsError> {
        Ok(Self {
            store: objects.opened(name).await?,
            path: objects.path(name),
            name: name.to_owned(),
            objects,
            waiting: Vec::new(),
            parts: None,
        })
    }

    /// Where to put more of the file; [`Self::flush`] sends it on.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.waiting
    }

    /// Sends what is waiting, as far as it makes whole parts.
    ///
    /// # Errors
    /// When the store does not take it; nothing of the file stays.
    pub async fn flush(&mut self) -> Result<(), ObjectsError> {
        while self.waiting.len() >= PART {
            // All parts but the last of the same length: some stores want it so.
            let rest = self.waiting.split_off(PART);
            let part = std::mem::replace(&mut self.waiting, rest);
            self.send(part).await?;
        }
        Ok(())
    }

    /// Sends the rest; the file is there when this returns.
    ///
    /// # Errors
    /// When the store does not take it; nothing of the file stays.
    pub async fn finish(mut self) -> Result<(), ObjectsError> {
        if self.parts.is_none() {
            let whole = PutPayload::from(std::mem::take(&mut self.waiting));
            let put = self.store.put(&self.path, whole).await;
            return put.map(drop).map_err(|e| self.objects.error(&self.name, e));
        }
        if !self.waiting.is_empty() {
            let last = std::mem::take(&mut self.waiting);
            self.send(last).await?;
        }
        let completed = match &mut self.parts {
            Some(parts) => parts.complete().await.map(drop),
            None => Ok(()),
        };
        self.settled(completed).await?;
        self.parts = None;
        Ok(())
    }

    /// Ends it without a file: parts that were sent are taken back, as far as the store lets us.
    pub async fn abort(mut self) {
        self.take_back().await;
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<(), ObjectsError> {
        let sent = self.try_send(part.into()).await;
        self.settled(sent).await
    }

    async fn try_send(&mut self, part: PutPayload) -> Result<(), object_store::Error> {
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let begun = self.store.put_multipart(&self.path).await?;
                self.parts.insert(begun)
            }
        };
        parts.put_part(part).await
    }

    /// Until that is done it is still there to be taken back by [`Drop`].
    async fn take_back(&mut self) {
        if let Some(parts) = &mut self.parts {
            let _ = parts.abort().await;
        }
        self.parts = None;
    }

    /// After a failure the parts that were sent are taken back, as far as the store lets us.
    async fn settled(
        &mut self,
        outcome: Result<(), object_store::Error>,
    ) -> Result<(), ObjectsError> {
        let Err(source) = outcome else { return Ok(()) };
        self.take_back().await;
        Err(self.objects.error(&self.name, source))
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let here = tokio::runtime::Handle::try_current();
        if let (Some(mut parts), Ok(here)) = (self.parts.take(), here) {
            here.spawn(async move { parts.abort().await });
        }
    }
}
