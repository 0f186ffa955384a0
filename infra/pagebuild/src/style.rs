//! One style sheet of PatternFly's and our own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The sheets in the order in which they apply: PatternFly's base, its components, ours.
///
/// # Errors
/// A folder or sheet that can't be read.
pub fn join(ui: &Path, font_name: impl Fn(&str) -> Option<String>) -> Result<String> {
    let vendor = ui.join("vendor/patternfly");
    let mut sheets = vec![vendor.join("base.css")];
    sheets.extend(in_order(&vendor.join("components"))?);
    sheets.extend(in_order(&ui.join("styles"))?);
    let mut joined = String::new();
    for sheet in sheets {
        let text = fs::read_to_string(&sheet)
            .with_context(|| format!("cannot read {}", sheet.display()))?;
        joined.push_str(&rewrite_urls(&text, &font_name));
        joined.push('\n');
    }
    Ok(joined)
}

/// The style sheets of a folder by name.
fn in_order(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let mut sheets: Vec<PathBuf> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "css"))
        .collect();
    sheets.sort();
    Ok(sheets)
}

/// Names fonts by their content-hashed names; what isn't vendored becomes `none`.
fn rewrite_urls(css: &str, font_name: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("url(") {
        let Some((quoted, tail)) = after.split_once(')') else {
            break;
        };
        out.push_str(before);
        let file = quoted.trim_matches(['"', '\'']);
        let name = file.rsplit('/').next().unwrap_or(file);
        match font_name(name) {
            Some(hashed) => out.push_str(&format!("url(\"{hashed}\")")),
            None => out.push_str("none"),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fonts_get_their_names_and_other_files_vanish() {
        let css =
            "a { src: url(\"./f/A.woff2\") format(\"woff2\"); } b { background: url('x.svg') }";
        let name = |file: &str| (file == "A.woff2").then(|| "A-1.woff2".to_owned());
        assert_eq!(
            rewrite_urls(css, name),
            "a { src: url(\"A-1.woff2\") format(\"woff2\"); } b { background: none }"
        );
    }
}
