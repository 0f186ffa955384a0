//! Files: what is not an invoice is refused and said why.

use crate::common::{App, profile, send, task};
use commands::{CommandId, Context};
use devstack::S3Server;
use devstack::s3::{self, Fault};
use domain::task::{
    AnswerShape, ArtifactKind, DeliveredBy, ErasureReason, FactSource, Task, TaskCommand,
};
use domain::{ArtifactId, TaskId};
use kit::config::Place;
use kit::delivery::{Desk, Handover};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::json;
use std::io::{Cursor, Write as _};
use tokio_util::sync::CancellationToken;
use zip::write::SimpleFileOptions;

fn zip_of(name: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer
        .start_file(name, SimpleFileOptions::default())
        .unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_invoice_is_refused_and_said_why() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let worker = app.worker().await;
    let profile = profile(&demo).await;
    let id = task(&demo, &profile, "AAA001").await;
    let epoch = worker.opens(&id).await;
    worker.asks(&id, epoch, AnswerShape::Files).await;
    let events = app.events().await;
    let path = format!("/api/v1/tasks/{id}/artifacts");

    let dtd = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    let bomb = zip_of("factura.xml", &vec![b' '; 32 << 20]);
    let nested = zip_of("a.zip", &zip_of("b.xml", b"<b/>"));
    let files: [(&str, Vec<u8>); 7] = [
        ("application/xml", b"<a/>".to_vec()),
        ("application/xml", dtd.as_bytes().to_vec()),
        ("application/pdf", b"%PDF-1.7 nothing".to_vec()),
        ("application/zip", b"PK\x03\x04 no".to_vec()),
        ("application/zip", bomb),
        ("application/zip", nested),
        (
            "application/xml",
            b"<html><body>Error</body></html>".to_vec(),
        ),
    ];
    for (media_type, bytes) in files {
        let answer = demo.post_raw(&path, media_type, bytes).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "not-an-invoice"),
            "{}",
            answer.text
        );
        assert!(!answer.json["detail"].as_str().unwrap().is_empty());
        assert!(!answer.text.contains("root:"));
    }
    let large = vec![b'x'; 20 * 1024 * 1024 + 1];
    let answer = demo.post_raw(&path, "application/xml", large).await;
    assert_eq!((answer.status, answer.code()), (413, "body-too-large"));
    let answer = demo.post_raw(&path, "text/plain", "x").await;
    assert_eq!(
        (answer.status, answer.code()),
        (415, "unsupported-media-type")
    );
    let answer = demo.post_raw(&path, "multipart/form-data", "x").await;
    assert_eq!((answer.status, answer.code()), (400, "malformed-form"));
    assert_eq!(app.events().await, events, "nothing was stored");
    let none = "018f4c1e-0000-7000-8000-000000000000";
    let answer = demo.get(&format!("{path}/{none}")).await;
    assert_eq!((answer.status, answer.code()), (404, "not-found"));
    app.stop().await;
}

/// A stamped invoice of Berenice's.
const INVOICE: &str = include_str!("../../../../domain/testdata/plain.xml");

fn attribute(name: &str) -> &'static str {
    let from = INVOICE.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
    INVOICE[from..].split('"').next().unwrap()
}

