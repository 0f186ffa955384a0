//! Files, sealed in chunks, so that a long one needs no memory of its length.
//!
//! Header: version 3 and algorithm, id of the data key (16 bytes), version of the data key (4,
//! big-endian), the file's random nonce prefix (19). Chunks of [`CHUNK`] bytes follow, each with its
//! tag (16); the last may be shorter. A chunk's nonce is the prefix, its number (4, big-endian), and
//! whether it is the last (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015);
//! its associated data are the header and the place. So a chunk opens in its file, at its number, as
//! the last or not the last, and nowhere else: what was altered, cut, moved, doubled or appended to
//! is refused, and nothing of the bad chunk is given out.

use super::blob::{self, Secret};
use super::error::BlobError;
use super::value::{KeyName, Place};
use super::{Scope, VaultError};
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Bytes of plaintext in a chunk.
pub(super) const CHUNK: usize = 64 * 1024;
const TAG: usize = 16;
const SEALED: usize = CHUNK + TAG;
const PREFIX: usize = 19;
const BEGINNING: [u8; 2] = [3, 1];
/// Bytes before the first chunk.
pub(super) const HEADER: usize = 2 + 16 + 4 + PREFIX;
const LABEL: &[u8] = b"relevo-file-3";

/// Whether a file of these first bytes is sealed in chunks; else it is one sealed value.
pub(super) fn is_chunked(beginning: &[u8]) -> bool {
    beginning.first() == Some(&BEGINNING[0])
}

/// How long the plaintext of a sealed file is.
pub(super) fn plain_size(sealed: u64) -> u64 {
    let chunks = sealed.saturating_sub(HEADER as u64);
    chunks.saturating_sub(chunks.div_ceil(SEALED as u64) * TAG as u64)
}

/// What sealing and opening share: key, header, and the number of the next chunk.
struct Chunks {
    cipher: XChaCha20Poly1305,
    prefix: [u8; PREFIX],
    bound_to: Vec<u8>,
    next: u32,
}

impl Chunks {
    fn new(key: &Secret, header: &[u8], prefix: [u8; PREFIX], place: &Place<'_>) -> Self {
        let scope = place.scope.text();
        let parts = [
            scope.as_bytes(),
            place.aggregate.as_bytes(),
            place.field.as_bytes(),
        ];
        Self {
            cipher: XChaCha20Poly1305::new((&**key).into()),
            prefix,
            bound_to: blob::bound_to(LABEL, header, &parts),
            next: 0,
        }
    }

    /// The nonce of the next chunk. A number is used once: after 2^32 chunks (256 TiB) it ends.
    fn nonce(&mut self, last: bool) -> Result<XNonce, VaultError> {
        let mut nonce = [0; PREFIX + 5];
        nonce[..PREFIX].copy_from_slice(&self.prefix);
        nonce[PREFIX..PREFIX + 4].copy_from_slice(&self.next.to_be_bytes());
        nonce[PREFIX + 4] = u8::from(last);
        self.next = self
            .next
            .checked_add(1)
            .ok_or(VaultError::ArtifactTooLong)?;
        Ok(XNonce::from(nonce))
    }
}

/// Seals a file piece by piece.
pub(super) struct Sealer {
    chunks: Chunks,
    /// Plaintext that is not sealed yet: at most a chunk.
    waiting: Zeroizing<Vec<u8>>,
}

impl Sealer {
    /// A sealer for a file at that place, and the file's header.
    pub(super) fn new(
        name: KeyName,
        key: &Secret,
        place: &Place<'_>,
    ) -> Result<(Self, Vec<u8>), VaultError> {
        let mut prefix = [0; PREFIX];
        getrandom::fill(&mut prefix).map_err(|_| VaultError::NoRandomness)?;
        let mut header = BEGINNING.to_vec();
        header.extend_from_slice(name.id.as_bytes());
        header.extend_from_slice(&name.version.to_be_bytes());
        header.extend_from_slice(&prefix);
        let sealer = Self {
            chunks: Chunks::new(key, &header, prefix, place),
            waiting: Zeroizing::new(Vec::with_capacity(CHUNK)),
        };
        Ok((sealer, header))
    }

