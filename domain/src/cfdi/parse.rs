use std::collections::BTreeSet;

use chrono::NaiveDateTime;
use roxmltree::{Document, Node, ParsingOptions};

use super::cadena::{cadena_original, children, path};
use super::document::Seal;
use super::{Amount, Cfdi, CfdiError, Concepto, Emisor, FileKind, Receptor, Tax, TaxKind, sniff};
use crate::fiscal::{CodigoPostal, Currency, Money, Rfc};

/// Name space of CFDI 4.0.
pub(super) const CFDI: &str = "http://www.sat.gob.mx/cfd/4";
/// Name space of the stamp.
pub(super) const TFD: &str = "http://www.sat.gob.mx/TimbreFiscalDigital";
/// Name space of CFDI 3.2 and 3.3.
const CFDI_3: &str = "http://www.sat.gob.mx/cfd/3";

/// Largest file that is looked at: 2 MiB. An invoice of a purchase has some kilobytes.
pub const MAX_SIZE_BYTES: usize = 2 * 1024 * 1024;
/// Most XML nodes: more than any invoice of that size has, less than a memory bomb.
const MAX_NODES: u32 = 200_000;
/// Most attributes of one element. The parser compares each with each; a CFDI's have some twenty.
const MAX_ATTRIBUTES: usize = 256;
/// Most declarations of name spaces: the parser hands each on to all elements below.
const MAX_NAMESPACES: usize = 1_000;

/// Reads a stamped CFDI 4.0. Name spaces count by their URI, prefixes don't; a byte-order mark,
/// blanks before the declaration, comments and an Addenda are fine.
///
/// # Errors
/// Says what the file is instead, or which element or attribute is missing or wrong.
pub fn parse(bytes: &[u8]) -> Result<Cfdi, CfdiError> {
    let text = readable_text(bytes)?;
    check_tags(text)?;
    let options = ParsingOptions {
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::DtdDetected => CfdiError::Dtd,
        other => CfdiError::Malformed {
            detail: shorten(&other.to_string()),
        },
    })?;
    let root = document.root_element();
    check_root(root)?;
    read_document(root)
}

fn readable_text(bytes: &[u8]) -> Result<&str, CfdiError> {
    if bytes.len() > MAX_SIZE_BYTES {
        return Err(CfdiError::TooLarge {
            size_bytes: bytes.len(),
        });
    }
    match sniff(bytes) {
        FileKind::Xml => {}
        FileKind::Empty => return Err(CfdiError::Empty),
        other => return Err(CfdiError::NotXml(other)),
    }
    let text = std::str::from_utf8(bytes).map_err(|_| CfdiError::Encoding)?;
    Ok(text.strip_prefix('\u{FEFF}').unwrap_or(text).trim_start())
}

/// Refuses what the parser would chew on for minutes, in one pass over the text; and document
/// types, of which the parser lets an empty one pass. What is not well formed, the parser finds.
fn check_tags(text: &str) -> Result<(), CfdiError> {
    if text.matches("xmlns").count() > MAX_NAMESPACES {
        return Err(CfdiError::TooComplex);
    }
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let (opened_by, closed_by) = match rest {
            _ if rest.starts_with("<!--") => ("<!--", "-->"),
            _ if rest.starts_with("<![CDATA[") => ("<![CDATA[", "]]>"),
            _ if rest.starts_with("<?") => ("<?", "?>"),
            _ if rest.starts_with("<!") => return Err(CfdiError::Dtd),
            _ => {
                let Some(after) = past_tag(rest)? else {
                    return Ok(());
                };
                rest = after;
                continue;
            }
        };
        rest = &rest[opened_by.len()..];
        let Some(end) = rest.find(closed_by) else {
            return Ok(());
        };
        rest = &rest[end + closed_by.len()..];
    }
    Ok(())
}

/// What follows a tag; nothing when it does not end. A `>` may stand in an attribute's value.
fn past_tag(tag: &str) -> Result<Option<&str>, CfdiError> {
    let mut rest = tag;
    for _ in 0..=MAX_ATTRIBUTES {
        let Some(at) = rest.find(['"', '\'', '>']) else {
            return Ok(None);
        };
        let (mark, value) = rest[at..].split_at(1);
        if mark == ">" {
            return Ok(Some(value));
        }
        let Some((_, after)) = value.split_once(mark) else {
            return Ok(None);
        };
        rest = after;
    }
    Err(CfdiError::TooComplex)
}