/// A task for the ticket of that invoice, waiting for its files.
async fn asking(app: &App, number: &str, total: &str) -> String {
    let demo = app.client("demo");
    // There may be one that the read model doesn't have yet: the refusal names it.
    let made = demo
        .post("/api/v1/profiles", &crate::common::berenice())
        .await;
    let profile = match made.status {
        201 => &made.json["id"],
        _ => &made.json["profile"],
    };
    let mut body = crate::common::ticket(profile.as_str().unwrap(), number);
    body["fields"]["total"] = json!(total);
    body["fields"]["fecha"] = json!(&attribute("Fecha")[..10]);
    let made = demo.post("/api/v1/tasks", &body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json["task_id"].as_str().unwrap().to_owned();
    let worker = app.worker().await;
    let epoch = worker.opens(&id).await;
    worker.asks(&id, epoch, AnswerShape::Files).await;
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_uploaded_invoice_completes_its_task_and_comes_back_byte_for_byte() {
    let app = App::start().await;
    let demo = app.client("demo");
    let id = asking(&app, "AAA001", attribute("Total")).await;
    let path = format!("/api/v1/tasks/{id}/artifacts");
    let pdf = b"%PDF-1.7\n%%EOF".to_vec();
    let form = Form::new()
        .part(
            "xml",
            Part::bytes(INVOICE.as_bytes()).file_name("../../x.xml"),
        )
        .part("pdf", Part::bytes(pdf.clone()).file_name("x.pdf"));
    let request = demo.request(Method::POST, &path).multipart(form);
    let done = send(request.header("Idempotency-Key", "k")).await;
    assert_eq!(
        (done.status, &done.json["status"]),
        (200, &json!("COMPLETED")),
        "{}",
        done.text
    );

    let view = format!("/api/v1/tasks/{id}?min_position={}", done.json["position"]);
    let view = demo.get(&view).await.json;
    let uuid = attribute("UUID");
    assert_eq!(view["invoice"]["uuid"], uuid.to_uppercase());
    // The first RFC of an invoice is its issuer's.
    let (issuer, series, folio) = (attribute("Rfc"), attribute("Serie"), attribute("Folio"));
    let stem = format!("{issuer}_{series}{folio}");
    assert_eq!(view["invoice"]["delivered_by"], "user");
    assert_eq!(view["invoice"]["signature"], "valid");
    let files = view["artifacts"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    for file in files {
        let (bytes, media_type, ending): (&[u8], _, _) = match file["kind"].as_str().unwrap() {
            "xml" => (INVOICE.as_bytes(), "application/xml", "xml"),
            _ => (&pdf, "application/pdf", "pdf"),
        };
        let got = demo
            .get(&format!("{path}/{}", file["id"].as_str().unwrap()))
            .await;
        assert_eq!((got.status, got.text.as_bytes()), (200, bytes));
        assert_eq!(got.header("content-type"), media_type);
        let name = format!("attachment; filename=\"{stem}.{ending}\"");
        assert_eq!(got.header("content-disposition"), name);
        assert_eq!(
            (
                got.header("cache-control"),
                got.header("x-content-type-options")
            ),
            ("no-store", "nosniff")
        );
        let theirs = app
            .client("ana")
            .get(&format!("{path}/{}", file["id"].as_str().unwrap()))
            .await;
        assert_eq!((theirs.status, theirs.code()), (404, "not-found"));
    }
    let again = demo.post_raw(&path, "application/xml", INVOICE).await;
    assert_eq!((again.status, again.code()), (409, "wrong-status"));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_differs_is_kept_and_taken_only_when_the_user_says_so() {
    let app = App::start().await;
    let demo = app.client("demo");
    let id = asking(&app, "AAA002", "7.00").await;
    let path = format!("/api/v1/tasks/{id}/artifacts");
    let zip = zip_of("factura.xml", INVOICE.as_bytes());
    let doubtful = demo.post_raw(&path, "application/zip", zip.clone()).await;
    assert_eq!(
        (doubtful.status, doubtful.code()),
        (409, "invoice-doubtful"),
        "{}",
        doubtful.text
    );
    assert!(!doubtful.json["reasons"].as_array().unwrap().is_empty());
    let kept = format!("{path}/{}", doubtful.json["artifact_id"].as_str().unwrap());
    assert_eq!(demo.get(&kept).await.text, INVOICE);

    // Amended to another profile, what was kept before still opens.
    let mut other = crate::common::berenice();
    other["rfc"] = json!("CACX7605101P8");
    let other = demo.post("/api/v1/profiles", &other).await.json["id"].clone();
    let task = format!("/api/v1/tasks/{id}");
    let amended = demo.patch(&task, &json!({ "profile": other })).await;
    assert_eq!(amended.status, 200, "{}", amended.text);
    assert_eq!(demo.get(&kept).await.text, INVOICE);
    let list = demo.get("/api/v1/profiles").await.json;
    let back = json!({ "profile": list["items"][0]["id"] });
    assert_eq!(demo.patch(&task, &back).await.status, 200);

    let taken = demo
        .post_raw(
            &format!("{path}?accept_doubts=true"),
            "application/zip",
            zip,
        )
        .await;
    assert_eq!(
        (taken.status, &taken.json["status"]),
        (200, &json!("COMPLETED")),
        "{}",
        taken.text
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_lie_in_a_bucket_where_that_is_configured() {
    let mut app = App::start().await;
    let store = S3Server::start().await.unwrap();
    let place: Place = serde_json::from_value(json!({
        "url": format!("s3://{}/files", s3::BUCKET),
        "endpoint": store.endpoint(),
        "allow_http": true,
        "region": s3::REGION,
        "access_key_id": s3::ACCESS_KEY_ID,
        "secret_access_key": s3::SECRET_ACCESS_KEY,
        "retries": 1,
    }))
    .unwrap();
    app.config = app.node(|config| config.artifacts = place).await;
    let demo = app.client("demo");
    let id = asking(&app, "AAA006", attribute("Total")).await;
    let path = format!("/api/v1/tasks/{id}/artifacts");
    let done = demo.post_raw(&path, "application/xml", INVOICE).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let names = store.names();
    assert_eq!(names.len(), 1, "{names:?}");
    let file = names[0].rsplit('/').next().unwrap();
    let kept = demo.get(&format!("{path}/{file}")).await;
    assert_eq!(kept.text, INVOICE);
    store.fail(Method::GET, 9, Fault::Status(503));
    let away = demo.get(&format!("{path}/{file}")).await;
    assert_eq!((away.status, away.code()), (503, "unavailable"));

    // And a node is no node without its bucket.
    drop(store);
    let started = api::run(&app.config, CancellationToken::new()).await;
    let told = format!("{:#}", started.unwrap_err());
    assert!(
        told.starts_with("artifacts: s3://relevo-files/files at "),
        "{told}"
    );
    app.stop().await;
}

/// Other invoices to the same buyer.
const OTHER: &str = include_str!("../../../../domain/testdata/fuel.xml");
const THIRD: &str = include_str!("../../../../domain/testdata/legends.xml");

#[tokio::test(flavor = "multi_thread")]
async fn what_is_saved_is_the_tasks_invoice_and_no_other_file_of_it() {
    let app = App::start().await;
    let demo = app.client("demo");
    let id = asking(&app, "AAA003", "7.00").await;
    let path = format!("/api/v1/tasks/{id}/artifacts");
    for doubtful in [INVOICE, OTHER] {
        let answer = demo.post_raw(&path, "application/xml", doubtful).await;
        assert_eq!(answer.code(), "invoice-doubtful", "{}", answer.text);
    }
    let accepting = format!("{path}?accept_doubts=true");
    let upload = || {
        let request = demo.request(Method::POST, &accepting).body(INVOICE);
        send(
            request
                .header("content-type", "application/xml")
                .header("Idempotency-Key", "k"),
        )
    };
    let done = upload().await;
    assert_eq!(done.json["status"], "COMPLETED", "{}", done.text);
    let events = app.events().await;
    let late = demo.post_raw(&path, "application/xml", THIRD).await;
    assert_eq!((late.status, late.code()), (409, "wrong-status"));
    assert_eq!(app.events().await, events, "nothing more was stored");
    assert_eq!(upload().await.status, 200, "the repeat has its answer");

    let token = app.stack.oidc().unwrap().token("demo").unwrap();
    let base = format!("http://{}", app.config.api.listen);
    let client = client::Client::new(base.parse().unwrap(), token);
    let position = done.json["position"].as_u64().unwrap();
    let seen = format!("/api/v1/tasks/{id}?min_position={position}");
    let task: schemas::rest::TaskView = serde_json::from_value(demo.get(&seen).await.json).unwrap();
    assert_eq!(task.artifacts.len(), 2);
    let out = app.stack.dir().join("out");
    let saved = client.save_invoice(&task, &out).await.unwrap();
    assert_eq!(std::fs::read_to_string(&saved.xml).unwrap(), INVOICE);
    assert_eq!(saved.pdf, None);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_invoice_completes_one_task_unless_the_user_says_otherwise() {
    let app = App::start().await;
    let demo = app.client("demo");
    let total = attribute("Total");
    let tasks = [
        asking(&app, "AAA004", total).await,
        asking(&app, "AAA005", total).await,
    ];
    let paths = tasks.map(|id| format!("/api/v1/tasks/{id}/artifacts"));
    let upload = |path: &String| {
        let (demo, path) = (demo.clone(), path.clone());
        async move { demo.post_raw(&path, "application/xml", INVOICE).await }
    };
    // At the same instant: one has it.
    let answers = tokio::join!(upload(&paths[0]), upload(&paths[1]));
    let (won, lost) = match answers {
        (first, second) if first.status == 200 => (first, (second, &paths[1])),
        (first, second) => (second, (first, &paths[0])),
    };
    assert_eq!(won.json["status"], "COMPLETED", "{}", won.text);
    let (lost, path) = lost;
    assert_eq!((lost.status, lost.code()), (409, "invoice-doubtful"));
    let reasons = json!(["la factura ya está guardada en otra tarea"]);
    assert_eq!(lost.json["reasons"], reasons);

    let taken = upload(&format!("{path}?accept_doubts=true")).await;
    assert_eq!(taken.json["status"], "COMPLETED", "{}", taken.text);
    let seen = path.replace("/artifacts", "");
    let seen = format!("{seen}?min_position={}", taken.json["position"]);
    let warnings = demo.get(&seen).await.json["warnings"].clone();
    assert_eq!(warnings[0], reasons[0]);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_that_does_not_open_leaves_the_list_of_tasks_standing() {
    let app = App::start().await;
    let demo = app.client("demo");
    let id = asking(&app, "AAA001", attribute("Total")).await;
    let path = format!("/api/v1/tasks/{id}/artifacts");
    let done = demo.post_raw(&path, "application/xml", INVOICE).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let view = format!("/api/v1/tasks/{id}?min_position={}", done.json["position"]);
    assert!(demo.get(&view).await.json["invoice"].is_object());

    let broken = sqlx::query(
        "update read.tasks set state = jsonb_set(state, '{invoice,details}', '\"broken\"')",
    );
    let broken = broken.execute(&app.admin).await.unwrap();
    assert_eq!(broken.rows_affected(), 1);
    let list = demo.get("/api/v1/tasks").await;
    assert_eq!(list.status, 200, "{}", list.text);
    let item = &list.json["items"][0];
    assert_eq!(
        (&item["task_id"], &item["status"], &item["invoice"]),
        (&json!(id), &json!("COMPLETED"), &json!(null)),
        "{item}"
    );
    app.stop().await;
}

/// A finished task of `demo` with a long file of that kind, stored after its end.
async fn with_long_file(
    app: &App,
    desk: &Desk,
    kind: ArtifactKind,
) -> (TaskId, ArtifactId, Vec<u8>) {
    let id: TaskId = asking(app, "AAA001", attribute("Total"))
        .await
        .parse()
        .unwrap();
    let bus = &desk.bus;
    let context = Context::reactor(CommandId::random());
    bus.execute::<Task>(&id.to_string(), TaskCommand::CancelTask, &context)
        .await
        .unwrap();
    let task = bus
        .load::<Task>(&id.to_string())
        .await
        .unwrap()
        .unwrap()
        .state;
    let bytes = [b"\x89PNG".to_vec(), vec![7; 1_000_000]].concat();
    let handover = Handover {
        by: FactSource::Worker { epoch: task.epoch },
        delivered_by: DeliveredBy::Portal,
        issuer: None,
        doubts_accepted: false,
    };
    let stored = desk
        .store(id, &task, kind, &bytes, &handover, &context)
        .await;
    (id, stored.unwrap(), bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_breaks_its_download_and_an_erased_one_is_gone() {
    let app = App::start().await;
    let (demo, desk) = (app.client("demo"), app.desk().await);
    let (id, file, bytes) = with_long_file(&app, &desk, ArtifactKind::Screenshot).await;
    let path = format!("/api/v1/tasks/{id}/artifacts/{file}");
    let whole = demo.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(whole.content_length(), Some(bytes.len() as u64));
    assert_eq!(whole.headers()["content-type"], "image/png");
    assert!(whole.bytes().await.unwrap() == bytes);

    let name = file.to_string();
    let folder = format!("{:02x}", file.0.as_bytes()[15]);
    let Place::Folder(dir) = &app.config.artifacts else {
        panic!("no folder")
    };
    let stored = dir.join(folder).join(name);
    let mut damaged = std::fs::read(&stored).unwrap();
    damaged[700_000] ^= 1;
    std::fs::write(&stored, damaged).unwrap();
    let broken = demo.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(broken.status(), 200);
    assert!(broken.bytes().await.is_err(), "the transfer is cut");

    let erase = TaskCommand::EraseArtifact {
        id: file,
        reason: ErasureReason::Retention,
    };
    let context = Context::reactor(CommandId::random());
    let erased = desk
        .bus
        .execute::<Task>(&id.to_string(), erase, &context)
        .await;
    let position = erased.unwrap().position;
    let gone = demo.get(&path).await;
    assert_eq!((gone.status, gone.code()), (410, "artifact-erased"));
    let view = format!("/api/v1/tasks/{id}?min_position={position}");
    let view = demo.get(&view).await.json;
    assert!(view["artifacts"][0]["erased_at"].is_string(), "{view}");
    app.stop().await;
}
