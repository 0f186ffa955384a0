//! The ZIP on its way: under another name until it is whole.

use anyhow::Context as _;
use domain::ArtifactId;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::io::Write as _;
use std::path::Path;
use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// What is put in.
pub struct Parcel {
    zip: ZipWriter<NamedTempFile>,
    names: BTreeSet<String>,
    account: Value,
    tasks: Vec<Value>,
    missing: Vec<Value>,
}

impl Parcel {
    /// Beside the file it becomes, which must not be there; readable by its owner only, and gone
    /// when it isn't finished.
    pub fn new(out: &Path) -> anyhow::Result<Self> {
        let path = out.display();
        anyhow::ensure!(!out.exists(), "{path} is there already: give another name");
        let folder = match out.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = NamedTempFile::new_in(folder);
        let file = file.with_context(|| format!("{path} can't be written"))?;
        Ok(Self {
            zip: ZipWriter::new(file),
            names: BTreeSet::new(),
            account: Value::Null,
            tasks: Vec::new(),
            missing: Vec::new(),
        })
    }

    pub fn set_account(&mut self, account: Value) {
        self.account = account;
    }

    pub fn add_task(&mut self, task: Value) {
        self.tasks.push(task);
    }

    /// Notes what could not be read.
    pub fn missing(&mut self, what: &str, id: &impl Display, why: String) {
        let id = id.to_string();
        self.missing
            .push(json!({ "what": what, "id": id, "why": why }));
    }

    /// The value, or null and a note.
    pub fn or_missing(
        &mut self,
        what: &str,
        id: impl Display,
        opened: Result<Value, String>,
    ) -> Value {
        opened.unwrap_or_else(|why| {
            self.missing(what, &id, why);
            Value::Null
        })
    }

    /// Puts a file in; answers under which name: with its id where the name is taken.
    pub fn add_file(
        &mut self,
        folder: &str,
        stem: &str,
        ending: &str,
        id: ArtifactId,
        bytes: &[u8],
    ) -> anyhow::Result<String> {
        let mut name = format!("{folder}/{stem}.{ending}");
        if !self.names.insert(name.clone()) {
            name = format!("{folder}/{stem}_{id}.{ending}");
            self.names.insert(name.clone());
        }
        self.write(&name, bytes)?;
        Ok(name)
    }

    /// Writes what was gathered and gives the whole its name. Answers how much is missing.
    pub fn finish(mut self, out: &Path) -> anyhow::Result<usize> {
        let tasks = Value::Array(std::mem::take(&mut self.tasks));
        let missing = std::mem::take(&mut self.missing);
        let count = missing.len();
        let account = self.account.take();
        for (name, value) in [
            ("cuenta.json", account),
            ("tareas.json", tasks),
            ("faltantes.json", Value::Array(missing)),
        ] {
            let text = zeroize::Zeroizing::new(serde_json::to_vec_pretty(&value)?);
            self.write(name, &text)?;
        }
        let file = self.zip.finish()?;
        file.as_file().sync_all()?;
        let path = out.display();
        file.persist_noclobber(out)
            .with_context(|| format!("{path} can't be written"))?;
        Ok(count)
    }

    fn write(&mut self, name: &str, bytes: &[u8]) -> anyhow::Result<()> {
        self.zip.start_file(name, SimpleFileOptions::default())?;
        Ok(self.zip.write_all(bytes)?)
    }
}