fn check_root(root: Node<'_, '_>) -> Result<(), CfdiError> {
    let version = || {
        root.attribute("Version")
            .or_else(|| root.attribute("version"))
            .unwrap_or("3")
    };
    if root.has_tag_name((CFDI_3, "Comprobante")) {
        return Err(CfdiError::Version {
            version: shorten(version()),
        });
    }
    if !root.has_tag_name((CFDI, "Comprobante")) {
        return Err(CfdiError::NotCfdi {
            root: shorten(root.tag_name().name()),
        });
    }
    match Element(root, "Comprobante").required("Version")? {
        "4.0" => Ok(()),
        other => Err(CfdiError::Version {
            version: shorten(other),
        }),
    }
}

fn read_document(root: Node<'_, '_>) -> Result<Cfdi, CfdiError> {
    let main = Element(root, "Comprobante");
    let stamp = read_stamp(root)?;
    let currency_text = main.required("Moneda")?;
    let currency = Currency::parse(currency_text).map_err(|_| main.bad("Moneda"))?;
    main.required("Exportacion")?;
    let emisor = only(root, "Emisor")?;
    let receptor = only(root, "Receptor")?;
    Ok(Cfdi {
        uuid: read_uuid(&stamp)?,
        emisor: Emisor {
            rfc: emisor.rfc("Rfc")?,
            name: emisor.required("Nombre")?.to_owned(),
            regimen: emisor.required("RegimenFiscal")?.to_owned(),
        },
        receptor: Receptor {
            rfc: receptor.rfc("Rfc")?,
            name: receptor.required("Nombre")?.to_owned(),
            cp: CodigoPostal::parse(receptor.required("DomicilioFiscalReceptor")?)
                .map_err(|_| receptor.bad("DomicilioFiscalReceptor"))?,
            regimen: receptor.code("RegimenFiscalReceptor")?,
            uso: receptor.code("UsoCFDI")?,
        },
        serie: main.optional("Serie"),
        folio: main.optional("Folio"),
        fecha: main.moment("Fecha")?,
        subtotal: main.money("SubTotal", currency)?,
        descuento: main
            .has("Descuento")
            .then(|| main.money("Descuento", currency))
            .transpose()?,
        total: main.money("Total", currency)?,
        taxes: read_taxes(root)?,
        forma_pago: main
            .has("FormaPago")
            .then(|| main.code("FormaPago"))
            .transpose()?,
        metodo_pago: main.optional("MetodoPago"),
        tipo: main.code("TipoDeComprobante")?,
        moneda: currency_text.to_owned(),
        lugar_expedicion: main.required("LugarExpedicion")?.to_owned(),
        fecha_timbrado: stamp.moment("FechaTimbrado")?,
        rfc_prov_certif: stamp.required("RfcProvCertif")?.to_owned(),
        no_certificado: main.required("NoCertificado")?.to_owned(),
        no_certificado_sat: stamp.required("NoCertificadoSAT")?.to_owned(),
        complements: complement_names(root),
        conceptos: read_conceptos(root)?,
        seal: Seal {
            sello: main.required("Sello")?.to_owned(),
            sello_cfd: stamp.required("SelloCFD")?.to_owned(),
            certificado: main.required("Certificado")?.to_owned(),
            cadena: cadena_original(root),
            sealed_by_buyer: emisor.has("FacAtrAdquirente"),
        },
    })
}

fn read_stamp<'a, 'i>(root: Node<'a, 'i>) -> Result<Element<'a, 'i>, CfdiError> {
    const NAME: &str = "TimbreFiscalDigital";
    let mut stamps = children(root, "Complemento")
        .flat_map(|holder| holder.children())
        .filter(|n| n.has_tag_name((TFD, NAME)));
    let stamp = Element(stamps.next().ok_or(CfdiError::NotStamped)?, NAME);
    if stamps.next().is_some() {
        return Err(CfdiError::RepeatedElement { element: NAME });
    }
    if stamp.required("Version")? != "1.1" {
        return Err(stamp.bad("Version"));
    }
    stamp.required("SelloSAT")?;
    Ok(stamp)
}

fn read_uuid(stamp: &Element<'_, '_>) -> Result<String, CfdiError> {
    let uuid = stamp.required("UUID")?;
    let shaped = uuid.len() == 36
        && uuid.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    if shaped {
        Ok(uuid.to_ascii_uppercase())
    } else {
        Err(stamp.bad("UUID"))
    }
}

fn read_taxes(root: Node<'_, '_>) -> Result<Vec<Tax>, CfdiError> {
    let read = |node, kind, name| {
        let tax = Element(node, name);
        Ok(Tax {
            kind,
            tax: tax.required("Impuesto")?.to_owned(),
            base: tax.optional_amount("Base")?,
            rate: tax.optional_amount("TasaOCuota")?,
            amount: tax.optional_amount("Importe")?,
        })
    };
    let mut taxes = Vec::new();
    for holder in children(root, "Impuestos") {
        for node in path(holder, "Retenciones", "Retencion") {
            taxes.push(read(node, TaxKind::Withheld, "Retencion")?);
        }
        for node in path(holder, "Traslados", "Traslado") {
            taxes.push(read(node, TaxKind::Transferred, "Traslado")?);
        }
    }
    Ok(taxes)
}

