//! The rules of the Account, sentence by sentence.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{CredentialId, KeyedHash, Now, ProfileId, Sealed, UserId};
use cqrs_es::test::TestFramework;
use cqrs_es::{Aggregate, DomainEvent};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

fn user(n: u128) -> UserId {
    UserId(Uuid::from_u128(n))
}

fn profile(n: u128) -> ProfileId {
    ProfileId(Uuid::from_u128(0x9f + n))
}

/// The data of the RFC with that number; `mended` changes what is not the RFC.
fn data(rfc: u8, mended: u8) -> ProfileData {
    ProfileData {
        rfc_key: KeyedHash(format!("{rfc:02x}").repeat(32)),
        fiscal: Sealed(format!("v1.fiscal.{rfc}.{mended}")),
    }
}

fn opened() -> AccountEvent {
    AccountEvent::AccountOpened { user: user(1) }
}

fn added(n: u128, rfc: u8) -> AccountEvent {
    AccountEvent::ProfileAdded {
        profile: profile(n),
        data: data(rfc, 0),
    }
}

fn amended(n: u128, version: u64, rfc: u8, mended: u8) -> AccountEvent {
    AccountEvent::ProfileAmended {
        profile: profile(n),
        version,
        data: data(rfc, mended),
    }
}

fn retired(n: u128) -> AccountEvent {
    AccountEvent::ProfileRetired {
        profile: profile(n),
    }
}

fn add(n: u128, rfc: u8) -> AccountCommand {
    AccountCommand::AddProfile {
        profile: profile(n),
        data: data(rfc, 0),
    }
}

fn amend(n: u128, rfc: u8, mended: u8) -> AccountCommand {
    AccountCommand::AmendProfile {
        profile: profile(n),
        data: data(rfc, mended),
    }
}

fn retire(n: u128) -> AccountCommand {
    AccountCommand::RetireProfile {
        profile: profile(n),
    }
}

fn open(n: u128) -> AccountCommand {
    AccountCommand::OpenAccount { user: user(n) }
}

fn credential(n: u128) -> CredentialId {
    CredentialId(Uuid::from_u128(0xc0 + n))
}

fn sealed_login(n: u128) -> CredentialData {
    CredentialData {
        origin: "https://cuenta.example".to_owned(),
        username: Sealed(format!("v1.user.{n}")),
        password: Sealed(format!("v1.password.{n}")),
        totp: n.is_multiple_of(2).then(|| Sealed(format!("v1.seed.{n}"))),
    }
}

fn store(portal: &str, n: u128) -> AccountCommand {
    AccountCommand::StoreCredential {
        portal: portal.to_owned(),
        credential: credential(n),
        data: sealed_login(n),
    }
}

fn refuse(portal: &str, n: u128) -> AccountCommand {
    AccountCommand::RefuseCredential {
        portal: portal.to_owned(),
        credential: credential(n),
    }
}

fn revoke(portal: &str) -> AccountCommand {
    AccountCommand::RevokeCredential {
        portal: portal.to_owned(),
    }
}

fn stored(portal: &str, n: u128) -> AccountEvent {
    AccountEvent::CredentialStored {
        portal: portal.to_owned(),
        credential: credential(n),
        data: sealed_login(n),
    }
}

fn refused(portal: &str, n: u128) -> AccountEvent {
    AccountEvent::CredentialRefused {
        portal: portal.to_owned(),
        credential: credential(n),
    }
}

fn revoked(portal: &str, n: u128) -> AccountEvent {
    AccountEvent::CredentialRevoked {
        portal: portal.to_owned(),
        credential: credential(n),
    }
}

fn account(history: &[AccountEvent]) -> Account {
    let mut account = Account::default();
    for event in history {
        account.apply(event.clone());
    }
    account
}

/// Given, when, then; answers the account as it is afterwards.
fn gives(given: &[AccountEvent], when: AccountCommand, then: &[AccountEvent]) -> Account {
    TestFramework::<Account>::with(Now(chrono::DateTime::UNIX_EPOCH))
        .given(given.to_vec())
        .when(when)
        .then_expect_events(then.to_vec());
    account(&[given, then].concat())
}

