//! The printed form of an invoice: one letter-size page with the data Anexo 20 wants printed.

mod canvas;

use canvas::{Colour, Face, HEIGHT, Page, WIDTH, wrap};
use qrcodegen::{QrCode, QrCodeEcc};

use crate::{
    catalog,
    cfdi::{Invoice, Vendor},
    fiscal::pesos_for_people,
    ticket::PortalId,
};

const MARGIN: f32 = 46.;
const INK: Colour = (0.13, 0.13, 0.16);
const GREY: Colour = (0.42, 0.42, 0.46);
const PALE: Colour = (0.94, 0.94, 0.95);

fn brand(portal: PortalId) -> Colour {
    match portal {
        PortalId::Plain => (0.64, 0.13, 0.17),
        PortalId::Wizard => (0.05, 0.23, 0.4),
    }
}

/// Draws the invoice.
pub(crate) fn render(invoice: &Invoice) -> Vec<u8> {
    let vendor = Vendor::of(invoice.portal);
    let mut page = Page::new();
    head(&mut page, invoice, vendor);
    let y = buyer(&mut page, invoice, 150.);
    let y = lines(&mut page, invoice, vendor, y + 16.);
    let y = totals(&mut page, invoice, y + 14.);
    seals(&mut page, invoice, vendor, y + 24.);
    page.text(
        (MARGIN, HEIGHT - 34.),
        Face::Regular,
        8.,
        GREY,
        "Este documento es una representación impresa de un CFDI de práctica, sin validez fiscal.",
    );
    page.finish(&format!(
        "{} {}{}",
        vendor.name, invoice.series, invoice.folio
    ))
}

fn head(page: &mut Page, invoice: &Invoice, vendor: &Vendor) {
    let brand = brand(invoice.portal);
    page.fill((0., 0.), WIDTH, 10., brand);
    page.text((MARGIN, 52.), Face::Bold, 19., brand, vendor.name);
    let regime = catalog::regime_text(vendor.regime);
    page.text(
        (MARGIN, 70.),
        Face::Regular,
        9.5,
        INK,
        &format!("RFC {}", vendor.rfc),
    );
    page.text(
        (MARGIN, 84.),
        Face::Regular,
        9.5,
        INK,
        &format!("{} {regime}", vendor.regime),
    );
    let place = format!("Lugar de expedición {}", vendor.postal_code);
    page.text((MARGIN, 98.), Face::Regular, 9.5, INK, &place);

    let right = WIDTH - MARGIN;
    page.text_right(
        (right, 46.),
        Face::Bold,
        12.,
        INK,
        "FACTURA · CFDI 4.0 de ingreso",
    );
    let number = format!("{} {}", invoice.series, invoice.folio);
    let date = invoice.issued_at.format("%d/%m/%Y %H:%M:%S").to_string();
    let rows = [
        ("Serie y folio", number.as_str()),
        ("Expedida", &date),
        ("Folio fiscal", &invoice.uuid),
        ("Certificado", &invoice.certificate_number),
        ("Certificado SAT", &invoice.pac_certificate_number),
    ];
    for (row, (label, value)) in rows.into_iter().enumerate() {
        let y = 64. + 13. * row as f32;
        page.text_right((right, y), Face::Regular, 8.5, INK, value);
        page.text((right - 270., y), Face::Regular, 8.5, GREY, label);
    }
}

fn buyer(page: &mut Page, invoice: &Invoice, top: f32) -> f32 {
    let receptor = &invoice.receptor;
    page.fill(
        (MARGIN, top),
        WIDTH - 2. * MARGIN,
        16.,
        brand(invoice.portal),
    );
    page.text(
        (MARGIN + 6., top + 11.5),
        Face::Bold,
        9.,
        (1., 1., 1.),
        "Receptor",
    );
    let code_and_text = |code: &str, text: &str| format!("{code} – {text}");
    let regime = code_and_text(&receptor.regime, catalog::regime_text(&receptor.regime));
    let cfdi_use = code_and_text(&receptor.cfdi_use, catalog::use_text(&receptor.cfdi_use));
    let payment = code_and_text(&receptor.payment, catalog::payment_text(&receptor.payment));
    let rows = [
        ("Nombre", receptor.name.as_str()),
        ("RFC", &receptor.rfc),
        ("Domicilio fiscal", &receptor.postal_code),
        ("Régimen fiscal", &regime),
        ("Uso del CFDI", &cfdi_use),
        ("Forma de pago", &payment),
        ("Método de pago", "PUE – Pago en una sola exhibición"),
    ];
    let mut y = top + 31.;
    for (label, value) in rows {
        page.text((MARGIN + 6., y), Face::Regular, 9., GREY, label);
        for line in wrap(value, Face::Regular, 9.5, WIDTH - 2. * MARGIN - 120.) {
            page.text((MARGIN + 110., y), Face::Regular, 9.5, INK, &line);
            y += 14.;
        }
    }
    y - 8.
}

