//! Where files lie: a folder of this machine, or a bucket of a store that speaks S3.
//!
//! A file is stored whole or not at all, and is on disk (or acknowledged by the store) when it is
//! said to be stored.

mod http;
mod s3;
mod upload;

pub use s3::S3;
pub use upload::Upload;

use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio::sync::OnceCell;

/// A store of files, by name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Objects {
    kind: Kind,
    /// Before each name.
    prefix: Name,
}

#[derive(Clone, Debug)]
enum Kind {
    Folder {
        path: PathBuf,
        opened: Arc<OnceCell<Arc<LocalFileSystem>>>,
    },
    Store {
        store: Arc<dyn ObjectStore>,
        place: Arc<str>,
    },
}

/// The store fails.
#[derive(Debug, Error)]
#[error("{place} fails at {name:?}")]
pub struct ObjectsError {
    /// The folder, or the store's address.
    pub place: String,
    pub name: String,
    #[source]
    pub source: object_store::Error,
}

/// A file on its way out of the store.
pub struct Object {
    /// Bytes in all.
    pub size: u64,
    /// Its content, in pieces.
    pub content: BoxStream<'static, Result<Bytes, ObjectsError>>,
}

impl Objects {
    /// A folder of this machine. It is made when it is first used, for this user only.
    pub fn folder(path: impl Into<PathBuf>) -> Self {
        let kind = Kind::Folder {
            path: path.into(),
            opened: Arc::default(),
        };
        let prefix = Name::ROOT;
        Self { kind, prefix }
    }

    /// Another store. `place` names it in errors; `prefix` goes before each name.
    fn store(store: Arc<dyn ObjectStore>, place: &str, prefix: &str) -> Self {
        Self {
            kind: Kind::Store {
                store,
                place: place.into(),
            },
            prefix: Name::from(prefix),
        }
    }

