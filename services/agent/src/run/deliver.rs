//! The files: fetched, judged, stored at once, and the task completed.

use super::record::Note;
use super::steps::{NOW, name_of};
use super::verdict::Lookup;
use super::{End, Flow, Halt, Run};
use domain::fiscal::Rfc;
use domain::task::{
    Artifact, ArtifactKind, DeliveredBy, FactSource, StepKind, StepOutcome, SubmitOutcome,
    SubmitState, TaskError, TechnicalClass,
};
use kit::delivery::{self, Accepted, Handover, Refused};
use schemas::adapter::{Files, Locators};
use std::time::Duration;

/// How long a file may take to arrive.
const ARRIVE: Duration = Duration::from_secs(45);

impl Run {
    /// Fetches the files of the step and completes the task.
    ///
    /// The XML is stored before anything else is asked for: a pause, a human or a crash from here
    /// on doesn't lose the invoice.
    pub(super) async fn download(&mut self, files: &Files) -> Flow {
        let mut got = Vec::new();
        let document = if files.zip.is_empty() {
            &files.xml
        } else {
            &files.zip
        };
        if !document.is_empty() {
            got.push(self.fetch(document).await?);
            while let Err(refused) = self.keep(&got).await {
                self.wait_out(refused).await?;
            }
            self.settle_submit().await?;
        }
        if !files.pdf.is_empty() && self.has_no_pdf(&got) {
            match self.fetch(&files.pdf).await {
                Ok(pdf) => got.push(pdf),
                // Without its PDF the invoice is whole all the same.
                Err(Halt::Technical(class, detail)) if class != TechnicalClass::BrowserLost => {
                    tracing::info!(task = %self.id, detail, "no PDF");
                }
                Err(Halt::Technical(..)) => {}
                Err(halt) => return Err(halt),
            }
        }
        self.hand_in(got).await
    }

    fn has_no_pdf(&self, got: &[Vec<u8>]) -> bool {
        delivery::sort(got.to_vec()).is_ok_and(|files| files.pdf.is_none())
    }

    async fn fetch(&mut self, at: &Locators) -> Flow<Vec<u8>> {
        self.appear(at).await?;
        self.ready().await?;
        let note = Note::begin(StepKind::Download).field(&name_of(at));
        let browser = self.browser()?;
        let fetched = async {
            let link = browser.locate(at, NOW).await?;
            browser.click(&link).await?;
            browser.wait_download(ARRIVE).await
        };
        let fetched = tokio::select! {
            fetched = fetched => fetched,
            () = self.stop.cancelled() => return Err(End::Stopped.into()),
        };
        match fetched {
            Ok(file) => {
                let size = format!("{} bytes", file.bytes.len());
                self.record(note.content(size), StepOutcome::Ok).await?;
                Ok(file.bytes.to_vec())
            }
            Err(error) => {
                self.record(note, StepOutcome::Failed).await?;
                let class = match self.trouble("download", &error) {
                    Halt::Technical(TechnicalClass::BrowserLost, _) => TechnicalClass::BrowserLost,
                    _ => TechnicalClass::DownloadFailed,
                };
                Err(Halt::Technical(class, format!("download: {error}")))
            }
        }
    }

    /// Stores an XML that is an invoice, in whatever state the task is.
    async fn keep(&self, got: &[Vec<u8>]) -> Result<(), Refused> {
        let task = &self.view().task;
        let handover = self.handover(false);
        let desk = &self.shared.desk;
        let kept = async {
            let files = delivery::sort(got.to_vec())?;
            let Some(xml) = files.xml else { return Ok(()) };
            desk.judge(task, &xml, self.issuer()).await?;
            let context = self.journal.context("StoreArtifact");
            let kind = ArtifactKind::Xml;
            desk.store(self.id, task, kind, &xml, &handover, &context)
                .await?;
            if let Some(pdf) = files.pdf {
                let kind = ArtifactKind::Pdf;
                desk.store(self.id, task, kind, &pdf, &handover, &context)
                    .await?;
            }
            Ok(())
        };
        let kept = kept.await;
        let _ = self.journal.refresh().await;
        kept
    }

