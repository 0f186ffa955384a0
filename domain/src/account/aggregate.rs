//! The state of an account, its fold and its rules.

use super::command::AccountCommand;
use super::error::AccountError;
use super::event::{AccountEvent, CredentialData, ProfileData};
use crate::{CredentialId, Now, ProfileId, UserId};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far the erasure of a profile or an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Erasure {
    Begun,
    Completed,
}

/// One fiscal profile of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// 1 when added, grows with each amendment.
    pub version: u64,
    pub data: ProfileData,
    pub retired: bool,
    pub erasure: Option<Erasure>,
}

/// A portal account that the user has stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Credential {
    pub id: CredentialId,
    pub data: CredentialData,
    /// The portal did not take it.
    pub refused: bool,
}

/// The Account aggregate.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    pub user: Option<UserId>,
    pub profiles: BTreeMap<ProfileId, Profile>,
    /// By the portal's id; at most one each.
    #[serde(default)]
    pub credentials: BTreeMap<String, Credential>,
    /// Of the account as a whole.
    pub erasure: Option<Erasure>,
}

impl Profile {
    fn is_in_use(&self) -> bool {
        !self.retired && self.erasure.is_none()
    }
}

impl Account {
    /// A profile that can be used.
    pub fn active(&self, id: ProfileId) -> Option<&Profile> {
        let profile = self.profiles.get(&id).filter(|p| p.is_in_use());
        profile.filter(|_| self.erasure.is_none())
    }

    /// Whether that profile, or the whole account, is or is being erased.
    pub fn is_erased(&self, id: ProfileId) -> bool {
        let profile = self.profiles.get(&id).and_then(|p| p.erasure);
        self.erasure.or(profile).is_some()
    }

    /// Decides a command. Refused commands emit nothing.
    ///
    /// # Errors
    /// The refusal, by name.
    pub fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        if let AccountCommand::OpenAccount { user } = command {
            return match self.user {
                Some(_) if self.erasure.is_some() => Err(AccountError::AccountErased),
                None => Ok(vec![AccountEvent::AccountOpened { user }]),
                Some(known) if known == user => Ok(vec![]),
                Some(_) => Err(AccountError::AccountExists),
            };
        }
        if self.user.is_none() {
            return Err(AccountError::AccountUnknown);
        }
        match command {
            AccountCommand::EraseProfile { profile } => self.erase(profile),
            AccountCommand::EraseAccount => Ok(match self.erasure {
                None => vec![AccountEvent::ErasureBegun { profile: None }],
                Some(_) => vec![],
            }),
            AccountCommand::CompleteErasure { profile } => self.complete(profile),
            other if self.erasure.is_none() => self.decide_profile(other),
            _ => Err(AccountError::AccountErased),
        }
    }

    fn decide_profile(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        match command {
            AccountCommand::AddProfile { profile, data } => self.add(profile, data),
            AccountCommand::AmendProfile { profile, data } => self.amend(profile, data),
            AccountCommand::RetireProfile { profile } => {
                self.in_use(profile)?;
                Ok(vec![AccountEvent::ProfileRetired { profile }])
            }
            AccountCommand::StoreCredential {
                portal,
                credential,
                data,
            } => Ok(vec![AccountEvent::CredentialStored {
                portal,
                credential,
                data,
            }]),
            AccountCommand::RefuseCredential { portal, credential } => {
                Ok(self.refuse_credential(portal, credential))
            }
            AccountCommand::RevokeCredential { portal } => match self.credentials.get(&portal) {
                Some(Credential { id, .. }) => Ok(vec![AccountEvent::CredentialRevoked {
                    portal,
                    credential: *id,
                }]),
                None => Err(AccountError::CredentialUnknown { portal }),
            },
            _ => Err(AccountError::AccountExists),
        }
    }

    /// Nothing, when another one was stored since: that one was not refused.
    fn refuse_credential(&self, portal: String, credential: CredentialId) -> Vec<AccountEvent> {
        match self.credentials.get(&portal) {
            Some(stored) if stored.id == credential && !stored.refused => {
                vec![AccountEvent::CredentialRefused { portal, credential }]
            }
            _ => vec![],
        }
    }

    fn erase(&self, profile: ProfileId) -> Result<Vec<AccountEvent>, AccountError> {
        let known = self.profiles.get(&profile);
        let known = known.ok_or(AccountError::ProfileUnknown { profile })?;
        if self.erasure.or(known.erasure).is_some() {
            return Ok(vec![]);
        }
        let profile = Some(profile);
        Ok(vec![AccountEvent::ErasureBegun { profile }])
    }

    fn complete(&self, profile: Option<ProfileId>) -> Result<Vec<AccountEvent>, AccountError> {
        let erasure = match profile {
            None => self.erasure,
            Some(id) => self.profiles.get(&id).and_then(|p| p.erasure),
        };
        match erasure {
            // An erasure of the whole account that began first covers the profile.
            None if profile.is_some() && self.erasure.is_some() => Ok(vec![]),
            None => Err(AccountError::ErasureNotBegun),
            Some(Erasure::Begun) => Ok(vec![AccountEvent::ErasureCompleted { profile }]),
            Some(Erasure::Completed) => Ok(vec![]),
        }
    }

    /// A profile that can be used, or why it can't.
    fn in_use(&self, profile: ProfileId) -> Result<&Profile, AccountError> {
        match self.profiles.get(&profile) {
            Some(known) if known.erasure.is_some() => Err(AccountError::ProfileErased { profile }),
            Some(known) if !known.retired => Ok(known),
            _ => Err(AccountError::ProfileUnknown { profile }),
        }
    }

    fn add(
        &self,
        profile: ProfileId,
        data: ProfileData,
    ) -> Result<Vec<AccountEvent>, AccountError> {
        if self.profiles.contains_key(&profile) {
            return Err(AccountError::ProfileExists { profile });
        }
        self.rfc_free(&data, profile)?;
        Ok(vec![AccountEvent::ProfileAdded { profile, data }])
    }

    fn amend(
        &self,
        profile: ProfileId,
        data: ProfileData,
    ) -> Result<Vec<AccountEvent>, AccountError> {
        let current = self.in_use(profile)?;
        self.rfc_free(&data, profile)?;
        Ok(vec![AccountEvent::ProfileAmended {
            profile,
            version: current.version + 1,
            data,
        }])
    }

    fn rfc_free(&self, data: &ProfileData, own: ProfileId) -> Result<(), AccountError> {
        let holder = self
            .profiles
            .iter()
            .find(|(id, p)| **id != own && p.is_in_use() && p.data.rfc_key == data.rfc_key);
        match holder {
            Some((profile, _)) => Err(AccountError::RfcInUse { profile: *profile }),
            None => Ok(()),
        }
    }
}

