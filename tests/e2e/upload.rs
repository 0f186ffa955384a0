//! The manual way: files got in the user's own browser.

use crate::world;
use bytes::Bytes;
use client::ClientError;
use domain::TaskId;
use domain::fiscal::Money;
use schemas::rest::ProfileBody;
use tests::builders::{demo_profile, pesos, plain_number, wizard_numbers, wizard_ticket};
use tests::{Case, delivered, fakes, invoice_at_plain_portal};

const PRICE: u32 = 91_827;

/// A task that waits for its owner at the CAPTCHA.
async fn waiting(case: &Case<'_>) -> anyhow::Result<TaskId> {
    let (folio, web_id) = wizard_numbers(PRICE);
    let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(PRICE));
    let id = case.submit(&ticket).await?.task_id;
    case.question(id, "captcha", None).await?;
    Ok(id)
}

async fn invoice(case: &Case<'_>, buyer: &ProfileBody) -> anyhow::Result<String> {
    let total = Money::parse_mxn(&pesos(PRICE))?;
    invoice_at_plain_portal(case.installation, &plain_number(PRICE), total, buyer).await
}

fn why(result: Result<impl std::fmt::Debug, ClientError>) -> (u16, String, String) {
    let error = result.expect_err("refused");
    let problem = error
        .problem()
        .unwrap_or_else(|| panic!("no problem document: {error}"));
    let detail = problem.detail.clone().unwrap_or_default();
    (problem.status, problem.code().to_owned(), detail)
}

#[test]
fn whoever_wants_no_manual_way_either_is_asked_nothing_more() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let id = waiting(case).await?;
        let captcha = case.question(id, "captcha", None).await?;
        case.client.decline(id, captcha.id).await?;
        let manual = case.question(id, "manual", Some(&captcha)).await?;
        let declined = case.client.decline(id, manual.id).await?;
        let task = case.ended(id, declined.sequence).await?;
        let failure = task.failure.as_ref().expect("a failure");
        assert!(failure.retryable && !failure.next_step.is_empty());
        let events = case.events(id).await?;
        let opened = |e: &&schemas::PublicEvent| e.event == "task.session_opened";
        assert_eq!(events.iter().filter(opened).count(), 1, "no second browser");
        Ok(())
    });
}

#[test]
fn files_that_are_no_invoice_are_refused_and_say_why() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let id = waiting(case).await?;
        let before = case.events(id).await?.len();
        let refused = async |media: &str, file: Vec<u8>| {
            why(case.client.upload(id, media, Bytes::from(file)).await)
        };
        let files = [
            (
                "application/xml",
                fakes::NOT_A_CFDI.as_bytes().to_vec(),
                "no es un CFDI",
            ),
            ("application/xml", fakes::DTD.as_bytes().to_vec(), "DTD"),
            (
                "application/xml",
                b"<cfdi:Comprobante".to_vec(),
                "mal formado",
            ),
            ("application/zip", fakes::bomb()?, "límite"),
            (
                "application/zip",
                fakes::archive(&[("a.txt", b"hola")])?,
                "falta el XML",
            ),
            (
                "application/pdf",
                b"%PDF-1.7 alone".to_vec(),
                "falta el XML",
            ),
        ];
        for (media, file, words) in files {
            let (status, code, detail) = refused(media, file).await;
            assert_eq!((status, code.as_str()), (422, "not-an-invoice"), "{detail}");
            assert!(detail.contains(words), "«{detail}» does not say «{words}»");
        }
        let unsupported = refused("text/html", b"<p>".to_vec()).await;
        assert_eq!(
            (unsupported.0, unsupported.1.as_str()),
            (415, "unsupported-media-type")
        );
        let huge = refused("application/xml", vec![b' '; 21 << 20]).await;
        assert_eq!((huge.0, huge.1.as_str()), (413, "body-too-large"));
        assert_eq!(case.events(id).await?.len(), before, "nothing was stored");
        case.client.command(id, "cancel").await?;
        Ok(())
    });
}

#[test]
fn an_altered_invoice_is_refused() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let id = waiting(case).await?;
        let xml = invoice(case, &demo_profile()).await?;
        let altered = xml.replacen("BERENICE XIMO QUEZADA", "BERENICE XIMO QUESADA", 1);
        assert_ne!(xml, altered);
        let upload = case
            .client
            .upload(id, "application/xml", altered.into())
            .await;
        let (status, code, detail) = why(upload);
        assert_eq!((status, code.as_str()), (422, "not-an-invoice"), "{detail}");
        let done = case
            .client
            .upload(id, "application/xml", xml.into())
            .await?;
        assert_eq!(done.status, "COMPLETED");
        Ok(())
    });
}

#[test]
fn an_invoice_for_another_rfc_is_kept_but_never_accepted_by_itself() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let id = waiting(case).await?;
        let other = ProfileBody {
            rfc: "CACX7605101P8".to_owned(),
            name: "XOCHILT CASAS CHAVEZ".to_owned(),
            postal_code: "36257".to_owned(),
            regimen: "612".to_owned(),
            ..demo_profile()
        };
        let xml = invoice(case, &other).await?;
        let upload = case.client.upload(id, "application/xml", xml.into()).await;
        let error = upload.expect_err("another's invoice");
        let problem = error.problem().expect("a problem document");
        assert_eq!((problem.status, problem.code()), (409, "invoice-doubtful"));
        assert!(problem.extra.contains_key("reasons"), "{problem:?}");
        let task = case.client.task(id, 0).await?;
        assert_ne!(task.status, "COMPLETED");
        case.until(id, "the file to be kept", |t| {
            t.artifacts.iter().any(|a| a.kind == "xml")
        })
        .await?;
        case.client.command(id, "cancel").await?;
        Ok(())
    });
}

#[test]
fn a_zip_with_both_files_completes_the_task() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let id = waiting(case).await?;
        let xml = invoice(case, &demo_profile()).await?;
        let files: [(&str, &[u8]); 2] = [
            ("../factura.xml", xml.as_bytes()),
            ("factura.pdf", b"%PDF-1.7 by hand"),
        ];
        let zip = fakes::archive(&files)?;
        let answer = case
            .client
            .upload(id, "application/zip", zip.into())
            .await?;
        assert_eq!(answer.status, "COMPLETED");
        let done = case.completed(id, answer.sequence - 1).await?;
        let invoice = done.invoice.as_ref().expect("an invoice");
        assert_eq!(invoice.delivered_by, "user");
        // Another vendor's RFC than the portal's is worth saying, and no more.
        assert!(!done.warnings.is_empty());
        let kinds: Vec<&str> = done.artifacts.iter().map(|a| a.kind.as_str()).collect();
        assert!(
            kinds.contains(&"xml") && kinds.contains(&"pdf"),
            "{kinds:?}"
        );
        let files = delivered(&case.client, &done).await?;
        assert_eq!(files.xml, xml.as_bytes());
        // The agent lets its browser go.
        case.until_event(id, "the browser to go", |e| {
            e.event == "task.session_closed"
        })
        .await?;
        Ok(())
    });
}
