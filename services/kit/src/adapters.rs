//! The portal catalogue: a folder of adapters, read at run time. A file dropped into the folder
//! is found at the next look-up; a broken one is reported and left out.

use schemas::adapter::{Adapter, AdapterError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A folder of `*.yaml` adapters.
#[derive(Clone, Debug)]
pub struct Catalogue {
    dir: PathBuf,
}

impl Catalogue {
    /// The catalogue of that folder. The folder may be made later.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Every adapter that can be used, by id.
    pub fn all(&self) -> BTreeMap<String, Arc<Adapter>> {
        let mut found = BTreeMap::new();
        for file in self.files() {
            match read(&file) {
                Ok(adapter) => {
                    found.insert(adapter.id.clone(), Arc::new(adapter));
                }
                Err(error) => tracing::warn!(%error, "adapter left out"),
            }
        }
        found
    }

    /// The adapter of that id.
    pub fn get(&self, id: &str) -> Option<Arc<Adapter>> {
        self.all().remove(id)
    }

    /// Finds by id, by name (case does not matter) or by a URL on one of its hosts.
    pub fn find(&self, portal: &str) -> Option<Arc<Adapter>> {
        let all = self.all();
        if let Some(adapter) = all.get(portal) {
            return Some(adapter.clone());
        }
        let wanted = portal.trim().to_lowercase();
        let url = url::Url::parse(portal).ok();
        all.into_values().find(|adapter| {
            adapter.name.to_lowercase() == wanted
                || url.as_ref().is_some_and(|url| adapter.allows(url))
        })
    }

    fn files(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| entry.ok().map(|e| e.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
            .collect();
        files.sort();
        files
    }
}

fn read(file: &Path) -> Result<Adapter, AdapterError> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|e| AdapterError::Content {
        file: name.clone(),
        problem: e.to_string(),
    })?;
    Adapter::from_yaml(&name, &text)
}