impl Aggregate for Account {
    const TYPE: &'static str = "account";
    type Command = AccountCommand;
    type Event = AccountEvent;
    type Error = AccountError;
    type Services = Now;

    async fn handle(
        &mut self,
        command: AccountCommand,
        _now: &Now,
        sink: &EventSink<Self>,
    ) -> Result<(), AccountError> {
        for event in self.decide(command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: AccountEvent) {
        match event {
            AccountEvent::AccountOpened { user } => self.user = Some(user),
            AccountEvent::ProfileAdded { profile, data } => {
                let added = Profile {
                    version: 1,
                    data,
                    retired: false,
                    erasure: None,
                };
                self.profiles.insert(profile, added);
            }
            AccountEvent::ProfileAmended {
                profile,
                version,
                data,
            } => {
                if let Some(p) = self.profiles.get_mut(&profile) {
                    p.version = version;
                    p.data = data;
                }
            }
            AccountEvent::ProfileRetired { profile } => {
                if let Some(p) = self.profiles.get_mut(&profile) {
                    p.retired = true;
                }
            }
            AccountEvent::CredentialStored {
                portal,
                credential,
                data,
            } => {
                let stored = Credential {
                    id: credential,
                    data,
                    refused: false,
                };
                self.credentials.insert(portal, stored);
            }
            AccountEvent::CredentialRefused { portal, credential } => {
                let stored = self.credentials.get_mut(&portal);
                if let Some(stored) = stored.filter(|stored| stored.id == credential) {
                    stored.refused = true;
                }
            }
            AccountEvent::CredentialRevoked { portal, .. } => {
                self.credentials.remove(&portal);
            }
            AccountEvent::ErasureBegun { profile } => self.mark(profile, Erasure::Begun),
            AccountEvent::ErasureCompleted { profile } => self.mark(profile, Erasure::Completed),
        }
    }
}

impl Account {
    fn mark(&mut self, profile: Option<ProfileId>, erasure: Erasure) {
        match profile {
            None => {
                self.erasure = Some(erasure);
                self.credentials.clear();
            }
            Some(id) => {
                if let Some(p) = self.profiles.get_mut(&id) {
                    p.erasure = Some(erasure);
                }
            }
        }
    }
}
