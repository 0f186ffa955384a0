//! A portal nobody has seen before: other labels, other order, other ids, on a server of this test.
//! Its adapter is dropped into the folder while everything runs, and its invoice comes without a
//! rebuild. Behind its counter it gets the invoices from the plain practice portal.

use crate::world;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use domain::fiscal::Money;
use schemas::rest::{CreateTask, ProfileBody};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tests::builders::{pesos, plain_number};
use tests::{Installation, delivered, invoice_at_plain_portal};

type Form3 = BTreeMap<String, String>;

struct Shop {
    installation: &'static Installation,
    files: Mutex<BTreeMap<String, String>>,
}

const PAGE: &str = r#"<!doctype html><html lang="es"><meta charset="utf-8"><title>Café Tres</title>
<p>Bienvenido. Todo en una hoja, de atrás para adelante.</p>
<form method="post" action="/hazla">
<p>Para qué la quiere <select name="z1" aria-label="Para qué la quiere"><option value="">…</option>
<option value="a">G01 Adquisición de mercancías.</option><option value="b">G03 Gastos en general.</option></select></p>
<p><label>Su giro ante el SAT <select name="z2"><option value="">…</option>
<option value="k1">605 Sueldos y Salarios e Ingresos Asimilados a Salarios</option>
<option value="k2">612 Personas Físicas con Actividades Empresariales y Profesionales</option></select></label></p>
<p><label for="q9">¿Dónde vive su RFC? (C.P.)</label> <input id="q9" name="z3"></p>
<p><label for="q8">Nombre como está en su constancia</label> <input id="q8" name="z4"></p>
<p><label for="q7">Clave del contribuyente</label> <input id="q7" name="z5"></p>
<p><label for="q6">¿Cuánto fue?</label> <input id="q6" name="z6"></p>
<p><label for="q5">Folio de su consumo</label> <input id="q5" name="z7"></p>
<p><a href="javascript:void(0)" onclick="document.forms[0].requestSubmit()">Quiero mi factura</a></p>
</form></html>"#;

async fn make(State(shop): State<Arc<Shop>>, Form(form): Form<Form3>) -> Response {
    let of = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let regimen = match of("z2") {
        "k1" => "605",
        "k2" => "612",
        _ => return Html("Falta su giro.").into_response(),
    };
    let default_use = match of("z1") {
        "a" => "G01",
        "b" => "G03",
        _ => return Html("Falta para qué la quiere.").into_response(),
    };
    let buyer = ProfileBody {
        rfc: of("z5").to_owned(),
        name: of("z4").to_owned(),
        postal_code: of("z3").to_owned(),
        regimen: regimen.to_owned(),
        default_use: Some(default_use.to_owned()),
        email: String::new(),
    };
    let Ok(total) = Money::parse_mxn(of("z6")) else {
        return Html("No entendimos cuánto fue.").into_response();
    };
    match invoice_at_plain_portal(shop.installation, of("z7"), total, &buyer).await {
        Ok(xml) => {
            let number = of("z7").to_owned();
            shop.files.lock().unwrap().insert(number.clone(), xml);
            Redirect::to(&format!("/hecha/{number}")).into_response()
        }
        Err(_) => Html("Ese consumo no está en nuestra libreta.").into_response(),
    }
}

async fn done(Path(number): Path<String>) -> Html<String> {
    Html(format!(
        "<!doctype html><meta charset=utf-8><h2>¡Servido!</h2><p>Su factura salió del horno.</p>\
         <p><a href=\"/llevar/{number}\">Para llevar</a></p>"
    ))
}

async fn take(State(shop): State<Arc<Shop>>, Path(number): Path<String>) -> Response {
    let Some(xml) = shop.files.lock().unwrap().get(&number).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/xml"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"consumo.xml\"",
        ),
    ];
    (headers, xml).into_response()
}

fn adapter(address: &str) -> String {
    format!(
        r#"id: cafe-tres
name: Café Tres
version: 1
hosts: ["{address}"]
entry: http://{address}/
window: {{ rule: {{ days: 10 }}, verified: assumed }}
fields:
  - {{ name: folio, label: Folio de su consumo, kind: text, pattern: "^[0-9]{{12}}$" }}
  - {{ name: total, label: "¿Cuánto fue?", kind: money }}
identity: [folio]
steps:
  - goto: http://{address}/
  - fill: folio
    at: [{{ label: Folio de su consumo }}]
  - fill: total
    at: [{{ label: "¿Cuánto fue?" }}]
    format: decimal
  - fill: rfc
    at: [{{ label: Clave del contribuyente }}]
  - fill: nombre
    at: [{{ css: "input[name=z4]" }}]
  - fill: cp
    at: [{{ id: q9 }}]
  - select: regimen
    at: [{{ label: Su giro ante el SAT }}]
  - select: uso_cfdi
    at: [{{ name: z1 }}]
  - submit: [{{ link: Quiero mi factura }}]
  - download:
      xml: [{{ link: Para llevar }}]
outcomes:
  - {{ is: accepted, text: "su factura salio del horno" }}
  - {{ is: not_found, text: "no esta en nuestra libreta" }}
"#
    )
}

#[test]
fn a_portal_dropped_in_at_run_time_gives_its_invoice() {
    world::run(async |case| {
        let shop = Arc::new(Shop {
            installation: case.installation,
            files: Mutex::default(),
        });
        let router = Router::new()
            .route("/", get(async || Html(PAGE)))
            .route("/hazla", post(make))
            .route("/hecha/{number}", get(done))
            .route("/llevar/{number}", get(take))
            .with_state(shop);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        case.installation
            .drop_in("cafe-tres.yaml", &adapter(&address))?;
        let known = case.client.portals().await?;
        assert!(known.iter().any(|p| p.id == "cafe-tres"), "{known:?}");

        let cents = 18_050;
        let number = plain_number(cents);
        let ticket = |folio: &str| CreateTask {
            portal: "Café Tres".to_owned(),
            profile: case.profile,
            fields: BTreeMap::from([
                ("folio".to_owned(), folio.to_owned()),
                ("total".to_owned(), pesos(cents)),
            ]),
            uso_cfdi: None,
            forma_pago: None,
            confirm: None,
            confirmed: true,
        };
        let id = case.submit(&ticket(&number)).await?.task_id;
        let task = case.completed(id, 0).await?;
        assert_eq!(task.portal, "cafe-tres");
        // This shop has no PDF; the XML is the document.
        assert!(delivered(&case.client, &task).await?.pdf.is_none());
        let invoice = task.invoice.expect("an invoice");
        assert_eq!(invoice.signature, "valid");
        assert_eq!(Some(invoice.total), task.total);

        let unknown = case.submit(&ticket("990000000001")).await?.task_id;
        let task = case.ended(unknown, 0).await?;
        let rejection = task.failure.expect("a failure").rejection;
        assert_eq!(rejection.as_deref(), Some("not_found"));
        server.abort();
        Ok(())
    });
}
