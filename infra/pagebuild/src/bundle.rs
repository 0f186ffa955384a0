//! What a browser loads: names by content, and what refers to what.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use parts::workspace_dir;
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::style;

/// All files of the page by name.
pub struct Bundle {
    /// Name → content. All but `index.html` carry a hash of their content in their names.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The module among them.
    pub wasm: String,
}

impl Bundle {
    /// Makes the glue for a compiled module and gathers what the page needs.
    ///
    /// # Errors
    /// A module that doesn't fit this wasm-bindgen, or a source file that can't be read.
    pub fn make(module: &Path) -> Result<Self> {
        let ui = workspace_dir().join("ui");
        let mut files = BTreeMap::new();
        let mut add = |stem: &str, extension: &str, content: Vec<u8>| {
            let name = hashed(stem, extension, &content);
            files.insert(name.clone(), content);
            name
        };
        let Bound {
            mut glue,
            module,
            snippets,
        } = bind(module)?;
        let wasm = add("page", "wasm", module);
        for (path, script) in snippets {
            let name = add("snippet", "js", script.into_bytes());
            glue = glue.replace(
                &format!("./snippets/{path}"),
                &format!("./{}", file_name(&name)),
            );
        }
        if glue.contains("./snippets/") {
            bail!("the glue names a script that wasm-bindgen didn't hand out");
        }
        let glue = add("page", "js", glue.into_bytes());
        let start = format!(
            "import start from './{}';\nstart({{ module_or_path: new URL('./{}', import.meta.url) }});\n",
            file_name(&glue),
            file_name(&wasm)
        );
        let start = add("start", "js", start.into_bytes());
        let fonts = fonts(&ui.join("vendor/patternfly/fonts"), &mut add)?;
        let sheet = style::join(&ui, |name| {
            fonts.get(name).map(|name| file_name(name).to_owned())
        })?;
        let sheet = add("style", "css", sheet.into_bytes());
        let icon = add("favicon", "svg", read(&ui.join("favicon.svg"))?);
        let index = String::from_utf8(read(&ui.join("index.html"))?)?;
        let index = fill(
            index,
            &[
                ("favicon.svg", &icon),
                ("style.css", &sheet),
                ("start.js", &start),
                ("page.js", &glue),
                ("page.wasm", &wasm),
            ],
        )?;
        files.insert("index.html".to_owned(), index.into_bytes());
        Ok(Self { files, wasm })
    }
}

/// What wasm-bindgen makes of a module.
struct Bound {
    glue: String,
    module: Vec<u8>,
    /// Scripts that dependencies bring, by the path under `snippets/` by which the glue names them.
    snippets: BTreeMap<String, String>,
}

fn bind(module: &Path) -> Result<Bound> {
    let mut output = Bindgen::new()
        .input_path(module)
        .out_name("page")
        .web(true)?
        .typescript(false)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate_output()?;
    let mut snippets = BTreeMap::new();
    for (crate_id, scripts) in output.snippets() {
        for (number, script) in scripts.iter().enumerate() {
            snippets.insert(format!("{crate_id}/inline{number}.js"), script.clone());
        }
    }
    for (path, script) in output.local_modules() {
        snippets.insert(path.clone(), script.clone());
    }
    Ok(Bound {
        glue: output.js().to_owned(),
        module: output.wasm_mut().emit_wasm(),
        snippets,
    })
}

/// Adds the fonts; file name → name by content.
fn fonts(
    dir: &Path,
    add: &mut impl FnMut(&str, &str, Vec<u8>) -> String,
) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for entry in fs::read_dir(dir)?.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".woff2") {
            names.insert(name.clone(), add(stem, "woff2", read(&path)?));
        }
    }
    Ok(names)
}

fn fill(mut index: String, names: &[(&str, &String)]) -> Result<String> {
    for (place, name) in names {
        index = index.replace(&format!("{{{{{place}}}}}"), &format!("/{name}"));
    }
    if index.contains("{{") {
        bail!("ui/index.html names a file that the bundle doesn't have");
    }
    Ok(index)
}

/// The name within `assets`, whose files name each other.
fn file_name(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn hashed(stem: &str, extension: &str, content: &[u8]) -> String {
    let hash = hex::encode(&Sha256::digest(content)[..8]);
    format!("assets/{stem}-{hash}.{extension}")
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}