    /// The file of that name; `None` when there is none. A bucket that isn't there has none, either,
    /// and a proxy without a store behind it: so they are asked for what they have, too.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn read(&self, name: &str) -> Result<Option<Object>, ObjectsError> {
        let got = self.opened(name).await?.get(&self.path(name)).await;
        let got = match got {
            Ok(got) => got,
            Err(object_store::Error::NotFound { .. }) => return self.check().await.map(|()| None),
            Err(source) => return Err(self.error(name, source)),
        };
        let (this, named) = (self.clone(), name.to_owned());
        Ok(Some(Object {
            size: got.meta.size,
            content: got
                .into_stream()
                .map(move |piece| piece.map_err(|source| this.error(&named, source)))
                .boxed(),
        }))
    }

    /// Begins a file. It appears under its name, in the place of what was there, when the upload
    /// is finished.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn write(&self, name: &str) -> Result<Upload, ObjectsError> {
        Upload::begin(self.clone(), name).await
    }

    /// Stores a short file under a name that has none; `false` when one is there, which stays.
    ///
    /// # Errors
    /// When the store does not answer; the file may be there then, whole.
    pub async fn create(&self, name: &str, content: Bytes) -> Result<bool, ObjectsError> {
        let (store, path) = (self.opened(name).await?, self.path(name));
        let created = store.put_opts(&path, content.into(), PutMode::Create.into());
        match created.await {
            Ok(_) => Ok(true),
            // A store says so, too, while another one is putting it there, which may come to nothing.
            Err(source @ object_store::Error::AlreadyExists { .. }) => {
                match store.head(&path).await {
                    Ok(_) => Ok(false),
                    Err(object_store::Error::NotFound { .. }) => Err(self.error(name, source)),
                    Err(unknown) => Err(self.error(name, unknown)),
                }
            }
            Err(source) => Err(self.error(name, source)),
        }
    }

    /// The name that comes first, of those below a folder and behind `after`, which is below it,
    /// too, and need not be there.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn next(&self, folder: &str, after: &str) -> Result<Option<String>, ObjectsError> {
        let store = self.opened(folder).await?;
        let (within, after) = (self.path(folder), self.path(after));
        let mut found = store.list_with_offset(Some(&within), &after);
        let mut next: Option<Name> = None;
        // S3 lists in order and a folder as it comes: of the former one page is enough. Not every
        // store begins where it is told to.
        while let Some(file) = found.try_next().await.map_err(|e| self.error(folder, e))? {
            if file.location <= after {
                continue;
            }
            next = Some(next.map_or(file.location.clone(), |next| next.min(file.location)));
            if matches!(self.kind, Kind::Store { .. }) {
                break;
            }
        }
        Ok(next.map(|name| self.name(&name)))
    }

    /// The folders below the root, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn folders(&self) -> Result<Vec<String>, ObjectsError> {
        let (store, root) = (self.opened("").await?, self.path(""));
        let listed = store.list_with_delimiter(Some(&root)).await;
        let listed = listed.map_err(|source| self.error("", source))?;
        let names = listed.common_prefixes.iter().map(|path| self.name(path));
        let mut names: Vec<String> = names.collect();
        names.sort();
        Ok(names)
    }

    /// Whether the store answers, knows us, and has the bucket. A folder is made when it is used.
    ///
    /// # Errors
    /// When it doesn't, by the store's words.
    pub async fn check(&self) -> Result<(), ObjectsError> {
        match &self.kind {
            Kind::Folder { .. } => Ok(()),
            Kind::Store { .. } => self.folders().await.map(drop),
        }
    }

    /// Removes the file of that name, for good; none is there afterwards. What [`Self::read`] says of
    /// missing files goes for this, too.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn remove(&self, name: &str) -> Result<(), ObjectsError> {
        let path = self.path(name);
        match self.opened(name).await?.delete(&path).await {
            Ok(()) => {}
            Err(object_store::Error::NotFound { .. }) => self.check().await?,
            Err(source) => return Err(self.error(name, source)),
        }
        self.flush_folder(name, &path).await
    }

    async fn opened(&self, name: &str) -> Result<Arc<dyn ObjectStore>, ObjectsError> {
        match &self.kind {
            Kind::Store { store, .. } => Ok(Arc::clone(store)),
            Kind::Folder { path, opened } => {
                let opening = opened.get_or_try_init(|| open_folder(path.clone()));
                let opened = opening.await.map_err(|source| self.error(name, source))?;
                Ok(Arc::clone(opened) as _)
            }
        }
    }

    fn path(&self, name: &str) -> Name {
        let name = Name::from(name);
        self.prefix.parts().chain(name.parts()).collect()
    }

    /// Without what goes before each name.
    fn name(&self, path: &Name) -> String {
        let below = path.prefix_match(&self.prefix).map(Name::from_iter);
        below.as_ref().unwrap_or(path).to_string()
    }

    /// The local store flushes what it writes, not what it removes.
    async fn flush_folder(&self, name: &str, path: &Name) -> Result<(), ObjectsError> {
        let Kind::Folder { opened, .. } = &self.kind else {
            return Ok(());
        };
        let Some(file) = opened.get().and_then(|o| o.path_to_filesystem(path).ok()) else {
            return Ok(());
        };
        let flush = async {
            match tokio::fs::File::open(file.parent().unwrap_or(&file)).await {
                Ok(folder) => folder.sync_all().await,
                // Nothing was ever written there.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                Err(error) => Err(error),
            }
        };
        flush
            .await
            .map_err(|source| self.error(name, generic(source)))
    }

    fn error(&self, name: &str, source: object_store::Error) -> ObjectsError {
        let place = match &self.kind {
            Kind::Folder { path, .. } => path.display().to_string(),
            Kind::Store { place, .. } => place.to_string(),
        };
        let name = self.path(name).to_string();
        ObjectsError {
            place,
            name,
            source,
        }
    }
}

async fn open_folder(path: PathBuf) -> Result<Arc<LocalFileSystem>, object_store::Error> {
    let open = move || {
        make_private(&path).map_err(generic)?;
        let store = LocalFileSystem::new_with_prefix(&path)?;
        Ok(Arc::new(store.with_fsync(true)))
    };
    let opened = tokio::task::spawn_blocking(open).await;
    opened.unwrap_or_else(|cut| Err(cut.into()))
}

/// Makes the folder, open to its owner only; one that is there stays as it is.
fn make_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        std::fs::create_dir_all(above)?;
    }
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn generic(source: std::io::Error) -> object_store::Error {
    object_store::Error::Generic {
        store: "folder",
        source: source.into(),
    }
}
