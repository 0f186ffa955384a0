//! Portal accounts of users: under which name each value is sealed. The api seals, the agent opens
//! what it types, and nobody else opens anything.

use crate::totp::Totp;
use commands::{Scope, Vault, VaultError};
use domain::account::{Credential, CredentialData};
use domain::{CredentialId, UserId};
use zeroize::Zeroizing;

/// What is sealed for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Username,
    Password,
    Totp,
}

impl Part {
    fn as_str(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::Password => "password",
            Self::Totp => "totp",
        }
    }
}

/// Whose account it is, at which portal, and where it may be typed. A value that was moved to
/// another user, portal, origin or credential does not open.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub user: UserId,
    pub portal: &'a str,
    pub origin: &'a str,
    pub credential: CredentialId,
}

impl Place<'_> {
    fn aggregate(&self) -> String {
        format!("account:{}", self.user)
    }

    fn field(&self, part: Part) -> String {
        let (portal, origin, id) = (self.portal, self.origin, self.credential);
        format!("credential.{id}.{portal}.{origin}.{}", part.as_str())
    }

    async fn seal(
        &self,
        vault: &Vault,
        part: Part,
        text: &str,
    ) -> Result<domain::Sealed, VaultError> {
        let (scope, field) = (Scope::User(self.user), self.field(part));
        let aggregate = self.aggregate();
        vault.seal(scope, &aggregate, &field, text.as_bytes()).await
    }
}

/// Seals an account for the log.
///
/// # Errors
/// When the user's data key can't be had.
pub async fn seal(
    vault: &Vault,
    place: Place<'_>,
    username: &str,
    password: &str,
    totp: Option<&Totp>,
) -> Result<CredentialData, VaultError> {
    Ok(CredentialData {
        origin: place.origin.to_owned(),
        username: place.seal(vault, Part::Username, username).await?,
        password: place.seal(vault, Part::Password, password).await?,
        totp: match totp {
            Some(totp) => {
                let address = totp.to_address();
                Some(place.seal(vault, Part::Totp, &address).await?)
            }
            None => None,
        },
    })
}

/// Opens one value of an account; `None` when there is none, or none that opens any more (the
/// user's key was erased).
///
/// # Errors
/// When the database does not answer, or a key is out of order.
pub async fn open(
    vault: &Vault,
    user: UserId,
    portal: &str,
    credential: &Credential,
    part: Part,
) -> Result<Option<Zeroizing<String>>, VaultError> {
    let data = &credential.data;
    let sealed = match part {
        Part::Username => &data.username,
        Part::Password => &data.password,
        Part::Totp => match &data.totp {
            Some(sealed) => sealed,
            None => return Ok(None),
        },
    };
    let place = Place {
        user,
        portal,
        origin: &data.origin,
        credential: credential.id,
    };
    let (scope, field) = (Scope::User(user), place.field(part));
    let opened = vault
        .open_sealed(scope, &place.aggregate(), &field, sealed)
        .await;
    match opened {
        Ok(bytes) => Ok(std::str::from_utf8(&bytes)
            .ok()
            .map(|text| Zeroizing::new(text.to_owned()))),
        Err(VaultError::Erased) => Ok(None),
        Err(error @ (VaultError::DoesNotOpen | VaultError::Malformed(_))) => {
            tracing::warn!(%user, portal, %error, "a stored account does not open");
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
