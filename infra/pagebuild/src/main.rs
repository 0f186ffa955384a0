//! Builds the page into `ui/dist`: `pagebuild [--release]`.
//!
//! Compiles the crate `ui` to WebAssembly, makes its JavaScript glue with the library behind
//! wasm-bindgen's command line, joins the styles, names everything but `index.html` by its
//! content, and lays a Brotli and a gzip form beside each file. The api embeds that folder when it
//! is built. Files that haven't changed are left as they are, so that nothing is compiled again.

mod bundle;
mod compile;
mod style;
mod write;

use std::process::ExitCode;

use anyhow::Result;
use bundle::Bundle;

/// How the page is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quality {
    /// Soon ready, for the demo, tests and development.
    Quick,
    /// As small as it gets, for shipping.
    Release,
}

fn main() -> ExitCode {
    let quality = match std::env::args().nth(1).as_deref() {
        None => Quality::Quick,
        Some("--release") => Quality::Release,
        Some(unknown) => {
            eprintln!("pagebuild [--release]; it doesn't know {unknown:?}");
            return ExitCode::FAILURE;
        }
    };
    match build(quality) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pagebuild: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build(quality: Quality) -> Result<()> {
    let wasm = compile::compile(quality)?;
    let bundle = Bundle::make(&wasm)?;
    write::write(&bundle, quality)
}
