//! One newtype per thing that has an identity; all are UUIDs and serialise as the plain text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }
    };
}

id!(
    /// A task: one ticket on its way to an invoice.
    TaskId
);
id!(
    /// A user, derived from the provider's issuer and subject.
    UserId
);
id!(
    /// A fiscal profile (one RFC) of a user.
    ProfileId
);
id!(
    /// A portal account as its user stored it once; storing it again gives another id.
    CredentialId
);
id!(
    /// One browser session of a task.
    SessionId
);
id!(
    /// One question to a human.
    InterventionId
);
id!(
    /// One stored file: XML, PDF, screenshot.
    ArtifactId
);
