//! Rows of wrapped keys: damaged ones, those of the first form, and keys from a variable.

use crate::harness::*;
use crate::keys::*;
use crate::vault::written;
use commands::{KeySource, Scope, Vault, VaultError};
use domain::UserId;
use uuid::Uuid;

#[test]
fn a_wrapped_key_opens_in_its_own_row_only() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let source = key_file(folder.path(), "k2", &["k1", "k2"]);
        let values = seal_many(&vault(&db, &source).await, 2).await;
        let (scope, sealed) = &values[0];
        let Scope::User(user) = *scope else {
            panic!("a user's")
        };
        let whole = "update vault.data_keys a set wrapped = b.wrapped, wrapped_by = b.wrapped_by \
                     from vault.data_keys b where a.user_id = $1 and b.user_id <> $1";
        for damage in [
            whole,
            "update vault.data_keys set wrapped_by = 'k1' where user_id = $1",
            "update vault.data_keys set wrapped = set_byte(wrapped, 50, 255 - get_byte(wrapped, 50)) \
             where user_id = $1",
            "update vault.data_keys set wrapped = set_byte(wrapped, 0, 9) where user_id = $1",
            "update vault.data_keys set wrapped = substr(wrapped, 1, 20) where user_id = $1",
            "update vault.data_keys set wrapped = '' where user_id = $1",
        ] {
            let saved = "create table saved as table vault.data_keys";
            sqlx::query(saved).execute(&db.admin).await.unwrap();
            let damaged = sqlx::query(damage).bind(user.0).execute(&db.admin).await;
            assert_eq!(damaged.unwrap().rows_affected(), 1);
            let later = vault(&db, &source).await;
            let error = later
                .open_bytes(*scope, "a", "f", sealed)
                .await
                .unwrap_err();
            let named = matches!(
                error,
                VaultError::DataKeyDamaged { .. } | VaultError::DataKeyMalformed { .. }
            );
            assert!(named, "{damage}: {error:?}");
            let restore = "update vault.data_keys k set wrapped = s.wrapped, \
                           wrapped_by = s.wrapped_by from saved s where s.id = k.id";
            sqlx::query(restore).execute(&db.admin).await.unwrap();
            let drop = "drop table saved";
            sqlx::query(drop).execute(&db.admin).await.unwrap();
        }
        all_open(&vault(&db, &source).await, &values).await;
    });
}

#[test]
fn what_the_first_form_sealed_opens_and_is_rotated() {
    // Made by another implementation of XChaCha20-Poly1305, as the first program wrote them.
    const CHECK: &str = "0100000000000000000000000000000000010101010101010101010101010101010101010101010101e5edb0549c4551b11538ae2fbcf3abbfa66f53748cfbd7f17799e6063d59ac97";
    const INSTALLATION: &str = "010000000000000000000000000000000002020202020202020202020202020202020202020202020209fd98a58890feb413dc6476d1f7349bd0faa495ed822a2d6ef8fec2b59cc7ddd8e3e640902c524dac3367a46f42a8d0";
    const USER: &str = "01000000000000000000000000000000000202020202020202020202020202020202020202020202023aceab96bba3cd8720ef5745e2c407a8e3c997a6deb1191e5dcbcdf186aff4ee752f5bb4237f2e0b6a4319a9b9093958";
    const SEALED: &str = "0100000000000000000000000000000020030303030303030303030303030303030303030303030303e46bcf108276ef405bf408643a7ee9aa566f7e5e4093f2e7d60c094b9b";
    const HASH: &str = "66c82a2df10cca822af8d4a5bde91ee9fa561f009da36d3db1d3490e213d53f3";
    with_database(async |db| {
        let bytes = |text: &str| hex::decode(text).unwrap();
        let id = Uuid::from_u128;
        sqlx::query("insert into vault.key_checks (key_id, check_value) values ('k1', $1)")
            .bind(bytes(CHECK))
            .execute(&db.admin)
            .await
            .unwrap();
        // As the first program inserted: it knew of no versions.
        let insert = "insert into vault.data_keys (id, kind, user_id, wrapped_by, wrapped) \
                      values ($1, $2, $3, 'k1', $4)";
        for (key, kind, user, wrapped) in [
            (id(0x10), "installation", None, INSTALLATION),
            (id(0x20), "user", Some(id(1)), USER),
        ] {
            let row = sqlx::query(insert).bind(key).bind(kind).bind(user);
            row.bind(bytes(wrapped)).execute(&db.admin).await.unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let text = format!("id = \"k1\"\nkey = \"{}\"\n", "ab".repeat(32));
        let file = written(folder.path(), "one.toml", &text, 0o600);
        let owner = UserId(id(1));
        let (scope, sealed) = (Scope::User(owner), bytes(SEALED));
        let opens = async |vault: &Vault| {
            let opened = vault.open_bytes(scope, "task-1", "rfc", &sealed).await;
            assert_eq!(opened.unwrap().as_slice(), b"XAXX010101000");
            let moved = vault.open_bytes(scope, "task-2", "rfc", &sealed).await;
            assert!(matches!(moved, Err(VaultError::DoesNotOpen)));
            assert_eq!(vault.keyed_hash(owner, "rfc", "XAXX010101000").0, HASH);
        };
        opens(&vault(&db, &KeySource::File(file)).await).await;
        let both = key_file(folder.path(), "k2", &["k1", "k2"]);
        let keys = admin(&db, &both).await;
        assert_eq!(rewrap_all(&keys).await, 2);
        renew_all(&keys, keys.now().await.unwrap()).await;
        opens(&vault(&db, &key_file(folder.path(), "k2", &["k2"])).await).await;
    });
}

#[test]
fn keys_from_a_variable_open_what_keys_from_a_file_sealed() {
    with_database(async |db| {
        let folder = tempfile::tempdir().unwrap();
        let file = key_file(folder.path(), "k1", &["k1"]);
        let values = seal_many(&vault(&db, &file).await, 1).await;
        let text = |digits: &str| KeySource::Text {
            name: "RELEVO_KEYS__TEXT".to_owned(),
            text: format!("id = \"k1\"\nkey = \"{}\"\n", digits.repeat(32)).into(),
        };
        all_open(&vault(&db, &text("ab")).await, &values).await;
        let wrong = Vault::open(db.pool("relevo_api").await, &text("12")).await;
        let error = wrong.unwrap_err();
        let told = format!("{error:?} {error}");
        assert!(told.contains("RELEVO_KEYS__TEXT") && told.contains("k1"));
        assert!(!told.contains("1212"), "{told}");
    });
}