    /// Completes the task with files, asks when they are in doubt.
    async fn hand_in(&mut self, files: Vec<Vec<u8>>) -> Flow {
        let mut doubts_accepted = false;
        // One command: repeated, it has the same id.
        let context = self.journal.context("CompleteTask");
        loop {
            self.ready().await?;
            let note = Note::begin(StepKind::Verify);
            let view = self.view();
            let accepted = delivery::accept_files(
                &self.shared.desk,
                self.id,
                &view.task,
                files.clone(),
                &self.handover(doubts_accepted),
                &context,
            )
            .await;
            let _ = self.journal.refresh().await;
            match accepted {
                Ok(Accepted::Completed { .. }) => {
                    kit::reader::hint(&self.shared.nats);
                    self.record(note.content("accept"), StepOutcome::Ok).await?;
                    return Err(End::Settled.into());
                }
                Ok(Accepted::Doubtful { xml, reasons }) => {
                    self.record(note.content("check"), StepOutcome::Ok).await?;
                    if !self.check(&xml.to_string(), &reasons).await? {
                        let guide = "La factura que entregó el portal no es la que pediste. Pide su \
                                     corrección al comercio y sube la correcta.";
                        return self.manual(guide).await;
                    }
                    doubts_accepted = true;
                }
                // A pause, a question, a hand on the browser: when that is over.
                Err(Refused::Task(commands::ExecuteError::Refused(TaskError::WrongStatus {
                    ..
                }))) => {}
                Err(refused) => self.wait_out(refused).await?,
            }
        }
    }

    /// A database that does not answer is waited for; anything else ends the way.
    pub(super) async fn wait_out(&mut self, refused: Refused) -> Flow {
        if !refused.is_transient() {
            return self.refused(refused).await;
        }
        tracing::info!(task = %self.id, error = %refused, "will be repeated");
        tokio::time::sleep(Duration::from_millis(500)).await;
        self.ready().await
    }

    /// The portal's invoice is here, so the final step was accepted, whatever was known of it.
    async fn settle_submit(&self) -> Flow {
        let submit = self.view().task.submit;
        let looked_up = self.way.lookup == Some(Lookup::Submitted);
        match submit {
            SubmitState::Intended(_) | SubmitState::Unknown if looked_up => {
                self.outcome(SubmitOutcome::Accepted, "the invoice was found")
                    .await
            }
            _ => Ok(()),
        }
    }

    async fn refused<T>(&self, refused: Refused) -> Flow<T> {
        if refused.is_about_files() {
            let note = Note::begin(StepKind::Verify).content("reject");
            self.record(note, StepOutcome::Failed).await?;
        }
        Err(match refused {
            Refused::Task(commands::ExecuteError::Refused(refusal)) if super::is_lost(&refusal) => {
                End::Lost.into()
            }
            Refused::Task(_)
            | Refused::Claim(_)
            | Refused::Cut(_)
            | Refused::Log(_)
            | Refused::Vault(_) => Halt::Technical(TechnicalClass::Internal, refused.to_string()),
            _ => Halt::Technical(TechnicalClass::DownloadFailed, refused.to_string()),
        })
    }

    /// Completes the task with files that an earlier run has stored, if there are any.
    pub(super) async fn finish_from_store(&mut self) -> Flow {
        let view = self.view();
        let stored = |kind: ArtifactKind| {
            let mut all = view.task.artifacts.values();
            all.rfind(|a: &&Artifact| a.kind == kind).map(|a| a.id)
        };
        let Some(xml) = stored(ArtifactKind::Xml) else {
            return Ok(());
        };
        let submission = super::submission(&view.task)?;
        let scope = commands::Scope::Profile(submission.owner, submission.profile);
        let mut files = Vec::new();
        for id in [Some(xml), stored(ArtifactKind::Pdf)].into_iter().flatten() {
            match self.shared.desk.artifacts.get(scope, id).await {
                Ok(bytes) => files.push(bytes.to_vec()),
                Err(error) => {
                    tracing::warn!(task = %self.id, %error, "a stored file can't be had");
                    return Ok(());
                }
            }
        }
        self.hand_in(files).await
    }

    fn handover(&self, doubts_accepted: bool) -> Handover {
        Handover {
            by: FactSource::Worker { epoch: self.epoch },
            delivered_by: DeliveredBy::Portal,
            issuer: self.issuer(),
            doubts_accepted,
        }
    }

    fn issuer(&self) -> Option<Rfc> {
        Rfc::parse(self.adapter.issuer_rfc.as_deref()?).ok()
    }
}