fn read_conceptos(root: Node<'_, '_>) -> Result<Vec<Concepto>, CfdiError> {
    only(root, "Conceptos")?;
    let conceptos: Vec<Concepto> = path(root, "Conceptos", "Concepto")
        .map(|node| {
            let concepto = Element(node, "Concepto");
            for attribute in ["ClaveUnidad", "ValorUnitario", "ObjetoImp"] {
                concepto.required(attribute)?;
            }
            Ok(Concepto {
                clave: concepto.required("ClaveProdServ")?.to_owned(),
                descripcion: concepto.required("Descripcion")?.to_owned(),
                cantidad: concepto.amount("Cantidad")?,
                importe: concepto.amount("Importe")?,
                descuento: concepto.optional_amount("Descuento")?,
            })
        })
        .collect::<Result<_, CfdiError>>()?;
    if conceptos.is_empty() {
        Err(CfdiError::MissingElement {
            element: "Concepto",
        })
    } else {
        Ok(conceptos)
    }
}

/// Complements of the document and of its concepts, each name once.
fn complement_names(root: Node<'_, '_>) -> Vec<String> {
    let in_concepts =
        path(root, "Conceptos", "Concepto").flat_map(|c| children(c, "ComplementoConcepto"));
    let mut seen = BTreeSet::new();
    let mut names: Vec<String> = Vec::new();
    for node in children(root, "Complemento")
        .chain(in_concepts)
        .flat_map(|holder| holder.children())
    {
        let name = node.tag_name().name();
        if node.is_element()
            && !node.has_tag_name((TFD, "TimbreFiscalDigital"))
            && seen.insert(name)
        {
            names.push(name.to_owned());
        }
    }
    names
}

/// The one child of that name. A second one would make what is shown differ from what was sealed.
fn only<'a, 'i>(parent: Node<'a, 'i>, element: &'static str) -> Result<Element<'a, 'i>, CfdiError> {
    let mut found = children(parent, element);
    let first = found.next().ok_or(CfdiError::MissingElement { element })?;
    if found.next().is_some() {
        return Err(CfdiError::RepeatedElement { element });
    }
    Ok(Element(first, element))
}

/// An element with its name, for errors.
struct Element<'a, 'i>(Node<'a, 'i>, &'static str);

impl<'a> Element<'a, '_> {
    fn has(&self, attribute: &'static str) -> bool {
        self.0.has_attribute(attribute)
    }

    fn required(&self, attribute: &'static str) -> Result<&'a str, CfdiError> {
        self.0
            .attribute(attribute)
            .ok_or(CfdiError::MissingAttribute {
                element: self.1,
                attribute,
            })
    }

    fn optional(&self, attribute: &'static str) -> Option<String> {
        self.0.attribute(attribute).map(str::to_owned)
    }

    fn bad(&self, attribute: &'static str) -> CfdiError {
        CfdiError::BadAttribute {
            element: self.1,
            attribute,
        }
    }

    fn rfc(&self, attribute: &'static str) -> Result<Rfc, CfdiError> {
        Rfc::parse_exact(self.required(attribute)?).map_err(|_| self.bad(attribute))
    }

    /// A code of a SAT catalogue, such as `G03`: so short that it can't carry anything else.
    fn code(&self, attribute: &'static str) -> Result<String, CfdiError> {
        let text = self.required(attribute)?;
        let shaped =
            (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        if shaped {
            Ok(text.to_owned())
        } else {
            Err(self.bad(attribute))
        }
    }

    fn moment(&self, attribute: &'static str) -> Result<NaiveDateTime, CfdiError> {
        let text = self.required(attribute)?;
        NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").map_err(|_| self.bad(attribute))
    }

    fn amount(&self, attribute: &'static str) -> Result<Amount, CfdiError> {
        Amount::parse(self.required(attribute)?).ok_or_else(|| self.bad(attribute))
    }

    fn optional_amount(&self, attribute: &'static str) -> Result<Option<Amount>, CfdiError> {
        self.has(attribute)
            .then(|| self.amount(attribute))
            .transpose()
    }

    fn money(&self, attribute: &'static str, currency: Currency) -> Result<Money, CfdiError> {
        self.amount(attribute)?
            .to_money(currency)
            .ok_or_else(|| self.bad(attribute))
    }
}

/// Foreign text in an error stays short.
fn shorten(text: &str) -> String {
    text.chars().take(60).collect()
}