fn lines(page: &mut Page, invoice: &Invoice, vendor: &Vendor, top: f32) -> f32 {
    let right = WIDTH - MARGIN;
    page.fill((MARGIN, top), right - MARGIN, 16., brand(invoice.portal));
    let white = (1., 1., 1.);
    let columns = [
        (6., "Cant."),
        (44., "Unidad"),
        (120., "Clave"),
        (180., "Descripción"),
    ];
    for (x, title) in columns {
        page.text((MARGIN + x, top + 11.5), Face::Bold, 9., white, title);
    }
    page.text_right(
        (right - 90., top + 11.5),
        Face::Bold,
        9.,
        white,
        "Valor unitario",
    );
    page.text_right((right - 6., top + 11.5), Face::Bold, 9., white, "Importe");

    page.fill((MARGIN, top + 16.), right - MARGIN, 34., PALE);
    let y = top + 30.;
    let unit = format!("{} {}", vendor.unit_code, vendor.unit);
    let cells = [(6., "1"), (44., unit.as_str()), (120., vendor.product_code)];
    for (x, value) in cells {
        page.text((MARGIN + x, y), Face::Regular, 9., INK, value);
    }
    page.text(
        (MARGIN + 180., y),
        Face::Regular,
        9.,
        INK,
        vendor.description,
    );
    let ticket = format!("Ticket {} · 02 Sí objeto de impuesto", invoice.ticket);
    page.text((MARGIN + 180., y + 12.), Face::Regular, 8., GREY, &ticket);
    let amount = pesos_for_people(invoice.subtotal_cents);
    page.text_right((right - 90., y), Face::Regular, 9., INK, &amount);
    page.text_right((right - 6., y), Face::Regular, 9., INK, &amount);
    top + 50.
}

fn totals(page: &mut Page, invoice: &Invoice, top: f32) -> f32 {
    let right = WIDTH - MARGIN;
    let rows = [
        ("Subtotal", invoice.subtotal_cents, Face::Regular),
        ("IVA 16 % (002)", invoice.iva_cents, Face::Regular),
        ("Total MXN", invoice.total_cents, Face::Bold),
    ];
    let mut y = top + 10.;
    for (label, cents, face) in rows {
        let size = if face == Face::Bold { 12. } else { 10. };
        page.text_right((right - 110., y), face, size, INK, label);
        let amount = format!("${}", pesos_for_people(cents));
        page.text_right((right - 6., y), face, size, INK, &amount);
        y += 17.;
    }
    y
}

fn seals(page: &mut Page, invoice: &Invoice, vendor: &Vendor, top: f32) {
    const QR: f32 = 118.;
    qr(page, &invoice.verification_url(), (MARGIN, top), QR);
    let left = MARGIN + QR + 16.;
    let pac = format!("{} · {}", crate::cfdi::PAC_RFC, vendor.rfc);
    let texts = [
        ("Sello digital del emisor", &invoice.seal),
        ("Sello digital del SAT", &invoice.pac_seal),
        (
            "Cadena original del complemento de certificación del SAT",
            &invoice.pac_chain,
        ),
        ("RFC del proveedor de certificación y del emisor", &pac),
    ];
    let mut y = top + 8.;
    for (title, text) in texts {
        page.text((left, y), Face::Bold, 7.5, INK, title);
        y += 9.;
        for line in wrap(text, Face::Fixed, 6.2, WIDTH - MARGIN - left) {
            page.text((left, y), Face::Fixed, 6.2, GREY, &line);
            y += 7.6;
        }
        y += 6.;
    }
}

fn qr(page: &mut Page, text: &str, at: (f32, f32), size: f32) {
    let Ok(code) = QrCode::encode_text(text, QrCodeEcc::Medium) else {
        return;
    };
    let module = size / code.size() as f32;
    for row in 0..code.size() {
        for column in 0..code.size() {
            if code.get_module(column, row) {
                let corner = (at.0 + column as f32 * module, at.1 + row as f32 * module);
                // A hair more than a module, so that no viewer shows seams.
                page.fill(corner, module + 0.05, module + 0.05, (0., 0., 0.));
            }
        }
    }
}
