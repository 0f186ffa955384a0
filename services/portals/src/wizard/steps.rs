//! The four steps: the sale with the CAPTCHA, the buyer, the confirmation, the package.

use std::sync::Arc;

use axum::{
    Form,
    extract::State,
    http::HeaderMap,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{PORTAL, page, refusal, session::Visit};
use crate::{
    Shared, catalog,
    fiscal::{self, BadReceptor, Receptor},
    html::{self, Fields},
    ticket::{Typed, normal},
};

fn visit(shared: &Shared, headers: &HeaderMap) -> Option<Visit> {
    shared.sessions().of(headers).cloned()
}

fn change(shared: &Shared, headers: &HeaderMap, how: impl FnOnce(&mut Visit)) {
    if let Some(visit) = shared.sessions().of(headers) {
        how(visit);
    }
}

fn forgotten() -> Response {
    page(
        "Visita terminada",
        include_str!("../../sites/wizard/olvido.html"),
        &[],
    )
    .into_response()
}

// Step 1: the sale.

pub(super) async fn sale_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match visit(&shared, &headers) {
        Some(_) => sale_form(&shared, &headers, &Fields::default(), "").into_response(),
        None => forgotten(),
    }
}

/// Always with a new image.
fn sale_form(shared: &Shared, headers: &HeaderMap, fields: &Fields, say: &str) -> Html<String> {
    let captcha = shared.captchas().draw();
    change(shared, headers, |visit| {
        visit.captcha = Some(captcha.clone())
    });
    let values = [
        ("say", say.to_owned()),
        ("captcha", captcha),
        ("despacho", fields.get("d1").to_owned()),
        ("clave", fields.get("d2").to_owned()),
        ("importe", fields.get("d3").to_owned()),
    ];
    page(
        "Su despacho",
        include_str!("../../sites/wizard/paso1.html"),
        &values,
    )
}

pub(super) async fn sale(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let Some(visit) = visit(&shared, &headers) else {
        return forgotten();
    };
    let again = |say: &str| sale_form(&shared, &headers, &fields, say).into_response();
    // An image is good for one try, right or wrong.
    let shown = visit.captcha.unwrap_or_default();
    change(&shared, &headers, |visit| visit.captcha = None);
    let solved = shared.captchas().solved(&shown, fields.get("d4"));
    if !solved {
        return again("Las letras no son las del dibujo. Aquí tiene otro.");
    }
    let sale = Typed {
        ticket: normal(fields.get("d1")),
        second: normal(fields.get("d2")),
        date: None,
        total_cents: fiscal::cents(fields.get("d3")).unwrap_or(0),
    };
    if sale.ticket.is_empty() || sale.second.is_empty() || sale.total_cents == 0 {
        return again("Llene despacho, clave web e importe.");
    }
    let found = shared.ledger().look_up(PORTAL, &sale);
    match found {
        Ok(()) => {
            change(&shared, &headers, |visit| visit.sale = Some(sale));
            Redirect::to("/paso/2").into_response()
        }
        Err(why) => again(&refusal(&shared, why, &sale.ticket)),
    }
}

// Step 2: the buyer. Choices have names only; their values say nothing.

pub(super) async fn buyer_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(visit) = visit(&shared, &headers) else {
        return forgotten();
    };
    if visit.sale.is_none() {
        return Redirect::to("/paso/1").into_response();
    }
    let known = visit.buyer.as_ref().map(typed_before).unwrap_or_default();
    buyer_form(&known, "").into_response()
}

/// The form again, for who comes back to correct it.
fn typed_before(buyer: &Receptor) -> Fields {
    let regime = catalog::REGIMES
        .iter()
        .position(|row| row.0 == buyer.regime);
    let cfdi_use = catalog::USES.iter().position(|row| row.0 == buyer.cfdi_use);
    Fields::of([
        ("r_f_c", buyer.rfc.clone()),
        ("denominacion", buyer.name.clone()),
        ("domicilio", buyer.postal_code.clone()),
        (
            "regimen",
            regime.map_or(String::new(), |at| format!("r{at}")),
        ),
        (
            "destino",
            cfdi_use.map_or(String::new(), |at| format!("u{at}")),
        ),
    ])
}

fn buyer_form(fields: &Fields, say: &str) -> Html<String> {
    let regimes: String = catalog::REGIMES
        .iter()
        .enumerate()
        .map(|(index, (code, text, ..))| {
            let uses: Vec<String> = (0..catalog::USES.len())
                .filter(|at| catalog::use_fits_regime(catalog::USES[*at].0, code))
                .map(|at| format!("u{at}"))
                .collect();
            let value = format!("r{index}");
            let chosen = if value == fields.get("regimen") {
                " selected"
            } else {
                ""
            };
            format!(
                "<option value=\"{value}\" data-usos=\"{}\"{chosen}>{}</option>",
                uses.join(" "),
                html::escape(text)
            )
        })
        .collect();
    let uses: String = catalog::USES
        .iter()
        .enumerate()
        .map(|(at, (_, text))| format!("<option value=\"u{at}\">{}</option>", html::escape(text)))
        .collect();
    let values = [
        ("say", say.to_owned()),
        ("rfc", fields.get("r_f_c").to_owned()),
        ("denominacion", fields.get("denominacion").to_owned()),
        ("domicilio", fields.get("domicilio").to_owned()),
        ("buzon", fields.get("buzon").to_owned()),
        ("regimes", regimes),
        ("uses", uses),
        ("destino", fields.get("destino").to_owned()),
    ];
    page(
        "Sus datos",
        include_str!("../../sites/wizard/paso2.html"),
        &values,
    )
}