fn refuses(given: &[AccountEvent], when: AccountCommand, then: AccountError) {
    TestFramework::<Account>::with(Now(chrono::DateTime::UNIX_EPOCH))
        .given(given.to_vec())
        .when(when)
        .then_expect_error(then);
}

#[test]
fn an_account_is_opened_for_a_user() {
    let after = gives(&[], open(1), &[opened()]);
    assert_eq!(after.user, Some(user(1)));
}

#[test]
fn opening_ones_own_account_again_gives_nothing_to_do() {
    gives(&[opened()], open(1), &[]);
    gives(&[opened(), added(1, 1)], open(1), &[]);
}

#[test]
fn an_account_belongs_to_one_user() {
    refuses(&[opened()], open(2), AccountError::AccountExists);
}

#[test]
fn an_account_that_was_never_opened_takes_nothing() {
    for command in [
        add(1, 1),
        amend(1, 1, 1),
        retire(1),
        erase(1),
        AccountCommand::EraseAccount,
        complete(None),
        store("faro", 1),
        refuse("faro", 1),
        revoke("faro"),
    ] {
        refuses(&[], command, AccountError::AccountUnknown);
    }
}

#[test]
fn a_profile_is_added_in_its_first_version() {
    let after = gives(&[opened()], add(1, 1), &[added(1, 1)]);
    let added = after.active(profile(1)).unwrap();
    assert_eq!((added.version, &added.data), (1, &data(1, 0)));
}

#[test]
fn a_user_has_several_profiles_with_different_rfcs() {
    let after = gives(&[opened(), added(1, 1)], add(2, 2), &[added(2, 2)]);
    assert!(after.active(profile(1)).is_some() && after.active(profile(2)).is_some());
}

#[test]
fn an_rfc_stands_in_one_profile_in_use() {
    let in_use = AccountError::RfcInUse {
        profile: profile(1),
    };
    refuses(&[opened(), added(1, 1)], add(2, 1), in_use.clone());
    let two = [opened(), added(1, 1), added(2, 2)];
    refuses(&two, amend(2, 1, 0), in_use);
}

#[test]
fn the_rfc_of_a_retired_profile_is_free_again() {
    let history = [opened(), added(1, 1), retired(1)];
    gives(&history, add(2, 1), &[added(2, 1)]);
}

#[test]
fn a_profiles_id_is_used_once() {
    let exists = AccountError::ProfileExists {
        profile: profile(1),
    };
    refuses(&[opened(), added(1, 1)], add(1, 2), exists.clone());
    let history = [opened(), added(1, 1), retired(1)];
    refuses(&history, add(1, 1), exists);
}

#[test]
fn an_amended_profile_gets_the_next_version() {
    let once = [opened(), added(1, 1)];
    let after = gives(&once, amend(1, 1, 7), &[amended(1, 2, 1, 7)]);
    assert_eq!(after.active(profile(1)).unwrap().data, data(1, 7));
    let twice = [opened(), added(1, 1), amended(1, 2, 1, 7)];
    gives(&twice, amend(1, 3, 8), &[amended(1, 3, 3, 8)]);
}

#[test]
fn amending_to_the_same_values_still_counts() {
    let once = [opened(), added(1, 1)];
    gives(&once, amend(1, 1, 0), &[amended(1, 2, 1, 0)]);
}

#[test]
fn an_unknown_or_retired_profile_is_neither_amended_nor_retired() {
    let unknown = AccountError::ProfileUnknown {
        profile: profile(1),
    };
    for history in [
        vec![opened()],
        vec![opened(), added(1, 1), retired(1)],
        vec![opened(), added(2, 1)],
    ] {
        refuses(&history, amend(1, 1, 1), unknown.clone());
        refuses(&history, retire(1), unknown.clone());
    }
}

#[test]
fn a_retired_profile_is_kept_and_not_in_use() {
    let after = gives(&[opened(), added(1, 1)], retire(1), &[retired(1)]);
    assert_eq!(after.active(profile(1)), None);
    assert_eq!(after.profiles[&profile(1)].data, data(1, 0));
}