    /// Takes more of the file; what becomes a whole chunk goes to `out`. Returns how much was
    /// taken: at most so much that one chunk is sealed.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<usize, VaultError> {
        // A full chunk waits for what follows: it may be the last one.
        if self.waiting.len() == CHUNK && !bytes.is_empty() {
            self.seal(false, out)?;
        }
        let taken = bytes.len().min(CHUNK - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    /// Seals the last chunk.
    pub(super) fn finish(mut self, out: &mut Vec<u8>) -> Result<(), VaultError> {
        self.seal(true, out)
    }

    fn seal(&mut self, last: bool, out: &mut Vec<u8>) -> Result<(), VaultError> {
        let nonce = self.chunks.nonce(last)?;
        let bound_to = &self.chunks.bound_to;
        let tag = self
            .chunks
            .cipher
            .encrypt_inout_detached(&nonce, bound_to, self.waiting.as_mut_slice().into())
            .map_err(|_| VaultError::DoesNotOpen)?;
        out.extend_from_slice(&self.waiting);
        out.extend_from_slice(&tag);
        self.waiting.clear();
        Ok(())
    }
}

/// The header of a sealed file, parsed.
pub(super) struct Header<'a> {
    pub key: KeyName,
    bytes: &'a [u8],
    prefix: [u8; PREFIX],
}

impl<'a> Header<'a> {
    /// Reads the header at the beginning of a file.
    pub(super) fn parse(file: &'a [u8]) -> Result<Self, BlobError> {
        match *file {
            [version, algorithm, ..] if version == BEGINNING[0] && algorithm != BEGINNING[1] => {
                return Err(BlobError::UnknownAlgorithm(algorithm));
            }
            [version, ..] if version != BEGINNING[0] => {
                return Err(BlobError::UnknownVersion(version));
            }
            _ => {}
        }
        let bytes = file.get(..HEADER).ok_or(BlobError::CutShort)?;
        let part = |from: usize, to: usize| bytes.get(from..to).unwrap_or_default();
        Ok(Self {
            key: KeyName {
                id: Uuid::from_slice(part(2, 18)).map_err(|_| BlobError::CutShort)?,
                version: i32::from_be_bytes(
                    part(18, 22).try_into().map_err(|_| BlobError::CutShort)?,
                ),
            },
            prefix: part(22, HEADER)
                .try_into()
                .map_err(|_| BlobError::CutShort)?,
            bytes,
        })
    }
}

/// A chunk's plaintext.
type Opened = Zeroizing<Vec<u8>>;

/// Opens a file piece by piece.
pub(super) struct Opener {
    chunks: Chunks,
    /// What came and is not opened yet: at most a sealed chunk.
    waiting: Vec<u8>,
}

impl Opener {
    pub(super) fn new(header: &Header<'_>, key: &Secret, scope: Scope, id: &str) -> Self {
        let place = place(scope, id);
        Self {
            chunks: Chunks::new(key, header.bytes, header.prefix, &place),
            waiting: Vec::with_capacity(SEALED),
        }
    }

    /// Takes more of the sealed file. Returns how much was taken, and the plaintext of a chunk when
    /// one was completed and is not the last.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(usize, Option<Opened>), VaultError> {
        let mut opened = None;
        if self.waiting.len() == SEALED && !bytes.is_empty() {
            opened = Some(self.open(false)?);
        }
        let taken = bytes.len().min(SEALED - self.waiting.len());
        self.waiting.extend_from_slice(&bytes[..taken]);
        Ok((taken, opened))
    }

    /// Opens the last chunk: the file is whole only if this goes well.
    pub(super) fn finish(&mut self) -> Result<Opened, VaultError> {
        self.open(true)
    }

    fn open(&mut self, last: bool) -> Result<Opened, VaultError> {
        let chunk = u64::from(self.chunks.next);
        let nonce = self.chunks.nonce(last)?;
        let sealed = std::mem::replace(&mut self.waiting, Vec::with_capacity(SEALED));
        let mut text = Zeroizing::new(sealed);
        let refused = || match chunk {
            0 => VaultError::DoesNotOpen,
            _ => VaultError::ArtifactDamaged { chunk },
        };
        let cut = text.len().checked_sub(TAG).ok_or_else(refused)?;
        let tag = text.split_off(cut);
        let tag = tag.as_slice().try_into().map_err(|_| refused())?;
        self.chunks
            .cipher
            .decrypt_inout_detached(
                &nonce,
                &self.chunks.bound_to,
                text.as_mut_slice().into(),
                &tag,
            )
            .map_err(|_| refused())?;
        Ok(text)
    }
}

/// The place of an artifact's file.
pub(super) fn place(scope: Scope, id: &str) -> Place<'_> {
    Place {
        scope,
        aggregate: "artifact",
        field: id,
    }
}

#[cfg(test)]
mod tests;
