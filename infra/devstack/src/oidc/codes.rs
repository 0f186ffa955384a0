//! Authorization codes: used once, within a minute, by the client that asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use sha2::{Digest, Sha256};

use super::users::DemoUser;
use crate::files::random_hex;

const LIFE: Duration = Duration::from_secs(60);

/// What a code stands for.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    pub(crate) user: DemoUser,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) nonce: Option<String>,
    /// The S256 challenge of RFC 7636.
    pub(crate) challenge: String,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Codes(Arc<Mutex<HashMap<String, (Instant, Grant)>>>);

impl Codes {
    pub(crate) fn issue(&self, grant: Grant) -> Result<String> {
        let code = random_hex(24)?;
        let mut codes = self.0.lock().expect("no holder of the codes panics");
        codes.retain(|_, (made, _)| made.elapsed() < LIFE);
        codes.insert(code.clone(), (Instant::now(), grant));
        Ok(code)
    }

    /// The grant of a code, once, if the client, its address and its verifier fit.
    pub(crate) fn redeem(
        &self,
        code: &str,
        client_id: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Option<Grant> {
        let (made, grant) = self
            .0
            .lock()
            .expect("no holder of the codes panics")
            .remove(code)?;
        let fits = made.elapsed() < LIFE
            && grant.client_id == client_id
            && grant.redirect_uri == redirect_uri
            && grant.challenge == B64.encode(Sha256::digest(verifier));
        fits.then_some(grant)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn grant() -> Grant {
        Grant {
            user: DemoUser::find("demo").unwrap(),
            client_id: "relevo".into(),
            redirect_uri: "http://127.0.0.1:1/back".into(),
            nonce: None,
            // RFC 7636, appendix B.
            challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".into(),
        }
    }

    #[test]
    fn a_code_works_once_and_only_with_its_verifier() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let codes = Codes::default();
        let back = "http://127.0.0.1:1/back";
        let code = codes.issue(grant()).unwrap();
        assert!(codes.redeem(&code, "relevo", back, verifier).is_some());
        assert!(codes.redeem(&code, "relevo", back, verifier).is_none());
        let code = codes.issue(grant()).unwrap();
        assert!(codes.redeem(&code, "relevo", back, "another").is_none());
    }
}
