//! Lists the files of the page, as `cargo xtask page` built them, for `src/page/files.rs`. Without
//! them the list is empty: the api builds and says at `/` what to run.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ui/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut list = String::from("&[\n");
    let folders = [dist.clone(), dist.join("assets")];
    for path in folders.iter().flat_map(|folder| plain_files(folder)) {
        let Ok(name) = path.strip_prefix(&dist) else {
            continue;
        };
        let compressed = |extension: &str| {
            let path = PathBuf::from(format!("{}.{extension}", path.display()));
            path.is_file().then(|| format!("include_bytes!({path:?})"))
        };
        let option = |bytes: Option<String>| match bytes {
            Some(bytes) => format!("Some({bytes})"),
            None => "None".to_owned(),
        };
        writeln!(
            list,
            "    File {{ name: {name:?}, plain: include_bytes!({path:?}), brotli: {}, gzip: {} }},",
            option(compressed("br")),
            option(compressed("gz")),
        )
        .map_err(io::Error::other)?;
    }
    list.push_str("]\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("page_files.rs"), list)
}

/// The files of a folder that are no compressed form of another, by name.
fn plain_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_file())
        .filter(|path| {
            let extension = path.extension().and_then(|extension| extension.to_str());
            !matches!(extension, None | Some("br" | "gz" | "gitignore"))
        })
        .collect();
    files.sort();
    files
}
