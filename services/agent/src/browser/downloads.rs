//! Files on their way: told by Chromium's events, kept under names that it chose, never read before
//! they are whole.

use super::state::Shared;
use super::{Browser, BrowserError};
use bytes::Bytes;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// The largest file that is taken, in bytes.
pub const MAX_BYTES: u64 = 20 << 20;

/// A whole file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Download {
    /// As the portal suggested it, without a path; not to be trusted.
    pub file_name: String,
    pub bytes: Bytes,
}

/// A file of which Chromium told.
#[derive(Clone, Debug)]
pub(super) struct Fetching {
    guid: String,
    file_name: String,
    stand: Stand,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    Coming,
    Whole,
    Failed(&'static str),
    /// Given out, or told of.
    Done,
}

pub(super) fn on_event(shared: &Shared, method: &str, params: &Value) {
    let Some(guid) = params["guid"].as_str() else {
        return;
    };
    let mut state = shared.state();
    if method == "Browser.downloadWillBegin" {
        let name = params["suggestedFilename"].as_str().unwrap_or_default();
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let safe = guid.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        state.downloads.push(Fetching {
            guid: guid.to_owned(),
            file_name: name.chars().filter(|c| !c.is_control()).take(200).collect(),
            stand: if safe {
                Stand::Coming
            } else {
                Stand::Failed("its name is odd")
            },
        });
        return;
    }
    let Some(file) = state.downloads.iter_mut().find(|d| d.guid == guid) else {
        return;
    };
    if file.stand != Stand::Coming {
        return;
    }
    let too_large = ["receivedBytes", "totalBytes"]
        .iter()
        .any(|key| params[*key].as_f64().unwrap_or(0.0) > MAX_BYTES as f64);
    if too_large {
        file.stand = Stand::Failed("it is larger than 20 MiB");
        shared.post(None, "Browser.cancelDownload", json!({"guid": guid}));
    } else if params["state"] == "completed" {
        file.stand = Stand::Whole;
    } else if params["state"] == "canceled" {
        file.stand = Stand::Failed("it was broken off");
    }
}

/// What to do with a document's response: a file that Chromium would show instead of saving is
/// turned into a download.
pub(super) fn response(paused: &Value, is_top: bool) -> (&'static str, Value) {
    let id = &paused["requestId"];
    let header = |name: &str| {
        let headers = paused["responseHeaders"].as_array()?;
        let named = |h: &&Value| {
            let given = h["name"].as_str().unwrap_or_default();
            given.eq_ignore_ascii_case(name)
        };
        headers.iter().find(named)?["value"].as_str()
    };
    let kind = header("content-type")
        .unwrap_or_default()
        .to_ascii_lowercase();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let is_file = matches!(
        kind,
        "application/pdf"
            | "text/xml"
            | "application/xml"
            | "application/zip"
            | "application/x-zip-compressed"
            | "application/octet-stream"
    );
    let disposition = header("content-disposition").unwrap_or_default();
    let saved = disposition
        .trim_start()
        .to_ascii_lowercase()
        .starts_with("attachment");
    if !is_top || !is_file || saved || paused["responseStatusCode"] != 200 {
        return ("Fetch.continueResponse", json!({"requestId": id}));
    }
    let rest = disposition.find(';').map_or("", |at| &disposition[at..]);
    let mut headers: Vec<Value> = paused["responseHeaders"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    headers.retain(|h| {
        let name = h["name"].as_str().unwrap_or_default();
        !name.eq_ignore_ascii_case("content-disposition")
    });
    headers.push(json!({"name": "Content-Disposition", "value": format!("attachment{rest}")}));
    let params = json!({"requestId": id, "responseCode": 200, "responseHeaders": headers});
    ("Fetch.continueResponse", params)
}

impl Browser {
    /// The files that arrived since the last call, whole; those that failed are passed over.
    pub async fn downloads(&self) -> Vec<Download> {
        let mut files = Vec::new();
        while let Ok(Some(file)) = self.next_download(Duration::ZERO).await {
            files.extend(file.ok());
        }
        files
    }

    /// The next file, waiting for it.
    ///
    /// # Errors
    /// [`BrowserError::DownloadFailed`] when one failed, is too large or did not arrive whole in
    /// time; [`BrowserError::Timeout`] when none began.
    pub async fn wait_download(&self, within: Duration) -> Result<Download, BrowserError> {
        match self.next_download(within).await? {
            Some(file) => file,
            None => {
                self.shared.check()?;
                let state = self.shared.state();
                if state.downloads.iter().any(|d| d.stand == Stand::Coming) {
                    Err(BrowserError::DownloadFailed("not whole in time".to_owned()))
                } else {
                    let what = "a download".to_owned();
                    Err(BrowserError::Timeout { what })
                }
            }
        }
    }

    async fn next_download(
        &self,
        within: Duration,
    ) -> Result<Option<Result<Download, BrowserError>>, BrowserError> {
        let next = |state: &mut super::state::State| {
            let file = state
                .downloads
                .iter_mut()
                .find(|d| matches!(d.stand, Stand::Whole | Stand::Failed(_)))?;
            let stand = std::mem::replace(&mut file.stand, Stand::Done);
            Some((file.clone(), stand))
        };
        let Some((file, stand)) = self.shared.until(within, next).await? else {
            return Ok(None);
        };
        if let Stand::Failed(why) = stand {
            return Ok(Some(Err(BrowserError::DownloadFailed(why.to_owned()))));
        }
        let path = self.shared.download_dir.join(&file.guid);
        let read = tokio::task::spawn_blocking(move || read(&path)).await;
        let read = read.unwrap_or_else(|_| Err(std::io::Error::other("interrupted")));
        Ok(Some(match read {
            Ok(bytes) => Ok(Download {
                file_name: file.file_name,
                bytes,
            }),
            Err(error) => Err(BrowserError::DownloadFailed(error.to_string())),
        }))
    }
}

/// Reads a plain file; the browser owns the folder, so what lies there may be a link.
fn read(path: &PathBuf) -> std::io::Result<Bytes> {
    let named = fs::symlink_metadata(path)?;
    let file = File::open(path)?;
    let opened = file.metadata()?;
    if !named.is_file() || (named.dev(), named.ino()) != (opened.dev(), opened.ino()) {
        return Err(std::io::Error::other("it is not a plain file"));
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(std::io::Error::other("it is larger than 20 MiB"));
    }
    fs::remove_file(path)?;
    Ok(bytes.into())
}
