//! The stored account: whether it may be typed, its values, and its end.

use super::doubt::{in_doubt, was_refused};
use super::why::Why;
use crate::run::{Flow, Halt, Run, submission};
use commands::ExecuteError;
use domain::CredentialId;
use domain::account::{Account, AccountCommand, Credential};
use domain::task::{CredentialPart, CredentialUse, TaskCommand, TechnicalClass};
use kit::credentials::{self, Part};
use kit::delivery::Refused;
use schemas::adapter::Login;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

impl Run {
    /// The stored account, if it may be typed on this page.
    pub(super) async fn usable(&mut self, login: &Login) -> Flow<Result<Credential, Why>> {
        let Some(credential) = self.stored().await? else {
            return Ok(Err(Why::NotStored));
        };
        let here = self.here()?;
        let origin = login.origin();
        Ok(if credential.refused {
            Err(Why::Refused)
        } else if credential.data.origin != origin {
            Err(Why::Moved)
        } else if in_doubt(&self.view().history, credential.id, CredentialPart::Login) {
            Err(Why::InDoubt)
        } else if here != origin {
            Err(Why::Elsewhere(here))
        } else {
            Ok(credential)
        })
    }

    /// The user's account at this portal, as it is now.
    pub(super) async fn stored(&mut self) -> Flow<Option<Credential>> {
        let mut credential = self.load_credential().await?;
        if let Some(stored) = &mut credential
            && !stored.refused
            && was_refused(&self.view().history, stored.id)
        {
            // The account could not be told then.
            self.never_again(stored.id).await?;
            stored.refused = true;
        }
        Ok(credential)
    }

    async fn load_credential(&mut self) -> Flow<Option<Credential>> {
        let owner = submission(&self.view().task)?.owner.to_string();
        let shared = Arc::clone(&self.shared);
        loop {
            match shared.desk.bus.load::<Account>(&owner).await {
                Ok(loaded) => {
                    let account = loaded.map(|loaded| loaded.state).unwrap_or_default();
                    return Ok(account.credentials.get(&self.adapter.id).cloned());
                }
                Err(error) => self.wait_out(Refused::Log(error)).await?,
            }
        }
    }

    /// One value of it, in memory only.
    pub(super) async fn value_of(
        &mut self,
        credential: &Credential,
        part: Part,
    ) -> Flow<Option<Zeroizing<String>>> {
        let owner = submission(&self.view().task)?.owner;
        let (shared, portal) = (Arc::clone(&self.shared), self.adapter.id.clone());
        loop {
            let vault = &shared.desk.vault;
            match credentials::open(vault, owner, &portal, credential, part).await {
                Ok(opened) => return Ok(opened),
                Err(error) => self.wait_out(Refused::Vault(error)).await?,
            }
        }
    }

    /// Records the use, before anything of it is typed.
    pub(super) async fn use_it(
        &mut self,
        login: &Login,
        id: CredentialId,
        part: CredentialPart,
    ) -> Flow {
        let usage = CredentialUse {
            credential: id,
            portal: self.adapter.id.clone(),
            origin: login.origin(),
            part,
        };
        let epoch = self.epoch;
        self.order(TaskCommand::UseCredential { epoch, usage })
            .await?
            .map_err(|refusal| Halt::Technical(TechnicalClass::Internal, refusal.to_string()))
    }

    /// Tells the account that the portal does not take it, so that no run tries it again.
    pub(super) async fn never_again(&mut self, credential: CredentialId) -> Flow {
        let owner = submission(&self.view().task)?.owner.to_string();
        let command = AccountCommand::RefuseCredential {
            portal: self.adapter.id.clone(),
            credential,
        };
        let context = self.journal.context(command.name());
        loop {
            let bus = &self.shared.desk.bus;
            let done = bus
                .execute::<Account>(&owner, command.clone(), &context)
                .await;
            match done {
                Ok(_) => return Ok(()),
                Err(ExecuteError::Conflict | ExecuteError::Busy(_))
                | Err(ExecuteError::Unavailable(_))
                    if !self.stop.is_cancelled() =>
                {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => {
                    // This task asks a human all the same: its own history tells.
                    tracing::warn!(task = %self.id, %error, "a refused account is not marked");
                    return Ok(());
                }
            }
        }
    }
}
