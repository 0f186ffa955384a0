//! A stored file on its way out.

use crate::objects::Object;
use crate::vault::stream::{self, Header, Opener};
use crate::vault::{Scope, Vault, VaultError};
use bytes::Bytes;
use domain::ArtifactId;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use zeroize::Zeroizing;

/// An open file: its first piece, and the others when they are asked for.
pub struct OpenedArtifact {
    /// Of the plaintext, as far as the stored file's length tells.
    pub size_bytes: u64,
    first: Zeroizing<Vec<u8>>,
    rest: Option<Rest>,
}

impl OpenedArtifact {
    pub(super) async fn open(
        vault: &Vault,
        scope: Scope,
        id: ArtifactId,
        object: Object,
    ) -> Result<Self, VaultError> {
        let mut sealed = Pieces::new(object.content);
        sealed.fill(1).await?;
        match stream::is_chunked(&sealed.waiting) {
            true => Self::chunked(vault, scope, id, sealed, object.size).await,
            false => Self::of_one_value(vault, scope, id, sealed).await,
        }
    }

    async fn chunked(
        vault: &Vault,
        scope: Scope,
        id: ArtifactId,
        mut sealed: Pieces,
        size: u64,
    ) -> Result<Self, VaultError> {
        sealed.fill(stream::HEADER).await?;
        let header = Header::parse(&sealed.waiting).map_err(VaultError::Malformed)?;
        let keys = vault.keys.for_opening(scope, header.key).await?;
        let key = keys.named(header.key).ok_or(VaultError::DoesNotOpen)?;
        let opener = Opener::new(&header, key, scope, &id.to_string());
        sealed.waiting = sealed.waiting.split_off(stream::HEADER);
        let mut rest = Rest { sealed, opener };
        let (first, more) = rest.next().await?;
        Ok(Self {
            size_bytes: stream::plain_size(size),
            first,
            rest: more.then_some(rest),
        })
    }

    /// As files were sealed before: read for ever, and as a whole.
    async fn of_one_value(
        vault: &Vault,
        scope: Scope,
        id: ArtifactId,
        mut sealed: Pieces,
    ) -> Result<Self, VaultError> {
        let mut value = sealed.waiting.to_vec();
        while let Some(more) = sealed.source.try_next().await? {
            value.extend_from_slice(&more);
        }
        let first = vault
            .open_bytes(scope, "artifact", &id.to_string(), &value)
            .await?;
        Ok(Self {
            size_bytes: first.len() as u64,
            first,
            rest: None,
        })
    }

    /// How the file begins: 64 KiB of it, or all when it is shorter.
    pub fn beginning(&self) -> &[u8] {
        &self.first
    }

    /// The file, piece by piece; memory that held a piece is wiped. After an error nothing comes:
    /// no byte of a piece that was altered, nor of one behind it.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, VaultError>> + Send + 'static {
        let first = futures::stream::once(async { Ok(Bytes::from_owner(self.first)) });
        let rest = futures::stream::try_unfold(self.rest, |rest| async {
            let Some(mut rest) = rest else {
                return Ok(None);
            };
            let (piece, more) = rest.next().await?;
            Ok(Some((Bytes::from_owner(piece), more.then_some(rest))))
        });
        first.chain(rest)
    }

    /// The whole file.
    pub(super) async fn whole(self) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let Some(mut rest) = self.rest else {
            return Ok(self.first);
        };
        // As long as it will be: a vector that grew would leave copies behind.
        let size = usize::try_from(self.size_bytes).unwrap_or(0);
        let mut whole = Zeroizing::new(Vec::with_capacity(size));
        whole.extend_from_slice(&self.first);
        loop {
            let (piece, more) = rest.next().await?;
            whole.extend_from_slice(&piece);
            if !more {
                return Ok(whole);
            }
        }
    }
}

/// What comes after the first piece.
struct Rest {
    sealed: Pieces,
    opener: Opener,
}

impl Rest {
    /// The next chunk's plaintext, and whether more follow.
    async fn next(&mut self) -> Result<(Zeroizing<Vec<u8>>, bool), VaultError> {
        loop {
            if self.sealed.fill(1).await? {
                let (taken, opened) = self.opener.push(&self.sealed.waiting)?;
                self.sealed.waiting = self.sealed.waiting.split_off(taken);
                if let Some(piece) = opened {
                    return Ok((piece, true));
                }
            } else {
                return Ok((self.opener.finish()?, false));
            }
        }
    }
}

/// The sealed file as it comes.
struct Pieces {
    source: BoxStream<'static, Result<Bytes, crate::objects::ObjectsError>>,
    waiting: Bytes,
}

impl Pieces {
    fn new(source: BoxStream<'static, Result<Bytes, crate::objects::ObjectsError>>) -> Self {
        let waiting = Bytes::new();
        Self { source, waiting }
    }

    /// Waits for so many bytes; false when the file ends before.
    async fn fill(&mut self, wanted: usize) -> Result<bool, VaultError> {
        while self.waiting.len() < wanted {
            let Some(more) = self.source.try_next().await? else {
                return Ok(false);
            };
            self.waiting = match self.waiting.is_empty() {
                true => more,
                false => [&self.waiting[..], &more].concat().into(),
            };
        }
        Ok(true)
    }
}
