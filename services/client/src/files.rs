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
        // Not whatever lies there: a file that was in doubt stays with the task.
        let bytes = self.artifact(task.task_id, invoice.xml).await?;
        write_whole(&saved.xml, &bytes).await?;
        if let Some(pdf) = invoice.pdf {
            let target = saved.xml.with_extension("pdf");
            let bytes = self.artifact(task.task_id, pdf).await?;
            write_whole(&target, &bytes).await?;
            saved.pdf = Some(target);
        }
        Ok(saved)
    }
}

/// Never leaves half a file under its name.
async fn write_whole(target: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let partial = target.with_extension("part");
    tokio::fs::write(&partial, bytes).await?;
    tokio::fs::rename(&partial, target).await
}
