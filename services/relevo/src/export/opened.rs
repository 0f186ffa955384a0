//! What is sealed, opened for its owner: under the names by which the api seals it.

use commands::{ArtifactStore, Scope, Vault, VaultError};
use domain::account::Profile;
use domain::task::{Invoice, Submission};
use domain::{ArtifactId, ProfileId, Sealed, TaskId, UserId};
use serde_json::Value;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

const ERASED: &str = "its profile was erased";

/// Opens what is a user's. Inside, why something doesn't open; outside, that nothing can be asked.
pub struct Opener {
    pub user: UserId,
    pub vault: Vault,
    pub files: ArtifactStore,
    /// Blocked, though their keys may still be there.
    pub erased: BTreeSet<ProfileId>,
}

type Opened<T> = anyhow::Result<Result<T, String>>;

impl Opener {
    pub async fn profile(&self, id: ProfileId, profile: &Profile) -> Opened<Value> {
        let account = format!("account:{}", self.user);
        let fiscal = &profile.data.fiscal;
        self.open(id, &account, "profile.fiscal", fiscal).await
    }

    pub async fn fields(&self, submission: &Submission) -> Opened<Value> {
        let ticket = &submission.ticket;
        let (profile, key) = (submission.profile, &ticket.key.0);
        self.open(profile, key, "ticket.fields", &ticket.fields)
            .await
    }

    pub async fn details(
        &self,
        task: TaskId,
        submission: &Submission,
        invoice: &Invoice,
    ) -> Opened<Value> {
        let (profile, task) = (submission.profile, task.to_string());
        self.open(profile, &task, "invoice.details", &invoice.details)
            .await
    }

    pub async fn file(&self, profile: ProfileId, id: ArtifactId) -> Opened<Zeroizing<Vec<u8>>> {
        if self.erased.contains(&profile) {
            return Ok(Err(ERASED.to_owned()));
        }
        let scope = Scope::Profile(self.user, profile);
        told(self.files.get(scope, id).await)
    }

    async fn open(
        &self,
        profile: ProfileId,
        aggregate: &str,
        field: &str,
        sealed: &Sealed,
    ) -> Opened<Value> {
        if self.erased.contains(&profile) {
            return Ok(Err(ERASED.to_owned()));
        }
        let scope = Scope::Profile(self.user, profile);
        let opened = self.vault.open_sealed(scope, aggregate, field, sealed);
        Ok(match told(opened.await)? {
            // serde's words may quote what was sealed.
            Ok(text) => serde_json::from_slice(&text).map_err(|_| "it is no JSON".to_owned()),
            Err(why) => Err(why),
        })
    }
}

fn told<T>(opened: Result<T, VaultError>) -> Opened<T> {
    match opened {
        Ok(opened) => Ok(Ok(opened)),
        Err(
            error @ (VaultError::Database(_)
            | VaultError::KeyService { .. }
            | VaultError::ArtifactStore(_)),
        ) => Err(error.into()),
        Err(error) => Ok(Err(error.to_string())),
    }
}
