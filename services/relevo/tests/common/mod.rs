//! What several tests hand in.

use domain::fiscal::UsoCfdi;
use domain::task::{ConfirmPolicy, Submission, Ticket};
use domain::{KeyedHash, ProfileId, Sealed, UserId};

/// A ticket of that key and sealed fields.
pub fn submission(owner: UserId, profile: ProfileId, key: &str, fields: &Sealed) -> Submission {
    Submission {
        owner,
        ticket: Ticket {
            portal: "practice".to_owned(),
            url: None,
            key: KeyedHash(key.to_owned()),
            fields: fields.clone(),
            purchase_date: None,
            total: None,
        },
        profile,
        uso_cfdi: UsoCfdi::G03,
        forma_pago: None,
        window: None,
        not_before: None,
        confirm: ConfirmPolicy::Auto,
        confirmed_values: None,
        needs_human: false,
    }
}
