//! From Rust to WebAssembly, with whichever toolchain can.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use parts::{WASM_TARGET, WasmToolchain, linker, wasm_toolchain, workspace_dir};

use crate::Quality;

/// Compiles the page; the answer is the module's path.
///
/// # Errors
/// No toolchain for WebAssembly, or what the compiler says.
pub fn compile(quality: Quality) -> Result<PathBuf> {
    let profile = match quality {
        Quality::Quick => "page",
        Quality::Release => "page-release",
    };
    // A folder of its own: its locks are not those of the build that waits for the page.
    let target_dir = workspace_dir().join("target/wasm");
    let toolchain = wasm_toolchain()
        .context("nothing here compiles to WebAssembly; run `cargo xtask setup`")?;
    let mut cargo = cargo(&toolchain)?;
    cargo
        .current_dir(workspace_dir())
        .args(["build", "--locked", "--package", "ui", "--bin", "page"])
        .args(["--profile", profile, "--target", WASM_TARGET])
        .arg("--target-dir")
        .arg(&target_dir);
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("the page doesn't compile; the compiler's message is above");
    }
    Ok(target_dir.join(WASM_TARGET).join(profile).join("page.wasm"))
}

fn cargo(toolchain: &WasmToolchain) -> Result<Command> {
    match toolchain {
        WasmToolchain::Own { .. } => {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            Ok(Command::new(cargo))
        }
        WasmToolchain::Debian { .. } => {
            let linker = linker().context("there is no linker for WebAssembly (lld)")?;
            let path = std::env::var("PATH").unwrap_or_default();
            let mut cargo = Command::new("/usr/bin/cargo");
            cargo
                .env("PATH", format!("/usr/bin:{path}"))
                .env("RUSTC", "/usr/bin/rustc")
                // Building the standard library along is not yet a stable option.
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
                .env_remove("RUSTUP_TOOLCHAIN")
                .env_remove("CARGO")
                .arg("-Zbuild-std=std,panic_abort");
            Ok(cargo)
        }
    }
}
