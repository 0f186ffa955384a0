//! The wizard: "Gasolinera El Faro", steps with a session, an image CAPTCHA and a ZIP at the end.

mod recover;
mod session;
mod steps;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    middleware,
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{
    Shared,
    faults::{self, Site},
    fiscal, html,
    ledger::Refusal,
    ticket::{PortalId, practice_tickets},
};

pub(crate) use session::Sessions;

const PORTAL: PortalId = PortalId::Wizard;
const FRAME: &str = include_str!("../sites/wizard/base.html");

/// What the changed form says instead.
const CHANGES: &[(&str, &str)] = &[
    ("Despacho", "Movimiento"),
    ("Clave web", "Llave"),
    ("Importe en pesos", "Suma"),
    ("C.P. del domicilio", "Zona"),
    ("Emitir comprobante", "Proceder"),
];

/// Routes of the wizard.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let site = Site {
        shared: shared.clone(),
        portal: PORTAL,
        final_path: "/paso/3",
        changes: CHANGES,
    };
    Router::new()
        .route("/", get(start))
        .route("/paso/1", get(steps::sale_page).post(steps::sale))
        .route("/paso/2", get(steps::buyer_page).post(steps::buyer))
        .route("/paso/3", get(steps::confirm_page).post(steps::confirm))
        .route("/paso/4", get(steps::done_page))
        .route("/paquete/{file}", get(recover::package))
        .route("/reponer", get(recover::page).post(recover::find))
        .route("/captcha/{file}", get(image))
        .route(
            "/faro.css",
            get(|| asset("text/css", include_str!("../sites/wizard/faro.css"))),
        )
        .route(
            "/faro.js",
            get(|| asset("text/javascript", include_str!("../sites/wizard/faro.js"))),
        )
        .layer(middleware::from_fn_with_state(site, faults::spoil))
        .with_state(shared)
}

async fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

fn page(title: &str, template: &str, values: &[(&str, String)]) -> Html<String> {
    html::page(FRAME, title, html::fill(template, values))
}

/// The first page: a notice to close, and a new session.
async fn start(State(shared): State<Arc<Shared>>) -> Response {
    let id = shared.sessions().open();
    let cookie = format!("{}={id}; Path=/; HttpOnly; SameSite=Lax", session::COOKIE);
    let values = [("practice", practice())];
    let body = page(
        "Inicio",
        include_str!("../sites/wizard/inicio.html"),
        &values,
    );
    ([(header::SET_COOKIE, cookie)], body).into_response()
}

fn practice() -> String {
    practice_tickets(PORTAL)
        .iter()
        .map(|spec| {
            format!(
                "<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                spec.ticket,
                spec.clave_web.as_deref().unwrap_or("–"),
                fiscal::pesos_for_people(spec.total_cents),
                html::practice_note(spec.kind),
            )
        })
        .collect()
}

async fn image(State(shared): State<Arc<Shared>>, Path(file): Path<String>) -> Response {
    let id = file.trim_end_matches(".png");
    let image = shared.captchas().image(id);
    match image {
        Some(png) => {
            let headers = [
                (header::CONTENT_TYPE, "image/png"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, png).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What this portal says to a refusal.
fn refusal(shared: &Shared, refusal: Refusal, ticket: &str) -> String {
    match refusal {
        Refusal::NotFound => {
            "Nuestras bombas desconocen ese despacho con esa clave. Cópielos otra vez de su nota."
        }
        Refusal::Expired => "Atendemos cada despacho durante 72 horas; este quedó atrás.",
        Refusal::TooNew => {
            "El despacho sigue en la bomba, falta que la estación lo suba. Espere unos minutos."
        }
        Refusal::AlreadyInvoiced => {
            return match shared.ledger().invoiced_on(PORTAL, ticket) {
                Some(day) => format!(
                    "Ese despacho se atendió el {day}. Pida sus archivos en «Reponer comprobante»."
                ),
                None => "Ese despacho lo ocupó otra persona para su propio comprobante.".to_owned(),
            };
        }
        Refusal::AmountDiffers => "La bomba marcó otra cantidad de pesos.",
        Refusal::FiscalRefused => {
            "La autoridad rechazó al receptor: algo difiere de su Constancia de Situación Fiscal."
        }
        Refusal::NothingToRecover => "Con ese R.F.C. no entregamos nada por ese despacho.",
    }
    .to_owned()
}
