//! The document and the two chains that are signed (cadena original, `cadenaoriginal_4_0.xslt` and
//! `cadenaoriginal_TFD_1_1.xslt`).

use super::{
    Invoice,
    keys::{self, Vendor},
};
use crate::fiscal::pesos;

const RATE: &str = "0.160000";

fn fecha(invoice: &Invoice) -> String {
    invoice.issued_at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `||a|b|…||`, values with single spaces.
fn chain(values: &[&str]) -> String {
    let mut out = String::from("|");
    for value in values {
        out.push('|');
        out.push_str(&value.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    out + "||"
}

/// The chain the vendor seals.
pub(super) fn original_chain(invoice: &Invoice, vendor: &Vendor) -> String {
    let (subtotal, iva, total) = (
        pesos(invoice.subtotal_cents),
        pesos(invoice.iva_cents),
        pesos(invoice.total_cents),
    );
    let (fecha, receptor) = (fecha(invoice), &invoice.receptor);
    let comprobante = [
        "4.0",
        &invoice.series,
        &invoice.folio,
        &fecha,
        &receptor.payment,
        &invoice.certificate_number,
        &subtotal,
        "MXN",
        &total,
        "I",
        "01",
        "PUE",
        vendor.postal_code,
    ];
    let parties = [
        vendor.rfc,
        vendor.name,
        vendor.regime,
        &receptor.rfc,
        &receptor.name,
        &receptor.postal_code,
        &receptor.regime,
        &receptor.cfdi_use,
    ];
    let concepto = [
        vendor.product_code,
        &invoice.ticket,
        "1",
        vendor.unit_code,
        vendor.unit,
        vendor.description,
        &subtotal,
        &subtotal,
        "02",
    ];
    let traslado = [subtotal.as_str(), "002", "Tasa", RATE, &iva];
    chain(
        &[
            &comprobante[..],
            &parties,
            &concepto,
            &traslado,
            &traslado,
            &[iva.as_str()],
        ]
        .concat(),
    )
}

/// The chain the PAC seals.
pub(super) fn stamp_chain(invoice: &Invoice) -> String {
    chain(&[
        "1.1",
        &invoice.uuid,
        &fecha(invoice),
        keys::PAC_RFC,
        &invoice.seal,
        &invoice.pac_certificate_number,
    ])
}

/// ` Name="value"` for each pair, escaped.
fn attributes(pairs: &[(&str, &str)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| format!(" {name}=\"{}\"", crate::html::escape(value)))
        .collect()
}

/// The whole XML, from the sealed values.
pub(super) fn document(invoice: &Invoice, vendor: &Vendor) -> String {
    let (subtotal, iva) = (pesos(invoice.subtotal_cents), pesos(invoice.iva_cents));
    let traslado = attributes(&[
        ("Base", &subtotal),
        ("Impuesto", "002"),
        ("TipoFactor", "Tasa"),
        ("TasaOCuota", RATE),
        ("Importe", &iva),
    ]);
    let concepto = attributes(&[
        ("ClaveProdServ", vendor.product_code),
        ("NoIdentificacion", &invoice.ticket),
        ("Cantidad", "1"),
        ("ClaveUnidad", vendor.unit_code),
        ("Unidad", vendor.unit),
        ("Descripcion", vendor.description),
        ("ValorUnitario", &subtotal),
        ("Importe", &subtotal),
        ("ObjetoImp", "02"),
    ]);
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <cfdi:Comprobante{comprobante}>\n  {emisor}\n  {receptor}\n  <cfdi:Conceptos>\n    \
         <cfdi:Concepto{concepto}>\n      <cfdi:Impuestos>\n        <cfdi:Traslados>\n          \
         <cfdi:Traslado{traslado}/>\n        </cfdi:Traslados>\n      </cfdi:Impuestos>\n    \
         </cfdi:Concepto>\n  </cfdi:Conceptos>\n  \
         <cfdi:Impuestos TotalImpuestosTrasladados=\"{iva}\">\n    <cfdi:Traslados>\n      \
         <cfdi:Traslado{traslado}/>\n    </cfdi:Traslados>\n  </cfdi:Impuestos>\n  \
         <cfdi:Complemento>\n    {stamp}\n  </cfdi:Complemento>\n</cfdi:Comprobante>\n",
        comprobante = comprobante(invoice, vendor),
        emisor = emisor(vendor),
        receptor = receptor(invoice),
        stamp = stamp(invoice),
    )
}

fn comprobante(invoice: &Invoice, vendor: &Vendor) -> String {
    attributes(&[
        ("xmlns:cfdi", "http://www.sat.gob.mx/cfd/4"),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        (
            "xsi:schemaLocation",
            "http://www.sat.gob.mx/cfd/4 http://www.sat.gob.mx/sitio_internet/cfd/4/cfdv40.xsd",
        ),
        ("Version", "4.0"),
        ("Serie", &invoice.series),
        ("Folio", &invoice.folio),
        ("Fecha", &fecha(invoice)),
        ("Sello", &invoice.seal),
        ("FormaPago", &invoice.receptor.payment),
        ("NoCertificado", &invoice.certificate_number),
        ("Certificado", &vendor.sealer().certificate),
        ("SubTotal", &pesos(invoice.subtotal_cents)),
        ("Moneda", "MXN"),
        ("Total", &pesos(invoice.total_cents)),
        ("TipoDeComprobante", "I"),
        ("Exportacion", "01"),
        ("MetodoPago", "PUE"),
        ("LugarExpedicion", vendor.postal_code),
    ])
}

fn emisor(vendor: &Vendor) -> String {
    let pairs = [
        ("Rfc", vendor.rfc),
        ("Nombre", vendor.name),
        ("RegimenFiscal", vendor.regime),
    ];
    format!("<cfdi:Emisor{}/>", attributes(&pairs))
}

fn receptor(invoice: &Invoice) -> String {
    let receptor = &invoice.receptor;
    let pairs = attributes(&[
        ("Rfc", &receptor.rfc),
        ("Nombre", &receptor.name),
        ("DomicilioFiscalReceptor", &receptor.postal_code),
        ("RegimenFiscalReceptor", &receptor.regime),
        ("UsoCFDI", &receptor.cfdi_use),
    ]);
    format!("<cfdi:Receptor{pairs}/>")
}

fn stamp(invoice: &Invoice) -> String {
    let pairs = attributes(&[
        ("xmlns:tfd", "http://www.sat.gob.mx/TimbreFiscalDigital"),
        (
            "xsi:schemaLocation",
            "http://www.sat.gob.mx/TimbreFiscalDigital http://www.sat.gob.mx/sitio_internet/cfd/TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd",
        ),
        ("Version", "1.1"),
        ("UUID", &invoice.uuid),
        ("FechaTimbrado", &fecha(invoice)),
        ("RfcProvCertif", keys::PAC_RFC),
        ("SelloCFD", &invoice.seal),
        ("NoCertificadoSAT", &invoice.pac_certificate_number),
        ("SelloSAT", &invoice.pac_seal),
    ]);
    format!("<tfd:TimbreFiscalDigital{pairs}/>")
}
