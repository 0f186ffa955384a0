//! Key-encryption keys that never leave their service.

use crate::harness::*;
use crate::keys::*;
use async_trait::async_trait;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _, Nonce};
use commands::{KeyIds, KeyService, KeyServiceError, KeySource, Scope, Vault, VaultError};
use domain::UserId;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use uuid::Uuid;
use zeroize::Zeroizing;

/// Somebody's key management service, with a cipher of its own.
#[derive(Default)]
struct Elsewhere {
    active: Mutex<String>,
    ciphers: Mutex<BTreeMap<String, ChaCha20Poly1305>>,
    down: AtomicBool,
    nonces: AtomicU64,
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elsewhere")
    }
}

impl Elsewhere {
    fn with(active: &str, held: &[(&str, u8)]) -> Arc<Self> {
        let service = Arc::new(Self::default());
        service.hold(active, held);
        service
    }

    fn hold(&self, active: &str, held: &[(&str, u8)]) {
        let cipher = |(id, byte): &(&str, u8)| {
            let key = [*byte; 32];
            ((*id).to_owned(), ChaCha20Poly1305::new((&key).into()))
        };
        *self.ciphers.lock().unwrap() = held.iter().map(cipher).collect();
        active.clone_into(&mut self.active.lock().unwrap());
    }

    fn cipher(&self, id: &str) -> Result<ChaCha20Poly1305, KeyServiceError> {
        if self.down.load(Ordering::SeqCst) {
            let why = std::io::Error::other("connection refused");
            return Err(KeyServiceError::Unavailable(why.into()));
        }
        let cipher = self.ciphers.lock().unwrap().get(id).cloned();
        cipher.ok_or(KeyServiceError::Refused)
    }
}

#[async_trait]
impl KeyService for Elsewhere {
    fn place(&self) -> String {
        "the key service at kms.example".to_owned()
    }

    async fn keys(&self) -> Result<KeyIds, KeyServiceError> {
        let active = self.active.lock().unwrap().clone();
        self.cipher(&active)?;
        let all = self.ciphers.lock().unwrap().keys().cloned().collect();
        Ok(KeyIds { active, all })
    }

    async fn wrap(
        &self,
        id: &str,
        context: &[u8],
        secret: &[u8],
    ) -> Result<Vec<u8>, KeyServiceError> {
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.nonces.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        let payload = Payload {
            msg: secret,
            aad: context,
        };
        let sealed = self.cipher(id)?.encrypt(&Nonce::from(nonce), payload);
        Ok([&nonce[..], &sealed.unwrap()].concat())
    }

    async fn unwrap(
        &self,
        id: &str,
        context: &[u8],
        wrapped: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeyServiceError> {
        let (nonce, sealed) = wrapped.split_at(12);
        let payload = Payload {
            msg: sealed,
            aad: context,
        };
        let opened = self
            .cipher(id)?
            .decrypt(&Nonce::try_from(nonce).unwrap(), payload);
        let opened = opened.map_err(|_| KeyServiceError::Refused)?;
        Ok(Zeroizing::new(opened))
    }
}

#[test]
fn a_service_wraps_is_rotated_and_is_checked_like_a_file() {
    with_database(async |db| {
        let service = Elsewhere::with("k1", &[("k1", 1)]);
        let source = KeySource::Service(service.clone());
        let running = vault(&db, &source).await;
        let values = seal_many(&running, 3).await;
        all_open(&vault(&db, &source).await, &values).await;

        service.hold("k2", &[("k1", 1), ("k2", 2)]);
        let keys = admin(&db, &source).await;
        // One more wraps the key of keyed hashes.
        assert_eq!(rewrap_all(&keys).await, 4);
        service.hold("k2", &[("k2", 2)]);
        all_open(&vault(&db, &source).await, &values).await;
        all_open(&running, &values).await;

        let foreign = KeySource::Service(Elsewhere::with("k2", &[("k2", 9)]));
        let refused = Vault::open(db.pool("relevo_api").await, &foreign).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, VaultError::WrongKey { .. }), "{error:?}");
        assert!(error.to_string().contains("kms.example"), "{error}");
    });
}

#[test]
fn a_service_that_is_down_is_named_and_what_is_in_memory_still_opens() {
    with_database(async |db| {
        let service = Elsewhere::with("k1", &[("k1", 1)]);
        let source = KeySource::Service(service.clone());
        let running = vault(&db, &source).await;
        let values = seal_many(&running, 1).await;
        service.down.store(true, Ordering::SeqCst);
        all_open(&running, &values).await;
        let stranger = Scope::User(UserId(Uuid::now_v7()));
        for error in [
            running.seal_bytes(stranger, "a", "f", b"t").await.err(),
            Vault::open(db.pool("relevo_api").await, &source)
                .await
                .err(),
        ] {
            let error = error.expect("a refusal");
            assert!(matches!(error, VaultError::KeyService { .. }), "{error:?}");
            assert!(error.to_string().contains("kms.example"), "{error}");
        }
        service.down.store(false, Ordering::SeqCst);
        running.seal_bytes(stranger, "a", "f", b"t").await.unwrap();
    });
}
