//! Where data, sockets, sessions and fetched programs lie.

use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::users::am_root;

/// The root of the source tree this program was built from.
#[must_use]
pub fn workspace_dir() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// The folder for everything that is kept or made at run time, created when missing.
///
/// `RELEVO_STATE_DIR` when set; as root `/var/tmp/relevo-<hash of the workspace's path>`, because
/// other accounts must reach it and a home folder is closed to them; else `.relevo` in the
/// workspace. Fails when the folder belongs to somebody else (anybody may write to `/var/tmp`).
pub fn state_dir() -> Result<PathBuf> {
    let dir = match std::env::var_os("RELEVO_STATE_DIR") {
        Some(dir) => std::path::absolute(dir)?,
        None if am_root() => {
            let hash = fnv1a(workspace_dir().as_os_str().as_encoded_bytes());
            PathBuf::from(format!("/var/tmp/relevo-{hash:016x}"))
        }
        None => workspace_dir().join(".relevo"),
    };
    if let Err(error) = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(&dir)
    {
        bail!(
            "cannot make {}: {error}; set RELEVO_STATE_DIR to a folder you can write to",
            dir.display()
        );
    }
    let meta = fs::symlink_metadata(&dir)?;
    let ours = fs::metadata("/proc/self")?.uid();
    if !meta.is_dir() || meta.uid() != ours {
        bail!(
            "{} is not a folder of this account; remove it or set RELEVO_STATE_DIR",
            dir.display()
        );
    }
    // The umask may have closed it to the accounts that servers and browsers run as.
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot open {} to other accounts", dir.display()))?;
    Ok(dir)
}

/// The folder of programs fetched for this project, below [`state_dir`]; survives `cargo clean`.
pub fn cache_dir() -> Result<PathBuf> {
    let dir = state_dir()?.join("parts");
    fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    Ok(dir)
}

/// FNV-1a, 64 bits: a stable name for a path, not a secret.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{fnv1a, workspace_dir};

    #[test]
    fn the_workspace_is_where_the_root_manifest_lies() {
        assert!(workspace_dir().join("infra/parts/Cargo.toml").is_file());
    }

    #[test]
    fn the_hash_is_the_published_one() {
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
    }
}
