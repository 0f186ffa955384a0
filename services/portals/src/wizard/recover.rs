//! "Reponer comprobante", and the ZIP with both files.

use std::{
    io::{Cursor, Write},
    sync::Arc,
};

use axum::{
    Form,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use zip::{ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{PORTAL, refusal, steps::package_page};
use crate::{
    Shared,
    cfdi::Invoice,
    faults::FaultKind,
    html::Fields,
    pdf,
    ticket::{Typed, normal},
};

fn form(fields: &Fields, say: &str) -> Html<String> {
    let values = [
        ("say", say.to_owned()),
        ("despacho", fields.get("q1").to_owned()),
        ("clave", fields.get("q2").to_owned()),
        ("rfc", fields.get("q3").to_owned()),
    ];
    super::page(
        "Reponer comprobante",
        include_str!("../../sites/wizard/reponer.html"),
        &values,
    )
}

pub(super) async fn page() -> Html<String> {
    form(&Fields::default(), "")
}

pub(super) async fn find(
    State(shared): State<Arc<Shared>>,
    Form(fields): Form<Fields>,
) -> Response {
    let sale = Typed {
        ticket: normal(fields.get("q1")),
        second: normal(fields.get("q2")),
        ..Typed::default()
    };
    let rfc = fields.get("q3").to_uppercase();
    let found = shared.ledger().recover(PORTAL, &sale, &rfc);
    match found {
        Ok(token) => package_page(&shared, &token),
        Err(why) => form(&fields, &refusal(&shared, why, &sale.ticket)).into_response(),
    }
}

pub(super) async fn package(
    State(shared): State<Arc<Shared>>,
    Path(file): Path<String>,
) -> Response {
    let Some(invoice) = shared
        .ledger()
        .invoice(file.trim_end_matches(".zip"))
        .cloned()
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let spoilt = |kind| {
        shared
            .faults()
            .take(PORTAL, kind, &format!("/paquete/{file}"))
            .is_some()
    };
    let disposition = format!("attachment; filename=\"{}.zip\"", invoice.file_name());
    if spoilt(FaultKind::BrokenXml) {
        let page = "<!doctype html><title>El Faro</title><p>Algo falló.";
        return ([(header::CONTENT_DISPOSITION, disposition)], page).into_response();
    }
    match zip(&invoice, !spoilt(FaultKind::NoPdf)) {
        Ok(bytes) => {
            let headers = [
                (header::CONTENT_TYPE, "application/zip".to_owned()),
                (header::CONTENT_DISPOSITION, disposition),
            ];
            (headers, bytes).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "practice portals: no ZIP");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

fn zip(invoice: &Invoice, with_pdf: bool) -> Result<Vec<u8>, ZipError> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(
        format!("{}.xml", invoice.uuid),
        SimpleFileOptions::default(),
    )?;
    zip.write_all(invoice.xml.as_bytes())?;
    if with_pdf {
        zip.start_file(
            format!("{}.pdf", invoice.uuid),
            SimpleFileOptions::default(),
        )?;
        zip.write_all(&pdf::render(invoice))?;
    }
    Ok(zip.finish()?.into_inner())
}
