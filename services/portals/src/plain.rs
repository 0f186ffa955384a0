//! The plain portal: "Abarrotes La Paloma", one long form and a final button.

use std::sync::Arc;

use axum::{
    Form, Json, Router,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use serde_json::json;

use crate::{
    Shared, account, catalog,
    faults::{self, FaultKind, Site},
    fiscal::{self, BadReceptor, Receptor},
    html::{self, Fields},
    ledger::Refusal,
    pdf,
    ticket::{PortalId, Typed, normal, practice_tickets},
};

const PORTAL: PortalId = PortalId::Plain;
const FRAME: &str = include_str!("../sites/plain/marco.html");
const FORM: &str = include_str!("../sites/plain/forma.html");
const RESULT: &str = include_str!("../sites/plain/comprobante.html");
const COPY: &str = include_str!("../sites/plain/copia.html");

const BRANCHES: [(&str, &str); 4] = [
    ("001", "Centro"),
    ("002", "Del Valle"),
    ("003", "Portales"),
    ("004", "Coyoacán"),
];

/// What the changed form says instead.
const CHANGES: &[(&str, &str)] = &[
    ("Número de ticket", "Operación de caja"),
    ("Total pagado", "Suma"),
    ("Código postal", "Zona"),
    ("Nombre o razón social", "Titular"),
    ("Generar factura", "Proceder"),
];

/// Routes of the plain portal.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let site = Site {
        shared: shared.clone(),
        portal: PORTAL,
        final_path: "/facturar",
        changes: CHANGES,
    };
    Router::new()
        .route("/", get(home))
        .route("/facturar", post(invoice))
        .route("/clientes", get(customer))
        .route("/comprobante/{token}", get(result))
        .route("/archivo/{file}", get(file))
        .route("/copia", get(copy_form).post(copy))
        .route(
            "/tienda.css",
            get(|| asset("text/css", include_str!("../sites/plain/tienda.css"))),
        )
        .route(
            "/tienda.js",
            get(|| asset("text/javascript", include_str!("../sites/plain/tienda.js"))),
        )
        .merge(account::router())
        .layer(middleware::from_fn_with_state(site, faults::spoil))
        .with_state(shared)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

async fn home() -> Html<String> {
    form(&Fields::default(), "")
}

fn form(fields: &Fields, message: &str) -> Html<String> {
    let code_and_text = |(code, text): (&'static str, &str)| (code, format!("{code} - {text}"));
    let regimes = catalog::REGIMES
        .iter()
        .map(|row| code_and_text((row.0, row.1)));
    let uses = catalog::USES.iter().copied().map(code_and_text);
    let payments = catalog::PAYMENTS.iter().copied().map(code_and_text);
    let payment = if fields.get("forma_pago").is_empty() {
        "01"
    } else {
        fields.get("forma_pago")
    };
    let mut values = vec![
        ("message", message.to_owned()),
        ("branches", branches(fields.get("sucursal"))),
        ("regimes", html::options(regimes, fields.get("regimen"))),
        ("uses", html::options(uses, fields.get("uso"))),
        ("payments", html::options(payments, payment)),
        ("practice", practice()),
    ];
    for name in ["ticket", "fecha", "total", "rfc", "nombre", "cp", "correo"] {
        values.push((name, fields.get(name).to_owned()));
    }
    html::page(FRAME, "Facturación en línea", html::fill(FORM, &values))
}

fn branches(chosen: &str) -> String {
    html::options(
        BRANCHES
            .iter()
            .map(|(code, name)| (*code, format!("{code} {name}"))),
        chosen,
    )
}

fn practice() -> String {
    practice_tickets(PORTAL)
        .iter()
        .map(|spec| {
            format!(
                "<li><code>{}</code>, sucursal {}, ${}: {}</li>",
                spec.ticket,
                spec.sucursal.as_deref().unwrap_or("cualquiera"),
                fiscal::pesos_for_people(spec.total_cents),
                html::practice_note(spec.kind),
            )
        })
        .collect()
}

/// The blur of the RFC asks here; like many real portals it answers nothing useful, and the page
/// empties the postal code when the answer comes.
async fn customer() -> Response {
    // Late enough that a fast typist is already in the next fields.
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    Json(json!({ "cliente": null, "cp": "" })).into_response()
}

fn typed(fields: &Fields) -> Result<Typed, &'static str> {
    let date = fiscal::date(fields.get("fecha"));
    let typed = Typed {
        ticket: normal(fields.get("ticket")),
        second: fields.get("sucursal").to_owned(),
        date,
        total_cents: fiscal::cents(fields.get("total")).unwrap_or(0),
    };
    if typed.ticket.is_empty() {
        return Err("Falta el número de su ticket.");
    }
    if !BRANCHES.iter().any(|(code, _)| *code == typed.second) {
        return Err("Escoja la sucursal donde compró.");
    }
    if date.is_none() {
        return Err("Escriba el día de su compra así: 31/12/2026.");
    }
    if typed.total_cents == 0 {
        return Err("Escriba cuánto pagó, con dos decimales.");
    }
    Ok(typed)
}

