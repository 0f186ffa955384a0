//! Which account runs what: as root nothing that listens or reads pages may run as root.

use std::fs;
use std::os::unix::fs::MetadataExt;

/// An account of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Numeric user id.
    pub uid: u32,
    /// Numeric id of its first group.
    pub gid: u32,
    /// Its name in `/etc/passwd`.
    pub name: String,
}

/// Whether this process runs as root (the owner of `/proc/self` is the effective user).
#[must_use]
pub fn am_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

/// The account for Postgres and NATS when we are root: `postgres`, made by Debian's package, since
/// Postgres refuses to run as root. `None`: run them as ourselves, or the account is missing.
#[must_use]
pub fn data_user() -> Option<User> {
    am_root().then(|| lookup("postgres")).flatten()
}

/// The account for browsers when we are root (Chromium's sandbox refuses root): `relevo-browser`
/// when the operator made one, else `nobody`. `None`: run them as ourselves.
#[must_use]
pub fn browser_user() -> Option<User> {
    am_root()
        .then(|| lookup("relevo-browser").or_else(|| lookup("nobody")))
        .flatten()
}

fn lookup(name: &str) -> Option<User> {
    let table = fs::read_to_string("/etc/passwd").ok()?;
    find(&table, name)
}

fn find(table: &str, name: &str) -> Option<User> {
    table.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (found == name).then(|| User {
            uid,
            gid,
            name: found.to_owned(),
        })
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::find;

    #[test]
    fn finds_an_account_by_its_whole_name() {
        let table = "postgres2:x:7:8::/:/bin/sh\npostgres:x:101:104:PG,,,:/var/lib:/bin/bash\n";
        let user = find(table, "postgres").unwrap();
        assert_eq!((user.uid, user.gid), (101, 104));
        assert_eq!(find(table, "nobody"), None);
    }
}
