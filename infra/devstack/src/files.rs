//! Folders, owners, secrets and locks of a stack.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use parts::User;

/// Makes a folder (and what is above it) and gives it to its account: mode 0700 for an account of
/// its own or a private one, 0755 for what others must pass through.
pub(crate) fn make_dir(path: &Path, mode: u32, owner: Option<&User>) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o755)
        .create(path)
        .with_context(|| format!("cannot make {}", path.display()))?;
    fs::set_permissions(path, Permissions::from_mode(mode))?;
    if let Some(user) = owner {
        chown(path, Some(user.uid), Some(user.gid))
            .with_context(|| format!("cannot give {} to {}", path.display(), user.name))?;
    }
    Ok(())
}

/// Writes a file whole with the mode given, then gives it to its account. Replaces what was there.
pub(crate) fn write_file(path: &Path, text: &str, mode: u32, owner: Option<&User>) -> Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(mode)
        .open(&beside)
        .with_context(|| format!("cannot write {}", beside.display()))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    if let Some(user) = owner {
        chown(&beside, Some(user.uid), Some(user.gid))?;
    }
    fs::rename(&beside, path).with_context(|| format!("cannot write {}", path.display()))
}

/// Reads a file made by an earlier start, or makes it with mode 0600.
pub(crate) fn read_or_make(path: &Path, make: impl FnOnce() -> Result<String>) -> Result<String> {
    if let Ok(text) = fs::read_to_string(path) {
        return Ok(text);
    }
    let text = make()?;
    write_file(path, &text, 0o600, None)?;
    Ok(text)
}

/// `2 * bytes` hexadecimal digits from the system's random source.
pub(crate) fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0; bytes];
    getrandom::fill(&mut buffer).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    Ok(hex::encode(buffer))
}

/// Takes the lock of a folder for as long as the file lives; `None` when another process has it.
/// The kernel frees it however its holder ends.
pub(crate) fn lock(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => bail!("cannot lock {}: {error}", path.display()),
    }
}

/// Copies a folder with its owners and modes; the target must not exist.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let meta = fs::metadata(from).with_context(|| format!("cannot read {}", from.display()))?;
    if meta.is_dir() {
        fs::create_dir(to).with_context(|| format!("cannot make {}", to.display()))?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_tree(&entry.path(), &to.join(entry.file_name()))?;
        }
    } else {
        fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    }
    fs::set_permissions(to, meta.permissions())?;
    if parts::am_root() {
        chown(to, Some(meta.uid()), Some(meta.gid()))?;
    }
    Ok(())
}

/// The last lines of a log from a byte on, for an error message.
pub(crate) fn log_tail(path: &Path, from: u64) -> String {
    let bytes = fs::read(path).unwrap_or_default();
    let from = usize::try_from(from).unwrap_or(0).min(bytes.len());
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// The length of a log now, in bytes; 0 when there is none.
pub(crate) fn log_length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

/// FNV-1a of a path: a short, stable name for it.
pub(crate) fn path_tag(path: &Path) -> String {
    let hash = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("{hash:016x}")
}

/// A program or folder that must be reachable for another account: tells which folder closes it.
pub(crate) fn check_reachable(path: &Path, user: Option<&User>) -> Result<()> {
    use std::os::unix::fs::MetadataExt;
    let Some(user) = user else { return Ok(()) };
    let real = fs::canonicalize(path).with_context(|| format!("cannot find {}", path.display()))?;
    for folder in real.ancestors().skip(1) {
        let meta = fs::metadata(folder)?;
        let bit = match () {
            () if meta.uid() == user.uid => 0o100,
            () if meta.gid() == user.gid => 0o010,
            () => 0o001,
        };
        if meta.mode() & bit == 0 {
            bail!(
                "{} can't be used by the account {}: the folder {} is closed to it",
                path.display(),
                user.name,
                folder.display()
            );
        }
    }
    Ok(())
}

/// A path as text; every path of ours is made from text.
pub(crate) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// The absolute form of a path without asking that it exists.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).with_context(|| format!("{} is no path", path.display()))
}
