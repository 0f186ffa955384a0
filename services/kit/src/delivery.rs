//! From delivered files to a completed task: one way for the agent and for a user's upload.
//!
//! A file is what its bytes say. The XML is judged ([`domain::cfdi::verify`]) before anything is
//! kept; what is a stamped CFDI is sealed, stored and recorded before it is asked about, because a
//! delivered invoice is never thrown away. Ids are derived from the content, so that a repeat after
//! a crash meets what is there already.

use crate::archive::{ArchiveError, Limits, unpack};
use crate::values::Values;
use commands::{
    ArtifactStore, CommandBus, CommandId, Context, ExecuteError, LogError, Scope, Vault, VaultError,
};
use domain::account::Account;
use domain::cfdi::{
    Amount, Cfdi, Check, Disposition, Expectation, FileKind, Outcome, SignatureState, TaxKind,
    Verdict, parse, sniff, verify,
};
use domain::fiscal::{FiscalData, Money, Rfc};
use domain::task::{
    Artifact, ArtifactKind, DeliveredBy, FactSource, Invoice, Submission, Task, TaskCommand,
    TaskError,
};
use domain::ticket::{Ticket, TicketCommand, TicketError};
use domain::{ArtifactId, InvoiceDetails, KeyedHash, TaskId};
use thiserror::Error;

/// What opens, stores and commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    pub vault: Vault,
    pub artifacts: ArtifactStore,
    pub bus: CommandBus,
}

/// How files came.
#[derive(Clone, Debug)]
pub struct Handover {
    pub by: FactSource,
    pub delivered_by: DeliveredBy,
    /// The portal's issuer, when it has one; another one is a warning.
    pub issuer: Option<Rfc>,
    /// A human has seen what speaks against the invoice and takes it all the same.
    pub doubts_accepted: bool,
}

/// The files of one invoice.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub xml: Option<Vec<u8>>,
    pub pdf: Option<Vec<u8>>,
}

/// What became of the files.
#[derive(Clone, Debug)]
pub enum Accepted {
    /// The task is completed.
    Completed {
        warnings: Vec<String>,
        position: u64,
    },
    /// Stored, and a human must say whether it is the right one: without values of the user.
    Doubtful {
        xml: ArtifactId,
        reasons: Vec<String>,
    },
}

