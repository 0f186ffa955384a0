//! The state of an account, its fold and its rules.

use super::command::AccountCommand;
use super::error::AccountError;
use super::event::{AccountEvent, CredentialData, ProfileData};
use crate::{CredentialId, Now, ProfileId, UserId};
use cqrs_es::Aggregate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One fiscal profile of an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// 1 when added, grows with each amendment.
    pub version: u64,
    pub data: ProfileData,
    pub retired: bool,
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
}

impl Account {
    /// A profile that can be used.
    pub fn active(&self, id: ProfileId) -> Option<&Profile> {
        self.profiles.get(&id).filter(|p| !p.retired)
    }

    /// Decides a command. Refused commands emit nothing.
    ///
    /// # Errors
    /// The refusal, by name.
    pub fn decide(&self, command: AccountCommand) -> Result<Vec<AccountEvent>, AccountError> {
        if let AccountCommand::OpenAccount { user } = command {
            return match self.user {
                None => Ok(vec![AccountEvent::AccountOpened { user }]),
                Some(known) if known == user => Ok(vec![]),
                Some(_) => Err(AccountError::AccountExists),
            };
        }
        if self.user.is_none() {
            return Err(AccountError::AccountUnknown);
        }
        match command {
            AccountCommand::OpenAccount { .. } => Err(AccountError::AccountExists),
            AccountCommand::AddProfile { profile, data } => self.add(profile, data),
            AccountCommand::AmendProfile { profile, data } => self.amend(profile, data),
            AccountCommand::RetireProfile { profile } => match self.active(profile) {
                Some(_) => Ok(vec![AccountEvent::ProfileRetired { profile }]),
                None => Err(AccountError::ProfileUnknown { profile }),
            },
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
        let Some(current) = self.active(profile) else {
            return Err(AccountError::ProfileUnknown { profile });
        };
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
            .find(|(id, p)| **id != own && !p.retired && p.data.rfc_key == data.rfc_key);
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
        }
    }
}
