//! The cadena original: the text the issuer seals. Order and rules are those of SAT's
//! `cadenaoriginal_4_0.xslt`: only attributes; each value with its blanks collapsed and a `|`
//! before it; a required attribute is written even when absent, an optional one only if present.

use roxmltree::Node;

use super::complements;
use super::parse::{CFDI, TFD};

/// The text that was sealed, or why we can't tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cadena {
    /// `||4.0|…||`.
    Known(String),
    /// It holds a complement whose part we don't know how to write.
    Unknown {
        /// Local name of the complement's element.
        complement: String,
    },
}

type Attributes = [(&'static str, bool)];

const COMPROBANTE: &Attributes = &[
    ("Version", true),
    ("Serie", false),
    ("Folio", false),
    ("Fecha", true),
    ("FormaPago", false),
    ("NoCertificado", true),
    ("CondicionesDePago", false),
    ("SubTotal", true),
    ("Descuento", false),
    ("Moneda", true),
    ("TipoCambio", false),
    ("Total", true),
    ("TipoDeComprobante", true),
    ("Exportacion", true),
    ("MetodoPago", false),
    ("LugarExpedicion", true),
    ("Confirmacion", false),
];
const EMISOR: &Attributes = &[
    ("Rfc", true),
    ("Nombre", true),
    ("RegimenFiscal", true),
    ("FacAtrAdquirente", false),
];
const RECEPTOR: &Attributes = &[
    ("Rfc", true),
    ("Nombre", true),
    ("DomicilioFiscalReceptor", true),
    ("ResidenciaFiscal", false),
    ("NumRegIdTrib", false),
    ("RegimenFiscalReceptor", true),
    ("UsoCFDI", true),
];
const CONCEPTO: &Attributes = &[
    ("ClaveProdServ", true),
    ("NoIdentificacion", false),
    ("Cantidad", true),
    ("ClaveUnidad", true),
    ("Unidad", false),
    ("Descripcion", true),
    ("ValorUnitario", true),
    ("Importe", true),
    ("Descuento", false),
    ("ObjetoImp", true),
];
const TRASLADO: &Attributes = &[
    ("Base", true),
    ("Impuesto", true),
    ("TipoFactor", true),
    ("TasaOCuota", false),
    ("Importe", false),
];
const RETENCION: &Attributes = &[
    ("Base", true),
    ("Impuesto", true),
    ("TipoFactor", true),
    ("TasaOCuota", true),
    ("Importe", true),
];
const TERCEROS: &Attributes = &[
    ("RfcACuentaTerceros", true),
    ("NombreACuentaTerceros", true),
    ("RegimenFiscalACuentaTerceros", true),
    ("DomicilioFiscalACuentaTerceros", true),
];
const PARTE: &Attributes = &[
    ("ClaveProdServ", true),
    ("NoIdentificacion", false),
    ("Cantidad", true),
    ("Unidad", false),
    ("Descripcion", true),
    ("ValorUnitario", false),
    ("Importe", false),
];

/// Writes values as the XSLT does.
pub(super) struct Writer(String);

impl Writer {
    /// Writes a node's attributes in the given order; the flag says whether one is required.
    pub(super) fn attributes(&mut self, node: Node<'_, '_>, wanted: &Attributes) {
        for (name, required) in wanted {
            match node.attribute(*name) {
                Some(value) => self.value(value),
                None if *required => self.0.push('|'),
                None => {}
            }
        }
    }

    /// `normalize-space`: only XML's four blanks count, so a no-break space stays.
    fn value(&mut self, value: &str) {
        self.0.push('|');
        let words = value
            .split([' ', '\t', '\r', '\n'])
            .filter(|word| !word.is_empty());
        for (i, word) in words.enumerate() {
            if i > 0 {
                self.0.push(' ');
            }
            self.0.push_str(word);
        }
    }

    fn each(&mut self, parent: Node<'_, '_>, name: &'static str, wanted: &Attributes) {
        for child in children(parent, name) {
            self.attributes(child, wanted);
        }
    }
}

/// The cadena original of a `Comprobante`.
pub(super) fn cadena_original(root: Node<'_, '_>) -> Cadena {
    let mut out = Writer(String::with_capacity(1024));
    match write_document(root, &mut out) {
        Ok(()) => Cadena::Known(format!("|{}||", out.0)),
        Err(complement) => Cadena::Unknown { complement },
    }
}

/// `Err` is the name of a complement without a template.
fn write_document(root: Node<'_, '_>, out: &mut Writer) -> Result<(), String> {
    out.attributes(root, COMPROBANTE);
    out.each(
        root,
        "InformacionGlobal",
        &[("Periodicidad", true), ("Meses", true), ("Año", true)],
    );
    for related in children(root, "CfdiRelacionados") {
        out.attributes(related, &[("TipoRelacion", true)]);
        out.each(related, "CfdiRelacionado", &[("UUID", true)]);
    }
    out.each(root, "Emisor", EMISOR);
    out.each(root, "Receptor", RECEPTOR);
    for concepto in path(root, "Conceptos", "Concepto") {
        write_concepto(concepto, out)?;
    }
    for taxes in children(root, "Impuestos") {
        for tax in path(taxes, "Retenciones", "Retencion") {
            out.attributes(tax, &[("Impuesto", true), ("Importe", true)]);
        }
        out.attributes(taxes, &[("TotalImpuestosRetenidos", false)]);
        for tax in path(taxes, "Traslados", "Traslado") {
            out.attributes(tax, TRASLADO);
        }
        out.attributes(taxes, &[("TotalImpuestosTrasladados", false)]);
    }
    write_complements(root, "Complemento", out)
}

fn write_concepto(concepto: Node<'_, '_>, out: &mut Writer) -> Result<(), String> {
    const PEDIMENTO: &Attributes = &[("NumeroPedimento", true)];
    out.attributes(concepto, CONCEPTO);
    for taxes in children(concepto, "Impuestos") {
        for tax in path(taxes, "Traslados", "Traslado") {
            out.attributes(tax, TRASLADO);
        }
    }
    for taxes in children(concepto, "Impuestos") {
        for tax in path(taxes, "Retenciones", "Retencion") {
            out.attributes(tax, RETENCION);
        }
    }
    out.each(concepto, "ACuentaTerceros", TERCEROS);
    out.each(concepto, "InformacionAduanera", PEDIMENTO);
    out.each(concepto, "CuentaPredial", &[("Numero", true)]);
    write_complements(concepto, "ComplementoConcepto", out)?;
    // SAT's template looks at all levels below; the schema has these at the first one only.
    for parte in children(concepto, "Parte") {
        out.attributes(parte, PARTE);
        out.each(parte, "InformacionAduanera", PEDIMENTO);
    }
    Ok(())
}

/// The stamp adds nothing: it is put in after the seal.
fn write_complements(
    parent: Node<'_, '_>,
    holder: &'static str,
    out: &mut Writer,
) -> Result<(), String> {
    for holder in children(parent, holder) {
        for complement in holder.children().filter(Node::is_element) {
            let stamp = complement.has_tag_name((TFD, "TimbreFiscalDigital"));
            if !stamp && !complements::write(complement, out) {
                return Err(complement.tag_name().name().to_owned());
            }
        }
    }
    Ok(())
}

/// The CFDI elements of that name directly under `parent`.
pub(super) fn children<'a, 'i>(
    parent: Node<'a, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    parent
        .children()
        .filter(move |n| n.has_tag_name((CFDI, name)))
}

/// The CFDI elements `parent/outer/inner`.
pub(super) fn path<'a, 'i>(
    parent: Node<'a, 'i>,
    outer: &'static str,
    inner: &'static str,
) -> impl Iterator<Item = Node<'a, 'i>> {
    children(parent, outer).flat_map(move |holder| children(holder, inner))
}