/// Row of a catalog by an opaque value such as `r3`.
fn row<T>(rows: &'static [T], value: &str, letter: char) -> Option<&'static T> {
    rows.get(value.strip_prefix(letter)?.parse::<usize>().ok()?)
}

pub(super) async fn buyer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let Some(visit) = visit(&shared, &headers) else {
        return forgotten();
    };
    if visit.sale.is_none() {
        return Redirect::to("/paso/1").into_response();
    }
    let regime = row(&catalog::REGIMES, fields.get("regimen"), 'r').map_or("", |row| row.0);
    let cfdi_use = row(&catalog::USES, fields.get("destino"), 'u').map_or("", |row| row.0);
    let buyer = Receptor {
        rfc: fields.get("r_f_c").to_owned(),
        name: fields.get("denominacion").to_owned(),
        postal_code: fields.get("domicilio").to_owned(),
        regime: regime.to_owned(),
        cfdi_use: cfdi_use.to_owned(),
        payment: catalog::PAYMENTS[0].0.to_owned(),
    };
    match buyer.parse() {
        Ok(buyer) => {
            change(&shared, &headers, |visit| visit.buyer = Some(buyer));
            Redirect::to("/paso/3").into_response()
        }
        Err(bad) => buyer_form(&fields, complaint(bad)).into_response(),
    }
}

fn complaint(bad: BadReceptor) -> &'static str {
    match bad {
        BadReceptor::Rfc => "El R.F.C. está mal escrito.",
        BadReceptor::Field("nombre") => "Escriba la denominación o su nombre.",
        BadReceptor::Field("cp") => "El C.P. lleva cinco cifras.",
        BadReceptor::Field("regimen") => "Elija el régimen.",
        BadReceptor::Field(_) => "Elija el destino del comprobante.",
        BadReceptor::RegimeOfOtherPerson => {
            "Ese régimen es para otra clase de contribuyente; lo dice su Constancia."
        }
        BadReceptor::UseNotForRegime => "Ese destino no va con su régimen.",
    }
}

// Step 3: look over everything, how it was paid, and the final button.

pub(super) async fn confirm_page(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
) -> Response {
    match visit(&shared, &headers) {
        None => forgotten(),
        Some(Visit {
            sale: Some(sale),
            buyer: Some(buyer),
            ..
        }) => confirm_form(&sale, &buyer, "").into_response(),
        Some(_) => Redirect::to("/paso/2").into_response(),
    }
}

fn confirm_form(sale: &Typed, buyer: &Receptor, say: &str) -> Html<String> {
    let payments = catalog::PAYMENTS
        .iter()
        .enumerate()
        .map(|(at, (code, text))| {
            let chosen = if *code == buyer.payment {
                " selected"
            } else {
                ""
            };
            format!(
                "<option value=\"p{at}\"{chosen}>{}</option>",
                html::escape(text)
            )
        })
        .collect();
    let values = [
        ("say", say.to_owned()),
        ("despacho", sale.ticket.clone()),
        ("importe", fiscal::pesos_for_people(sale.total_cents)),
        ("rfc", buyer.rfc.clone()),
        ("denominacion", buyer.name.clone()),
        ("domicilio", buyer.postal_code.clone()),
        ("regimen", catalog::regime_text(&buyer.regime).to_owned()),
        ("destino", catalog::use_text(&buyer.cfdi_use).to_owned()),
        ("payments", payments),
    ];
    page(
        "Revise y emita",
        include_str!("../../sites/wizard/paso3.html"),
        &values,
    )
}

/// The final button.
pub(super) async fn confirm(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Response {
    let (sale, mut buyer) = match visit(&shared, &headers) {
        Some(Visit {
            sale: Some(sale),
            buyer: Some(buyer),
            ..
        }) => (sale, buyer),
        _ => return forgotten(),
    };
    shared.ledger().press(PORTAL, &sale.ticket);
    let Some((payment, _)) = row(&catalog::PAYMENTS, fields.get("modo_pago"), 'p') else {
        return confirm_form(&sale, &buyer, "Diga cómo pagó.").into_response();
    };
    (*payment).clone_into(&mut buyer.payment);
    let issued = {
        let mut ledger = shared.ledger();
        match ledger.look_up(PORTAL, &sale) {
            Ok(()) => {
                let twist = shared.faults().twist(PORTAL);
                ledger.issue(PORTAL, &sale, &buyer, twist)
            }
            Err(why) => Err(why),
        }
    };
    match issued {
        Ok(token) => {
            change(&shared, &headers, |visit| visit.invoice = Some(token));
            Redirect::to("/paso/4").into_response()
        }
        Err(why) => {
            let say = refusal(&shared, why, &sale.ticket);
            confirm_form(&sale, &buyer, &say).into_response()
        }
    }
}

// Step 4: the package.

pub(super) async fn done_page(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    match visit(&shared, &headers) {
        Some(Visit {
            invoice: Some(token),
            ..
        }) => package_page(&shared, &token),
        _ => forgotten(),
    }
}

/// The page with the ZIP's link; recovery ends here too.
pub(super) fn package_page(shared: &Shared, token: &str) -> Response {
    let ledger = shared.ledger();
    let Some(invoice) = ledger.invoice(token) else {
        return forgotten();
    };
    let values = [
        ("token", token.to_owned()),
        ("rfc", invoice.receptor.rfc.clone()),
        ("despacho", invoice.ticket.clone()),
        ("importe", fiscal::pesos_for_people(invoice.total_cents)),
    ];
    page(
        "Paquete",
        include_str!("../../sites/wizard/paso4.html"),
        &values,
    )
    .into_response()
}