#[test]
fn a_portal_has_one_credential_and_the_last_one_counts() {
    let after = gives(&[opened()], store("faro", 1), &[stored("faro", 1)]);
    assert_eq!(after.credentials["faro"].data, sealed_login(1));
    let once = [opened(), stored("faro", 1), stored("paloma", 2)];
    let after = gives(&once, store("faro", 3), &[stored("faro", 3)]);
    assert_eq!(after.credentials["faro"].id, credential(3));
    assert_eq!(after.credentials["paloma"].id, credential(2));
}

#[test]
fn a_refused_credential_says_so_until_another_is_stored() {
    let once = [opened(), stored("faro", 1)];
    let after = gives(&once, refuse("faro", 1), &[refused("faro", 1)]);
    assert!(after.credentials["faro"].refused);
    let twice = [opened(), stored("faro", 1), refused("faro", 1)];
    gives(&twice, refuse("faro", 1), &[]);
    let after = gives(&twice, store("faro", 2), &[stored("faro", 2)]);
    assert!(!after.credentials["faro"].refused);
}

#[test]
fn a_late_refusal_does_not_hit_what_was_stored_since() {
    let newer = [opened(), stored("faro", 1), stored("faro", 2)];
    gives(&newer, refuse("faro", 1), &[]);
    let gone = [opened(), stored("faro", 1), revoked("faro", 1)];
    gives(&gone, refuse("faro", 1), &[]);
    gives(&[opened()], refuse("faro", 1), &[]);
}

#[test]
fn a_revoked_credential_is_gone() {
    let once = [opened(), stored("faro", 1)];
    let after = gives(&once, revoke("faro"), &[revoked("faro", 1)]);
    assert_eq!(after.credentials.len(), 0);
    let unknown = AccountError::CredentialUnknown {
        portal: "faro".to_owned(),
    };
    let gone = [opened(), stored("faro", 1), revoked("faro", 1)];
    for history in [
        vec![opened()],
        vec![opened(), stored("paloma", 1)],
        gone.to_vec(),
    ] {
        refuses(&history, revoke("faro"), unknown.clone());
    }
}

fn begun(n: Option<u128>) -> AccountEvent {
    AccountEvent::ErasureBegun {
        profile: n.map(profile),
    }
}

fn completed(n: Option<u128>) -> AccountEvent {
    AccountEvent::ErasureCompleted {
        profile: n.map(profile),
    }
}

fn erase(n: u128) -> AccountCommand {
    AccountCommand::EraseProfile {
        profile: profile(n),
    }
}

fn complete(n: Option<u128>) -> AccountCommand {
    AccountCommand::CompleteErasure {
        profile: n.map(profile),
    }
}

#[test]
fn a_profile_is_erased_retired_or_not_and_its_neighbours_stay() {
    let two = [opened(), added(1, 1), added(2, 2)];
    let after = gives(&two, erase(1), &[begun(Some(1))]);
    assert!(after.active(profile(1)).is_none() && after.active(profile(2)).is_some());
    let retired = [opened(), added(1, 1), retired(1)];
    gives(&retired, erase(1), &[begun(Some(1))]);
    let unknown = AccountError::ProfileUnknown {
        profile: profile(3),
    };
    refuses(&two, erase(3), unknown);
}

#[test]
fn an_erased_profile_is_not_used_again_and_its_rfc_is_free() {
    let erased = AccountError::ProfileErased {
        profile: profile(1),
    };
    for end in [vec![], vec![completed(Some(1))]] {
        let history = [vec![opened(), added(1, 1), begun(Some(1))], end].concat();
        for command in [amend(1, 1, 1), retire(1)] {
            refuses(&history, command, erased.clone());
        }
        gives(&history, add(2, 1), &[added(2, 1)]);
        gives(&history, erase(1), &[]);
    }
}

