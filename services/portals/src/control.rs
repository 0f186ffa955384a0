//! The control port: for tests and practice only. No person invoicing at a real portal has one.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    Shared,
    account::NewAccount,
    faults::{Fault, FaultKind},
    ticket::{PortalId, TicketSpec, normal},
};

const HELP: &str = "Control port of the practice portals: for tests and practice only.

GET    /captcha/latest             {id, answer} of the newest image
GET    /captcha/{id}               {id, answer}; the id is in the image's address
GET    /submits?portal=&ticket=    presses of the final button: {count, submits: [{portal, ticket, count}]}
GET    /tickets?portal=            every sale known, with its invoice's UUID
POST   /accounts                   {user, password, totp_secret?} at the plain portal; made anew if it is there
GET    /accounts/{user}            {sign_ins, wrong_passwords, wrong_codes}
POST   /tickets                    {portal, ticket, sucursal?, clave_web?, fecha?, total_cents, kind?}, or a list
                                   kind: ok not_found expired too_new already_invoiced_elsewhere fiscal_refused
GET    /faults                     faults on order
POST   /faults                     {portal, kind, times?, ms?, path?}
                                   kind: error_502 slow_ms drop_after_post drop_before_post session_expired
                                   alert_box changed_form other_rfc other_total broken_xml no_pdf
DELETE /faults                     none any more
";

/// Routes of the control port.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(|| async { HELP }))
        .route("/captcha/{id}", get(captcha))
        .route("/submits", get(submits))
        .route("/tickets", get(tickets).post(register))
        .route("/accounts", post(open_account))
        .route("/accounts/{user}", get(account))
        .route("/faults", get(faults).post(order).delete(clear))
        .with_state(shared)
}

async fn captcha(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Response {
    let captchas = shared.captchas();
    let id = if id == "latest" {
        captchas.latest()
    } else {
        Some(id.trim_end_matches(".png"))
    };
    let known = id.and_then(|id| Some((id, captchas.answer(id)?)));
    match known {
        Some((id, answer)) => Json(json!({ "id": id, "answer": answer })).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Which {
    portal: Option<PortalId>,
    ticket: Option<String>,
}

async fn submits(State(shared): State<Arc<Shared>>, Query(which): Query<Which>) -> Response {
    let ticket = which.ticket.as_deref().map(normal);
    let ledger = shared.ledger();
    let rows: Vec<_> = ledger
        .presses()
        .filter(|(portal, _, _)| which.portal.is_none_or(|wanted| wanted == *portal))
        .filter(|(_, own, _)| ticket.as_ref().is_none_or(|wanted| wanted == own))
        .collect();
    let count: u64 = rows.iter().map(|(_, _, count)| count).sum();
    let rows: Vec<_> = rows
        .iter()
        .map(|(portal, ticket, count)| json!({"portal": portal, "ticket": ticket, "count": count}))
        .collect();
    Json(json!({ "count": count, "submits": rows })).into_response()
}

async fn tickets(State(shared): State<Arc<Shared>>, Query(which): Query<Which>) -> Response {
    let ledger = shared.ledger();
    let rows: Vec<_> = ledger
        .sales()
        .filter(|sale| which.portal.is_none_or(|wanted| wanted == sale.spec.portal))
        .map(|sale| {
            let invoice = sale
                .invoice
                .as_ref()
                .and_then(|token| ledger.invoice(token));
            let mut row = json!(sale.spec);
            row["first_look_up"] = json!(sale.first_look_up);
            row["uuid"] = json!(invoice.map(|invoice| &invoice.uuid));
            row["rfc"] = json!(invoice.map(|invoice| &invoice.receptor.rfc));
            row
        })
        .collect();
    Json(rows).into_response()
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(TicketSpec),
    More(Vec<TicketSpec>),
}

async fn register(State(shared): State<Arc<Shared>>, Json(specs): Json<OneOrMore>) -> StatusCode {
    let specs = match specs {
        OneOrMore::One(spec) => vec![spec],
        OneOrMore::More(specs) => specs,
    };
    for spec in specs {
        shared.ledger().register(spec);
    }
    StatusCode::NO_CONTENT
}

async fn open_account(
    State(shared): State<Arc<Shared>>,
    Json(account): Json<NewAccount>,
) -> StatusCode {
    match shared.accounts().set(account) {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::BAD_REQUEST,
    }
}

async fn account(State(shared): State<Arc<Shared>>, Path(user): Path<String>) -> Response {
    match shared.accounts().tried(&user) {
        Some(tried) => Json(tried).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn faults(State(shared): State<Arc<Shared>>) -> Response {
    Json(shared.faults().all()).into_response()
}

async fn order(State(shared): State<Arc<Shared>>, Json(fault): Json<Fault>) -> Response {
    if fault.kind == FaultKind::SessionExpired && fault.portal == PortalId::Plain {
        return (StatusCode::BAD_REQUEST, "the plain portal has no session").into_response();
    }
    shared.faults().order(fault);
    StatusCode::NO_CONTENT.into_response()
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults().clear();
    StatusCode::NO_CONTENT
}
