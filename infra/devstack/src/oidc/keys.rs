//! The provider's signing keys: RS256, made once, rotated on demand.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use rsa::pkcs1v15::{Signature, SigningKey, VerifyingKey};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, LineEnding};
use rsa::signature::{SignatureEncoding, Signer, Verifier};
use rsa::traits::PublicKeyParts;
use rsa::{RsaPrivateKey, RsaPublicKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::files::write_file;

/// The key that signs, and the one before it, which is still published.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    dir: PathBuf,
    ring: Arc<RwLock<Ring>>,
}

#[derive(Debug)]
struct Ring {
    current: RsaPrivateKey,
    previous: Option<RsaPublicKey>,
}

impl Keys {
    /// Reads the key of the folder, or makes one of 2048 bits.
    pub(crate) async fn load_or_make(dir: &Path) -> Result<Self> {
        let file = dir.join("signing-key.pem");
        let current = match std::fs::read_to_string(&file) {
            Ok(pem) => RsaPrivateKey::from_pkcs8_pem(&pem).with_context(|| {
                format!("{} is damaged; remove it to make a new key", file.display())
            })?,
            Err(_) => {
                let key = generate().await?;
                save(&file, &key)?;
                key
            }
        };
        let ring = Ring {
            current,
            previous: None,
        };
        Ok(Self {
            dir: dir.to_path_buf(),
            ring: Arc::new(RwLock::new(ring)),
        })
    }

    /// Makes a new key and signs with it from now on. The last key stays published until the next
    /// rotation; the one before it is forgotten.
    pub(crate) async fn rotate(&self) -> Result<()> {
        let key = generate().await?;
        save(&self.dir.join("signing-key.pem"), &key)?;
        let mut ring = self.ring.write().expect("no holder of the key ring panics");
        let old = std::mem::replace(&mut ring.current, key);
        ring.previous = Some(old.to_public_key());
        Ok(())
    }

    /// The published keys (RFC 7517).
    pub(crate) fn jwks(&self) -> Value {
        let ring = self.ring.read().expect("no holder of the key ring panics");
        let mut keys = vec![jwk(&ring.current.to_public_key())];
        keys.extend(ring.previous.as_ref().map(jwk));
        json!({ "keys": keys })
    }

    /// Signs claims as a JWT with RS256 (RFC 7515, 7519).
    pub(crate) fn sign(&self, claims: &Value) -> Result<String> {
        let ring = self.ring.read().expect("no holder of the key ring panics");
        let header =
            json!({ "alg": "RS256", "typ": "JWT", "kid": key_id(&ring.current.to_public_key()) });
        let body = format!(
            "{}.{}",
            B64.encode(header.to_string()),
            B64.encode(claims.to_string())
        );
        let signature =
            SigningKey::<Sha256>::new(ring.current.clone()).try_sign(body.as_bytes())?;
        Ok(format!("{body}.{}", B64.encode(signature.to_bytes())))
    }

    /// The claims of a JWT that one of the published keys has signed. Their times are not looked at.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (body, signature) = token.rsplit_once('.')?;
        let (header, claims) = body.split_once('.')?;
        let header: Value = serde_json::from_slice(&B64.decode(header).ok()?).ok()?;
        let signature = B64.decode(signature).ok()?;
        let signature = Signature::try_from(signature.as_slice()).ok()?;
        let ring = self.ring.read().expect("no holder of the key ring panics");
        let current = Some(ring.current.to_public_key());
        let mut keys = current.into_iter().chain(ring.previous.clone());
        let key = keys.find(|key| header["kid"] == key_id(key))?;
        let verifier = VerifyingKey::<Sha256>::new(key);
        verifier.verify(body.as_bytes(), &signature).ok()?;
        serde_json::from_slice(&B64.decode(claims).ok()?).ok()
    }
}

async fn generate() -> Result<RsaPrivateKey> {
    // Seconds of arithmetic, off the threads that serve.
    let key = tokio::task::spawn_blocking(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048))
        .await??;
    Ok(key)
}

fn save(file: &Path, key: &RsaPrivateKey) -> Result<()> {
    write_file(file, &key.to_pkcs8_pem(LineEnding::LF)?, 0o600, None)
}

fn jwk(key: &RsaPublicKey) -> Value {
    json!({
        "kty": "RSA", "use": "sig", "alg": "RS256", "kid": key_id(key),
        "n": B64.encode(key.n().to_bytes_be()), "e": B64.encode(key.e().to_bytes_be()),
    })
}

/// The first half of the modulus' hash.
fn key_id(key: &RsaPublicKey) -> String {
    B64.encode(&Sha256::digest(key.n().to_bytes_be())[..16])
}
