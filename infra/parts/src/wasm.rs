//! What compiles the page to WebAssembly.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The page's target.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// A way to compile for [`WASM_TARGET`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The toolchain in use has the compiled standard library.
    Own {
        /// Its folder.
        library: PathBuf,
    },
    /// Debian's compiler for the web, in `/usr/bin`, and the standard library's source, which is
    /// compiled along. It doesn't disturb the toolchain in use.
    Debian {
        /// The source's folder.
        source: PathBuf,
    },
}

/// The first way that this machine offers.
#[must_use]
pub fn wasm_toolchain() -> Option<WasmToolchain> {
    let own = sysroot().map(|root| root.join("lib/rustlib").join(WASM_TARGET));
    if let Some(library) = own.filter(|library| library.join("lib").is_dir()) {
        return Some(WasmToolchain::Own { library });
    }
    let source = PathBuf::from("/usr/lib/rustlib/src/rust");
    let complete = source.join("library/std/Cargo.toml").is_file()
        && Path::new("/usr/bin/rustc").is_file()
        && Path::new("/usr/bin/cargo").is_file();
    (complete && linker().is_some()).then_some(WasmToolchain::Debian { source })
}

/// The linker that the toolchain in use brings; Debian's compiler has none for the web.
#[must_use]
pub fn linker() -> Option<PathBuf> {
    let own = sysroot().map(|root| root.join("lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld"));
    let debian = [PathBuf::from("/usr/bin/wasm-ld")];
    own.into_iter().chain(debian).find(|path| path.is_file())
}

/// Asks rustup for the library; fails within seconds where it can't be had.
pub(crate) fn add_by_rustup() -> bool {
    Command::new("rustup")
        .args(["target", "add", WASM_TARGET])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn sysroot() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "sysroot"]).output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    Some(PathBuf::from(text.trim()))
}