fn receptor(fields: &Fields) -> Result<Receptor, &'static str> {
    let own = |name| fields.get(name).to_owned();
    let receptor = Receptor {
        rfc: own("rfc"),
        name: own("nombre"),
        postal_code: own("cp"),
        regime: own("regimen"),
        cfdi_use: own("uso"),
        payment: own("forma_pago"),
    };
    receptor.parse().map_err(|bad| match bad {
        BadReceptor::Rfc => "Escriba su RFC con 12 o 13 posiciones, tal como lo tiene el SAT.",
        BadReceptor::Field("nombre") => "Falta su nombre o razón social.",
        BadReceptor::Field("cp") => "Falta el código postal, son cinco dígitos.",
        BadReceptor::Field("regimen") => "Escoja su régimen.",
        BadReceptor::Field("uso") => "Escoja el uso del CFDI.",
        BadReceptor::Field(_) => "Escoja cómo pagó.",
        BadReceptor::RegimeOfOtherPerson => {
            "El SAT no acepta ese régimen para un RFC como el suyo. Revise su Constancia."
        }
        BadReceptor::UseNotForRegime => "El SAT no permite ese uso con el régimen escogido.",
    })
}

/// What this portal says to a refusal.
fn refusal(shared: &Shared, refusal: Refusal, ticket: &str) -> String {
    match refusal {
        Refusal::NotFound => {
            "Ninguna compra nuestra lleva esos datos. Compare el número con el que está bajo el \
             código de barras."
        }
        Refusal::Expired => {
            "Esa compra es de un mes cerrado; la tienda la atendía en los 30 días siguientes."
        }
        Refusal::TooNew => {
            "La caja de esa sucursal sigue enviando sus ventas del día. Vuelva en un rato."
        }
        Refusal::AlreadyInvoiced => {
            return match shared.ledger().invoiced_on(PORTAL, ticket) {
                Some(day) => format!(
                    "Entregamos el comprobante de esta compra el {day}. Si lo perdió, vaya a \
                     «Copia de comprobante»."
                ),
                None => "Otro cliente recibió antes el comprobante de esta compra.".to_owned(),
            };
        }
        Refusal::AmountDiffers => "La caja registró una cantidad distinta de la que escribió.",
        Refusal::FiscalRefused => {
            "El SAT devolvió sus datos: el nombre y el código postal deben ser idénticos a los de \
             su Constancia de Situación Fiscal."
        }
        Refusal::NothingToRecover => "Para ese RFC no hay comprobante de esta compra.",
    }
    .to_owned()
}