/// Why files were not taken. `Display` of the first four is for the user, in Spanish.
#[derive(Debug, Error)]
pub enum Refused {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("falta el XML: se recibió {0}")]
    NoXml(String),
    #[error("el archivo trae más de una factura")]
    SeveralXml,
    /// Not a stamped CFDI 4.0, or an altered one.
    #[error("{}", .0.detail)]
    NotAnInvoice(Check),
    #[error("the task refuses")]
    Task(#[source] ExecuteError<TaskError>),
    #[error("the invoice can't be claimed")]
    Claim(#[source] ExecuteError<TicketError>),
    #[error("the task does not exist")]
    TaskUnknown,
    #[error("the fiscal profile is not there any more")]
    ProfileGone,
    #[error("a sealed value of the task is malformed")]
    Malformed,
    #[error("looking at the files was cut short")]
    Cut(#[from] tokio::task::JoinError),
    #[error("the vault fails")]
    Vault(#[from] VaultError),
    #[error("the log is unavailable")]
    Log(#[from] LogError),
}

impl Refused {
    /// The files themselves are at fault; otherwise something of ours, or the task's state.
    pub fn is_about_files(&self) -> bool {
        matches!(
            self,
            Self::Archive(_) | Self::NoXml(_) | Self::SeveralXml | Self::NotAnInvoice(_)
        )
    }
}

impl Refused {
    /// The database did not answer, or was busy: the same again may go well, and does no harm.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Log(_) | Self::Vault(VaultError::Database(_)) => true,
            Self::Task(error) => passes(error),
            Self::Claim(error) => passes(error),
            _ => false,
        }
    }
}

fn passes<E: std::error::Error>(error: &ExecuteError<E>) -> bool {
    matches!(
        error,
        ExecuteError::Conflict | ExecuteError::Busy(_) | ExecuteError::Unavailable(_)
    )
}

/// A judged invoice.
#[derive(Clone, Debug)]
pub struct Judged {
    pub cfdi: Cfdi,
    pub signature: SignatureState,
    /// What speaks against it; empty when it is the one.
    pub reasons: Vec<Check>,
    pub warnings: Vec<Check>,
}

/// Sorts what was delivered by its bytes; ZIPs are unpacked.
///
/// # Errors
/// A ZIP that can't be taken, or more than one XML.
pub fn sort(delivered: Vec<Vec<u8>>) -> Result<Files, Refused> {
    let mut files = Files::default();
    let mut flat = Vec::new();
    for bytes in delivered {
        match sniff(&bytes) {
            FileKind::Zip => {
                let inside = unpack(&bytes, Limits::default())?;
                flat.extend(inside.into_iter().map(|(_, content)| content));
            }
            _ => flat.push(bytes),
        }
    }
    for bytes in flat {
        match sniff(&bytes) {
            FileKind::Xml if files.xml.as_ref().is_some_and(|xml| *xml != bytes) => {
                return Err(Refused::SeveralXml);
            }
            FileKind::Xml => files.xml = Some(bytes),
            FileKind::Pdf => files.pdf = Some(bytes),
            _ => {}
        }
    }
    Ok(files)
}

/// Completes the task with the files, or tells why not.
///
/// `context` gives the actor and the id of the completing command; the ids of what is stored are
/// derived from the content.
///
/// # Errors
/// [`Refused`]; nothing was stored when [`Refused::is_about_files`].
pub async fn accept_files(
    desk: &Desk,
    id: TaskId,
    task: &Task,
    delivered: Vec<Vec<u8>>,
    handover: &Handover,
    context: &Context,
) -> Result<Accepted, Refused> {
    let kinds: Vec<String> = delivered.iter().map(|b| sniff(b).to_string()).collect();
    let files = apart(move || sort(delivered)).await??;
    let xml = files.xml.ok_or_else(|| Refused::NoXml(kinds.join(", ")))?;
    let mut judged = desk.judge(task, &xml, handover.issuer.clone()).await?;
    let xml = desk
        .store(id, task, ArtifactKind::Xml, &xml, handover, context)
        .await?;
    let pdf = match files.pdf {
        Some(pdf) => Some(
            desk.store(id, task, ArtifactKind::Pdf, &pdf, handover, context)
                .await?,
        ),
        None => None,
    };
    if desk.taken(id, task, &judged, handover, context).await? {
        judged.reasons.push(Check {
            name: "uuid".into(),
            outcome: Outcome::Fail,
            detail: "la factura ya está guardada en otra tarea".to_owned(),
        });
    }
    if !judged.reasons.is_empty() && !handover.doubts_accepted {
        let reasons = judged.reasons.iter().map(plain).collect();
        return Ok(Accepted::Doubtful { xml, reasons });
    }
    desk.complete(id, task, &judged, (xml, pdf), handover, context)
        .await
}

/// Runs what may keep a thread busy where it keeps nobody waiting.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refused> {
    Ok(tokio::task::spawn_blocking(work).await?)
}

impl Desk {
    /// The buyer's data of the task, as the profile is now, with its version.
    ///
    /// # Errors
    /// When the profile was retired or erased, or the log or the vault does not answer.
    pub async fn buyer(&self, task: &Task) -> Result<(FiscalData, u64), Refused> {
        let submission = submission(task)?;
        let owner = submission.owner;
        let account = self.bus.load::<Account>(&owner.to_string()).await?;
        let profile = account
            .and_then(|account| account.state.active(submission.profile).cloned())
            .ok_or(Refused::ProfileGone)?;
        let aggregate = format!("account:{owner}");
        let text = self
            .vault
            .open_sealed(
                scope(submission),
                &aggregate,
                "profile.fiscal",
                &profile.data.fiscal,
            )
            .await?;
        let fiscal = serde_json::from_slice(&text).map_err(|_| Refused::Malformed)?;
        Ok((fiscal, profile.version))
    }

    /// The ticket's fields, by canonical name.
    ///
    /// # Errors
    /// When they can't be opened.
    pub async fn ticket_fields(&self, task: &Task) -> Result<Values, Refused> {
        let submission = submission(task)?;
        let ticket = &submission.ticket;
        let text = self
            .vault
            .open_sealed(
                scope(submission),
                &ticket.key.0,
                "ticket.fields",
                &ticket.fields,
            )
            .await?;
        serde_json::from_slice(&text).map_err(|_| Refused::Malformed)
    }

    /// Reads an XML and compares it with what the task asked for.
    ///
    /// # Errors
    /// [`Refused::NotAnInvoice`] when it is none, or altered.
    pub async fn judge(
        &self,
        task: &Task,
        xml: &[u8],
        issuer: Option<Rfc>,
    ) -> Result<Judged, Refused> {
        let submission = submission(task)?;
        let (buyer, _) = self.buyer(task).await?;
        let expected = Expectation {
            total: submission.ticket.total,
            purchase_date: submission.ticket.purchase_date,
            uso: Some(submission.uso_cfdi),
            regimen: Some(buyer.regimen),
            forma_pago: submission.forma_pago,
            emisor_rfc: issuer,
            ..Expectation::new(buyer.rfc)
        };
        let xml = xml.to_vec();
        let judged = apart(move || {
            let cfdi = parse(&xml)?;
            let verdict = verify(&cfdi, &expected);
            Ok((cfdi, verdict))
        });
        let (cfdi, verdict) = judged.await?.map_err(|error| {
            let verdict = Verdict::unreadable(&error);
            Refused::NotAnInvoice(verdict.checks[0].clone())
        })?;
        let (reasons, warnings) = match verdict.disposition() {
            Disposition::Reject { reason } => return Err(Refused::NotAnInvoice(reason)),
            Disposition::Check { reasons } => (reasons, Vec::new()),
            Disposition::Accept { warnings } => (Vec::new(), warnings),
        };
        Ok(Judged {
            cfdi,
            signature: verdict.signature,
            reasons,
            warnings,
        })
    }

    /// Seals, stores and records a file; the same file again has the same id and is recorded once.
    ///
    /// # Errors
    /// When it can't be stored, or the task refuses the fact (an old epoch; a user's new file for a
    /// finished task).
    pub async fn store(
        &self,
        id: TaskId,
        task: &Task,
        kind: ArtifactKind,
        bytes: &[u8],
        handover: &Handover,
        context: &Context,
    ) -> Result<ArtifactId, Refused> {
        let scope = scope(submission(task)?);
        let digest = self.artifacts.digest(scope, bytes);
        let name = [&id.to_string(), digest.0.as_str()];
        let artifact_id = ArtifactStore::address(id, &digest);
        if task.erased.contains(&artifact_id) {
            let refusal = TaskError::ArtifactErased { id: artifact_id };
            return Err(Refused::Task(ExecuteError::Refused(refusal)));
        }
        let known = task.artifacts.contains_key(&artifact_id);
        // A worker's last invoice is kept in any case; a user's file would lie there for nothing.
        if !known && handover.by == FactSource::User && task.status.is_finished() {
            let refusal = TaskError::WrongStatus {
                command: "StoreArtifact",
                status: task.status,
            };
            return Err(Refused::Task(ExecuteError::Refused(refusal)));
        }
        // A stored file is replaced as a whole: harmless, and it mends a lost one.
        let stored = self.artifacts.put(scope, artifact_id, bytes).await?;
        if known {
            return Ok(artifact_id);
        }
        let command = TaskCommand::StoreArtifact {
            by: handover.by.clone(),
            artifact: Artifact {
                id: stored.id,
                kind,
                size_bytes: stored.size_bytes,
                digest: stored.digest,
            },
        };
        let command_id = CommandId::derived(&["store-artifact", name[0], name[1]]);
        let context = context.clone().with_command_id(command_id);
        self.bus
            .execute::<Task>(&id.to_string(), command, &context)
            .await
            .map_err(Refused::Task)?;
        Ok(artifact_id)
    }

    /// Whether another task of the owner has this invoice. What would complete this task claims it,
    /// as a ticket is claimed: of two tasks at the same instant, one is told.
    async fn taken(
        &self,
        id: TaskId,
        task: &Task,
        judged: &Judged,
        handover: &Handover,
        context: &Context,
    ) -> Result<bool, Refused> {
        let key = format!("uuid:{}", self.uuid_key(task, &judged.cfdi)?.0);
        let completes = judged.reasons.is_empty() || handover.doubts_accepted;
        if !completes || task.status.is_finished() {
            let known = self.bus.load::<Ticket>(&key).await?;
            let holder = known.and_then(|claimed| claimed.state.task);
            return Ok(holder.is_some_and(|holder| holder != id));
        }
        let context = Context {
            command_id: CommandId::derived(&["claim-invoice", &key, &id.to_string()]),
            body_hash: None,
            ..context.clone()
        };
        let command = TicketCommand::ClaimTicket { task: id };
        match self.bus.execute::<Ticket>(&key, command, &context).await {
            Ok(executed) => Ok(executed.state.task != Some(id)),
            Err(ExecuteError::Refused(TicketError::TicketAlreadyClaimed { .. })) => Ok(true),
            Err(error) => Err(Refused::Claim(error)),
        }
    }

    /// Keyed hash of the folio fiscal.
    fn uuid_key(&self, task: &Task, cfdi: &Cfdi) -> Result<KeyedHash, Refused> {
        let owner = submission(task)?.owner;
        Ok(self.vault.keyed_hash(owner, "cfdi.uuid", &cfdi.uuid))
    }

    async fn complete(
        &self,
        id: TaskId,
        task: &Task,
        judged: &Judged,
        (xml, pdf): (ArtifactId, Option<ArtifactId>),
        handover: &Handover,
        context: &Context,
    ) -> Result<Accepted, Refused> {
        let invoice = self.invoice(id, task, judged, (xml, pdf)).await?;
        let noted = judged.warnings.iter().chain(&judged.reasons);
        let mut warnings: Vec<String> = noted.map(plain).collect();
        if pdf.is_none() {
            warnings.push("no llegó el PDF; el XML es el comprobante".to_owned());
        }
        let epoch = match handover.by {
            FactSource::Worker { epoch } => Some(epoch),
            FactSource::User => None,
        };
        let command = TaskCommand::CompleteTask {
            epoch,
            invoice: Box::new(invoice),
            warnings: warnings.clone(),
            delivered_by: handover.delivered_by,
        };
        let executed = self
            .bus
            .execute::<Task>(&id.to_string(), command, context)
            .await
            .map_err(Refused::Task)?;
        Ok(Accepted::Completed {
            warnings,
            position: executed.position,
        })
    }

    async fn invoice(
        &self,
        id: TaskId,
        task: &Task,
        judged: &Judged,
        (xml, pdf): (ArtifactId, Option<ArtifactId>),
    ) -> Result<Invoice, Refused> {
        let submission = submission(task)?;
        let cfdi = &judged.cfdi;
        let details = InvoiceDetails {
            uuid: cfdi.uuid.clone(),
            issuer_rfc: cfdi.emisor.rfc.to_string(),
            issuer_name: cfdi.emisor.name.clone(),
            receiver_rfc: cfdi.receptor.rfc.to_string(),
            series: cfdi.serie.clone(),
            folio: cfdi.folio.clone(),
            receiver_regimen: cfdi.receptor.regimen.clone(),
            stamped_at: cfdi.fecha_timbrado,
        };
        let details = serde_json::to_vec(&details).map_err(|_| Refused::Malformed)?;
        let details = self
            .vault
            .seal(
                scope(submission),
                &id.to_string(),
                "invoice.details",
                &details,
            )
            .await?;
        let signature = match judged.signature {
            SignatureState::Valid => "valid",
            SignatureState::Invalid => "invalid",
            SignatureState::NotChecked { .. } => "not_checked",
        };
        Ok(Invoice {
            uuid_key: self.uuid_key(task, cfdi)?,
            details,
            issued_at: cfdi.fecha,
            subtotal: cfdi.subtotal,
            taxes: transferred(cfdi),
            total: cfdi.total,
            uso_cfdi: cfdi.receptor.uso.clone(),
            forma_pago: cfdi.forma_pago.clone(),
            signature: signature.to_owned(),
            xml,
            pdf,
        })
    }
}

/// What a check says, in words that may be kept in the clear: no RFC, no name, nothing of the
/// profile, no text of the file. What is not known here is told by its name only.
fn plain(check: &Check) -> String {
    let fixed = match check.name.as_ref() {
        "receiver-rfc" => "la factura está a nombre de otro RFC",
        "issuer-rfc" => "la emitió otro RFC que el del comercio (puede ser una franquicia)",
        "certificate-rfc" if check.outcome == Outcome::Warn => {
            "factura a través del adquirente: la selló otro RFC que el del emisor"
        }
        "certificate-rfc" => "el certificado no es del emisor",
        "regimen" => "el régimen fiscal no es el del perfil",
        "signature" => "el sello no se revisó, porque el CFDI lleva un complemento",
        // Amounts, dates, codes of catalogues, and sentences without a value.
        "total"
        | "sum"
        | "purchase-date"
        | "use"
        | "payment-form"
        | "document-type"
        | "certificate"
        | "certificate-number"
        | "certificate-validity"
        | "uuid" => &check.detail,
        other => return format!("no pasó la revisión «{other}»"),
    };
    fixed.to_owned()
}

/// The sum of the transferred taxes, rounded to cents.
fn transferred(cfdi: &Cfdi) -> Money {
    let taxes = cfdi.taxes.iter();
    let amounts = taxes.filter(|t| t.kind == TaxKind::Transferred);
    let sum = amounts
        .filter_map(|t| t.amount)
        .fold(Amount::ZERO, |sum, amount| sum + amount);
    Money {
        cents: i64::try_from((sum.millionths() + 5_000).div_euclid(10_000)).unwrap_or(i64::MAX),
        currency: cfdi.total.currency,
    }
}

fn submission(task: &Task) -> Result<&Submission, Refused> {
    task.submission.as_ref().ok_or(Refused::TaskUnknown)
}

/// Whose data key seals what belongs to a task.
fn scope(submission: &Submission) -> Scope {
    Scope::Profile(submission.owner, submission.profile)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write as _};

    #[test]
    fn files_are_sorted_by_their_bytes_also_inside_a_zip() {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in [("a.pdf", "<a/>"), ("b.xml", "%PDF-1.7")] {
            zip.start_file(name, zip::write::SimpleFileOptions::default())
                .unwrap();
            zip.write_all(content.as_bytes()).unwrap();
        }
        let zip = zip.finish().unwrap().into_inner();
        let files = sort(vec![zip]).unwrap();
        assert_eq!(files.xml.unwrap(), b"<a/>");
        assert_eq!(files.pdf.unwrap(), b"%PDF-1.7");
    }

    #[test]
    fn two_different_invoices_are_refused() {
        let two = vec![b"<a/>".to_vec(), b"<b/>".to_vec()];
        assert!(matches!(sort(two), Err(Refused::SeveralXml)));
        let twice = vec![b"<a/>".to_vec(), b"<a/>".to_vec()];
        assert!(sort(twice).unwrap().xml.is_some());
    }

    #[test]
    fn what_is_kept_in_the_clear_names_no_rfc_and_no_text_of_the_file() {
        let xml = include_str!("../../../domain/testdata/certificate-of-another.xml")
            .replace(
                "RegimenFiscalReceptor=\"612\"",
                "RegimenFiscalReceptor=\"626\"",
            )
            .replace(
                "<cfdi:Complemento>",
                "<cfdi:Complemento><x:TextoDelArchivo xmlns:x=\"x\"/>",
            );
        let cfdi = parse(xml.as_bytes()).unwrap();
        let other = || Rfc::parse("CACX7605101P8").unwrap();
        let expected = Expectation {
            regimen: Some(domain::fiscal::RegimenFiscal::R612),
            uso: Some(domain::fiscal::UsoCfdi::D01),
            emisor_rfc: Some(other()),
            ..Expectation::new(other())
        };
        let checks = verify(&cfdi, &expected).checks;
        let told = |name: &str| plain(checks.iter().find(|c| c.name == name).unwrap());
        for check in &checks {
            let text = plain(check);
            for word in ["EKU9003173C9", "XIQB891116QE4", "CACX7605101P8"] {
                assert!(!text.contains(word), "{}: {text}", check.name);
            }
            for word in ["626", "612", "TextoDelArchivo", &cfdi.uuid] {
                assert!(!text.contains(word), "{}: {text}", check.name);
            }
        }
        assert_eq!(told("certificate-rfc"), "el certificado no es del emisor");
        assert_eq!(told("use"), "uso de CFDI: G03; se pidió D01");
        let unknown = Check {
            name: "new".into(),
            outcome: Outcome::Fail,
            detail: "CACX7605101P8".to_owned(),
        };
        assert_eq!(plain(&unknown), "no pasó la revisión «new»");
    }

    #[test]
    fn taxes_are_summed_and_withheld_ones_left_out() {
        let xml = include_bytes!("../../../domain/testdata/discount-withholding.xml");
        let cfdi = parse(xml).unwrap();
        let transferred_only = cfdi.taxes.iter().filter(|t| t.kind == TaxKind::Transferred);
        assert!(
            transferred_only.count() < cfdi.taxes.len(),
            "a withheld tax"
        );
        assert!(transferred(&cfdi).cents > 0);
    }
}
