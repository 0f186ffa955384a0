//! Files on disk, with their compressed forms, only where something changed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use parts::workspace_dir;

use crate::Quality;
use crate::bundle::Bundle;

/// What the module may weigh on its way to a browser, in bytes after Brotli.
const WASM_LIMIT_BYTES: usize = 1_200_000;

/// Writes the page to `ui/dist` and says what it weighs.
///
/// # Errors
/// A file that can't be written; a module that has grown too large.
pub fn write(bundle: &Bundle, quality: Quality) -> Result<()> {
    let dist = workspace_dir().join("ui/dist");
    fs::create_dir_all(dist.join("assets"))?;
    let mut names = BTreeSet::new();
    let (mut plain_total, mut brotli_total, mut module) = (0, 0, 0);
    for (name, content) in &bundle.files {
        names.insert(name.clone());
        let path = dist.join(name);
        let fresh = put(&path, content)?;
        plain_total += content.len();
        if name.ends_with(".woff2") {
            brotli_total += content.len();
            continue;
        }
        let (brotli, gzip) = (format!("{name}.br"), format!("{name}.gz"));
        let as_before = !fresh && quality == Quality::Quick;
        if !as_before || !dist.join(&brotli).is_file() || !dist.join(&gzip).is_file() {
            put(&dist.join(&brotli), &by_brotli(content, quality)?)?;
            put(&dist.join(&gzip), &by_gzip(content)?)?;
        }
        let size = usize::try_from(fs::metadata(dist.join(&brotli))?.len())?;
        brotli_total += size;
        if *name == bundle.wasm {
            module = size;
        }
        names.extend([brotli, gzip]);
    }
    remove_others(&dist, &names)?;
    println!(
        "page: {} kB, {} kB as sent (Brotli); the module alone {} kB",
        plain_total / 1000,
        brotli_total / 1000,
        module / 1000
    );
    if module > WASM_LIMIT_BYTES {
        bail!("the module weighs {module} bytes as sent; at most {WASM_LIMIT_BYTES} are allowed");
    }
    Ok(())
}

/// Writes a file unless it is there with that content; whether it was written.
fn put(path: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(true)
}

/// Removes what an earlier build left.
fn remove_others(dist: &Path, names: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(dist.join("assets"))?.flatten() {
        let name = format!("assets/{}", entry.file_name().to_string_lossy());
        if !names.contains(&name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn by_brotli(content: &[u8], quality: Quality) -> Result<Vec<u8>> {
    let level = match quality {
        Quality::Quick => 5,
        Quality::Release => 11,
    };
    let mut compressed = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut compressed, 1 << 16, level, 22);
    writer.write_all(content)?;
    writer.flush()?;
    drop(writer);
    Ok(compressed)
}

fn by_gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::best());
    writer.write_all(content)?;
    Ok(writer.finish()?)
}