/// The final button.
async fn invoice(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Response {
    shared.ledger().press(PORTAL, &normal(fields.get("ticket")));
    let asked = typed(&fields).and_then(|typed| Ok((typed, receptor(&fields)?)));
    let (typed, receptor) = match asked {
        Ok(asked) => asked,
        Err(message) => return form(&fields, message).into_response(),
    };
    let issued = {
        let mut ledger = shared.ledger();
        match ledger.look_up(PORTAL, &typed) {
            Ok(()) => {
                let twist = shared.faults().twist(PORTAL);
                ledger.issue(PORTAL, &typed, &receptor, twist)
            }
            Err(refusal) => Err(refusal),
        }
    };
    match issued {
        Ok(token) => Redirect::to(&format!("/comprobante/{token}")).into_response(),
        Err(why) => form(&fields, &refusal(&shared, why, &typed.ticket)).into_response(),
    }
}

async fn result(State(shared): State<Arc<Shared>>, Path(token): Path<String>) -> Response {
    let ledger = shared.ledger();
    let Some(invoice) = ledger
        .invoice(&token)
        .filter(|invoice| invoice.portal == PORTAL)
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let values = [
        ("token", token.clone()),
        ("number", format!("{} {}", invoice.series, invoice.folio)),
        ("ticket", invoice.ticket.clone()),
        ("rfc", invoice.receptor.rfc.clone()),
        ("name", invoice.receptor.name.clone()),
        ("total", fiscal::pesos_for_people(invoice.total_cents)),
    ];
    html::page(FRAME, "Comprobante", html::fill(RESULT, &values)).into_response()
}

async fn file(State(shared): State<Arc<Shared>>, Path(file): Path<String>) -> Response {
    let (token, kind) = file.rsplit_once('.').unwrap_or((&file, ""));
    let Some(invoice) = shared.ledger().invoice(token).cloned() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let name = invoice.file_name();
    let spoilt = |kind| {
        shared
            .faults()
            .take(PORTAL, kind, &format!("/archivo/{file}"))
            .is_some()
    };
    match kind {
        "xml" => {
            let body = if spoilt(FaultKind::BrokenXml) {
                "<!doctype html><title>Abarrotes La Paloma</title><p>Ocurrió un problema.".into()
            } else {
                invoice.xml
            };
            let disposition = format!("attachment; filename=\"{name}.xml\"");
            (
                [
                    (header::CONTENT_TYPE, "application/xml".to_owned()),
                    (header::CONTENT_DISPOSITION, disposition),
                ],
                body,
            )
                .into_response()
        }
        "pdf" if !spoilt(FaultKind::NoPdf) => {
            let disposition = format!("inline; filename=\"{name}.pdf\"");
            (
                [
                    (header::CONTENT_TYPE, "application/pdf".to_owned()),
                    (header::CONTENT_DISPOSITION, disposition),
                ],
                pdf::render(&invoice),
            )
                .into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn copy_page(fields: &Fields, message: &str) -> Html<String> {
    let values = [
        ("message", message.to_owned()),
        ("branches", branches(fields.get("sucursal"))),
        ("ticket", fields.get("ticket").to_owned()),
        ("rfc", fields.get("rfc").to_owned()),
    ];
    html::page(FRAME, "Copia de comprobante", html::fill(COPY, &values))
}

async fn copy_form(Query(fields): Query<Fields>) -> Html<String> {
    copy_page(&fields, "")
}

async fn copy(State(shared): State<Arc<Shared>>, Form(fields): Form<Fields>) -> Response {
    let typed = Typed {
        ticket: normal(fields.get("ticket")),
        second: fields.get("sucursal").to_owned(),
        ..Typed::default()
    };
    let rfc = fields.get("rfc").trim().to_uppercase();
    let found = shared.ledger().recover(PORTAL, &typed, &rfc);
    match found {
        Ok(token) => Redirect::to(&format!("/comprobante/{token}")).into_response(),
        Err(why) => copy_page(&fields, &refusal(&shared, why, &typed.ticket)).into_response(),
    }
}
