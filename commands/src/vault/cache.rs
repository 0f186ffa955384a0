//! Unwrapped data keys in memory: for a minute, so many, and wiped when they go.

use super::Scope;
use super::blob::Secret;
use super::value::KeyName;
use hashlink::LinkedHashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How long an unwrapped key may be used after its row was read: so long a destroyed key lives on.
pub(crate) const KEPT_FOR: Duration = Duration::from_secs(60);
/// How many scopes' keys are kept at once.
const KEPT: usize = 1024;

/// A data key in all its versions, oldest first, never empty. Wiped when dropped.
pub(super) struct DataKeys {
    pub id: Uuid,
    pub versions: Vec<(i32, Secret)>,
}

impl DataKeys {
    /// The one that seals.
    pub(super) fn newest(&self) -> Option<(KeyName, &Secret)> {
        let (version, key) = self.versions.last()?;
        let name = KeyName {
            id: self.id,
            version: *version,
        };
        Some((name, key))
    }

    /// The one of that name.
    pub(super) fn named(&self, name: KeyName) -> Option<&Secret> {
        let mut versions = self.versions.iter();
        let found = versions.find(|(version, _)| *version == name.version)?;
        (self.id == name.id).then_some(&found.1)
    }
}

/// Keys by scope, in the order in which they were read.
#[derive(Default)]
pub(super) struct Cache {
    kept: LinkedHashMap<Scope, (Instant, Arc<DataKeys>)>,
}

impl Cache {
    /// The scope's keys, if they were read within the last minute.
    pub(super) fn get(&mut self, scope: Scope, now: Instant) -> Option<Arc<DataKeys>> {
        self.sweep(now);
        self.kept.get(&scope).map(|(_, keys)| Arc::clone(keys))
    }

    /// Keeps keys that were read at `read`.
    pub(super) fn keep(&mut self, scope: Scope, keys: Arc<DataKeys>, read: Instant) {
        // Removed first: a key that is there already would keep its place in the order.
        self.kept.remove(&scope);
        self.kept.insert(scope, (read, keys));
        while self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    /// Drops what was read a minute ago or earlier.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.kept
            .retain(|_, (read, _)| now.saturating_duration_since(*read) < KEPT_FOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::UserId;
    use std::sync::Weak;
    use zeroize::{ZeroizeOnDrop, Zeroizing};

    fn scope(n: u128) -> Scope {
        Scope::User(UserId(Uuid::from_u128(n)))
    }

    fn keys(versions: &[i32]) -> Arc<DataKeys> {
        let key = |version: &i32| (*version, Zeroizing::new([1; 32]));
        Arc::new(DataKeys {
            id: Uuid::from_u128(5),
            versions: versions.iter().map(key).collect(),
        })
    }

    fn kept(cache: &mut Cache, n: u128, read: Instant) -> Weak<DataKeys> {
        let keys = keys(&[1]);
        let seen = Arc::downgrade(&keys);
        cache.keep(scope(n), keys, read);
        seen
    }

    #[test]
    fn a_key_is_gone_a_minute_after_it_was_read_however_often_it_is_used() {
        let (mut cache, start) = (Cache::default(), Instant::now());
        let seen = kept(&mut cache, 1, start);
        for second in 0..60 {
            let now = start + Duration::from_secs(second);
            assert!(cache.get(scope(1), now).is_some(), "{second}");
        }
        assert!(cache.get(scope(1), start + KEPT_FOR).is_none());
        assert!(seen.upgrade().is_none());
    }

    #[test]
    fn sweeping_drops_what_nobody_asks_for() {
        let (mut cache, start) = (Cache::default(), Instant::now());
        let old = kept(&mut cache, 1, start);
        let young = kept(&mut cache, 2, start + Duration::from_secs(30));
        cache.sweep(start + KEPT_FOR);
        assert!(old.upgrade().is_none() && young.upgrade().is_some());
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let (mut cache, now) = (Cache::default(), Instant::now());
        let first = kept(&mut cache, 0, now);
        let all: Vec<_> = (1..=KEPT as u128)
            .map(|n| kept(&mut cache, n, now))
            .collect();
        assert!(first.upgrade().is_none());
        assert!(all.iter().all(|key| key.upgrade().is_some()));
        // Read anew, a key is the youngest.
        kept(&mut cache, 1, now);
        kept(&mut cache, 9999, now);
        assert!(cache.get(scope(1), now).is_some());
        assert!(all[1].upgrade().is_none());
    }

    #[test]
    fn the_newest_version_seals_and_each_opens_its_own() {
        let keys = keys(&[1, 2, 4]);
        let name = |version| KeyName {
            id: keys.id,
            version,
        };
        assert_eq!(keys.newest().unwrap().0, name(4));
        assert!(keys.named(name(2)).is_some() && keys.named(name(3)).is_none());
        let other = KeyName {
            id: Uuid::nil(),
            version: 2,
        };
        assert!(keys.named(other).is_none());
    }

    #[test]
    fn a_dropped_key_is_wiped() {
        fn wiped_on_drop<T: ZeroizeOnDrop>(_: &T) {}
        wiped_on_drop(&keys(&[1]).versions[0].1);
    }
}
