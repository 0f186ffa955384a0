//! Invoices on disk: `<out>/<RFC>/<YYYY-MM>/<UUID>.xml` and `.pdf`.

use crate::{Client, ClientError};
use schemas::rest::TaskView;
use std::path::{Path, PathBuf};

/// Where an invoice was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    pub xml: PathBuf,
    pub pdf: Option<PathBuf>,
}

impl Client {
    /// Writes a completed task's XML and PDF below `out`, by the receiver's RFC and month of issue.
    ///
    /// # Errors
    /// When the task has no invoice, or the files can't be read or written.
    pub async fn save_invoice(&self, task: &TaskView, out: &Path) -> Result<Saved, ClientError> {
        let invoice = task
            .invoice
            .as_ref()
            .ok_or_else(|| ClientError::Unexpected("the task has no invoice".to_owned()))?;
        let profile = self.profile(task.profile).await?;
        let month = invoice.issued_at.format("%Y-%m").to_string();
        let folder = out.join(&profile.rfc).join(month);
        tokio::fs::create_dir_all(&folder).await?;
        let mut saved = Saved {
            xml: folder.join(format!("{}.xml", invoice.uuid)),
            pdf: None,
        };
        let mut has_xml = false;
        for artifact in &task.artifacts {
            let target = match artifact.kind.as_str() {
                "xml" => saved.xml.clone(),
                "pdf" => saved.xml.with_extension("pdf"),
                _ => continue,
            };
            let bytes = self.artifact(task.task_id, artifact.id).await?;
            write_whole(&target, &bytes).await?;
            match artifact.kind.as_str() {
                "xml" => has_xml = true,
                _ => saved.pdf = Some(target),
            }
        }
        if has_xml {
            Ok(saved)
        } else {
            Err(ClientError::Unexpected("the task has no XML".to_owned()))
        }
    }
}

/// Never leaves half a file under its name.
async fn write_whole(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = target.with_extension("part");
    tokio::fs::write(&partial, bytes).await?;
    tokio::fs::rename(&partial, target).await
}