#[test]
fn an_erased_account_takes_nothing_more() {
    for end in [vec![], vec![completed(None)]] {
        let known = vec![opened(), added(1, 1), stored("faro", 1), begun(None)];
        let history = [known, end].concat();
        let account_of = account(&history);
        assert!(account_of.credentials.is_empty());
        for command in [
            open(1),
            open(2),
            add(2, 2),
            amend(1, 1, 1),
            retire(1),
            store("faro", 2),
            refuse("faro", 1),
            revoke("faro"),
        ] {
            refuses(&history, command, AccountError::AccountErased);
        }
        for command in [AccountCommand::EraseAccount, erase(1), complete(Some(1))] {
            gives(&history, command, &[]);
        }
        assert!(account(&history).active(profile(1)).is_none());
    }
    gives(&[opened()], AccountCommand::EraseAccount, &[begun(None)]);
}

#[test]
fn an_erasure_is_completed_once_and_only_when_it_began() {
    let one = [opened(), added(1, 1)];
    for command in [complete(None), complete(Some(1)), complete(Some(2))] {
        refuses(&one, command, AccountError::ErasureNotBegun);
    }
    let begun_both = [opened(), added(1, 1), begun(Some(1)), begun(None)];
    gives(&begun_both, complete(Some(1)), &[completed(Some(1))]);
    gives(&begun_both, complete(None), &[completed(None)]);
    let done = [opened(), added(1, 1), begun(Some(1)), completed(Some(1))];
    gives(&done, complete(Some(1)), &[]);
    refuses(&done, complete(None), AccountError::ErasureNotBegun);
}

fn command() -> impl Strategy<Value = AccountCommand> {
    let (ids, rfcs, mended) = (0..4u128, 0..4u8, 0..3u8);
    let portals = prop::sample::select(vec!["faro", "paloma"]);
    let portal = (portals, ids.clone());
    prop_oneof![
        1 => (1..3u128).prop_map(open),
        4 => (ids.clone(), rfcs.clone()).prop_map(|(n, rfc)| add(n, rfc)),
        4 => (ids.clone(), rfcs, mended).prop_map(|(n, rfc, m)| amend(n, rfc, m)),
        2 => ids.clone().prop_map(retire),
        2 => portal.clone().prop_map(|(portal, n)| store(portal, n)),
        1 => portal.clone().prop_map(|(portal, n)| refuse(portal, n)),
        1 => portal.prop_map(|(portal, _)| revoke(portal)),
        1 => ids.clone().prop_map(erase),
        1 => ids.prop_map(|n| complete((n > 0).then_some(n))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is asked: one user, no RFC twice in use, versions grow by one, refusals and
    /// repetitions change nothing, and every event reads back as it was written.
    #[test]
    fn an_account_stays_in_order(commands in prop::collection::vec(command(), 1..60)) {
        let mut account = Account::default();
        let mut versions = BTreeMap::new();
        for command in commands {
            let before = account.clone();
            let events = account.decide(command).unwrap_or_default();
            for event in events {
                let text = serde_json::to_string(&event).unwrap();
                prop_assert_eq!(&serde_json::from_str::<AccountEvent>(&text).unwrap(), &event);
                prop_assert_eq!(event.event_type(), event.name());
                account.apply(event);
            }
            prop_assert!(before.user.is_none() || before.user == account.user);
            prop_assert!(account.user.is_some() || account.profiles.is_empty());
            prop_assert!(account.user.is_some() || account.credentials.is_empty());
            let mut rfcs: Vec<_> = account
                .profiles
                .values()
                .filter(|p| !p.retired && p.erasure.is_none())
                .map(|p| &p.data.rfc_key)
                .collect();
            let in_use = rfcs.len();
            rfcs.sort();
            rfcs.dedup();
            prop_assert_eq!(rfcs.len(), in_use);
            for (id, known) in &account.profiles {
                let last = versions.insert(*id, known.version).unwrap_or(known.version - 1);
                prop_assert!(known.version == last || known.version == last + 1);
            }
            for (id, known) in &before.profiles {
                let now = &account.profiles[id];
                let ended = known.retired || known.erasure.is_some();
                prop_assert!(!ended || now.data == known.data && now.retired == known.retired);
                prop_assert!(known.erasure.is_none() || now.erasure.is_some());
            }
        }
    }
}
