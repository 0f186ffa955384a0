//! The XML is a CFDI: its seals verify, its sums hold, and one changed cent breaks it.

use base64::{Engine, engine::general_purpose::STANDARD};
use roxmltree::{Document, Node};
use rsa::{
    RsaPublicKey,
    pkcs1v15::{Signature, VerifyingKey},
    pkcs8::DecodePublicKey,
    sha2::Sha256,
    signature::Verifier,
};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
};

use crate::harness::{Vendors, between, plain_form, vendors};

/// Attributes in the order of `cadenaoriginal_4_0.xslt`, for the elements that our invoices have.
const CHAIN: [(&str, &str); 6] = [
    (
        "Comprobante",
        "Version Serie Folio Fecha FormaPago NoCertificado CondicionesDePago SubTotal Descuento \
         Moneda TipoCambio Total TipoDeComprobante Exportacion MetodoPago LugarExpedicion \
         Confirmacion",
    ),
    ("Emisor", "Rfc Nombre RegimenFiscal FacAtrAdquirente"),
    (
        "Receptor",
        "Rfc Nombre DomicilioFiscalReceptor ResidenciaFiscal NumRegIdTrib RegimenFiscalReceptor \
         UsoCFDI",
    ),
    (
        "Concepto",
        "ClaveProdServ NoIdentificacion Cantidad ClaveUnidad Unidad Descripcion ValorUnitario \
         Importe Descuento ObjetoImp",
    ),
    ("Traslado", "Base Impuesto TipoFactor TasaOCuota Importe"),
    (
        "TimbreFiscalDigital",
        "Version UUID FechaTimbrado RfcProvCertif Leyenda SelloCFD NoCertificadoSAT",
    ),
];

fn values(node: Node<'_, '_>, names: &str, out: &mut Vec<String>) {
    let given = names
        .split_whitespace()
        .filter_map(|name| node.attribute(name));
    out.extend(given.map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")));
}

fn order(name: &str) -> &'static str {
    CHAIN
        .iter()
        .find(|(own, _)| *own == name)
        .map_or("", |(_, names)| names)
}

fn original_chain(document: &Document<'_>) -> String {
    let mut out = Vec::new();
    for node in document.descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        if name != "TimbreFiscalDigital" {
            values(node, order(name), &mut out);
        }
    }
    let taxes = document
        .root_element()
        .children()
        .find(|node| node.has_tag_name((CFDI, "Impuestos")));
    values(taxes.unwrap(), "TotalImpuestosTrasladados", &mut out);
    format!("||{}||", out.join("|"))
}

const CFDI: &str = "http://www.sat.gob.mx/cfd/4";
const TFD: &str = "http://www.sat.gob.mx/TimbreFiscalDigital";

fn verifies(certificate: &[u8], chain: &str, seal: &str) -> bool {
    let certificate = Certificate::from_der(certificate).unwrap();
    let key = certificate
        .tbs_certificate
        .subject_public_key_info
        .to_der()
        .unwrap();
    let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from_public_key_der(&key).unwrap());
    let seal = Signature::try_from(STANDARD.decode(seal).unwrap().as_slice()).unwrap();
    key.verify(chain.as_bytes(), &seal).is_ok()
}

fn sealed_by_vendor(xml: &str) -> bool {
    let document = Document::parse(xml).unwrap();
    let root = document.root_element();
    let certificate = STANDARD
        .decode(root.attribute("Certificado").unwrap())
        .unwrap();
    verifies(
        &certificate,
        &original_chain(&document),
        root.attribute("Sello").unwrap(),
    )
}

async fn invoice(vendors: &Vendors, ticket: &str, total: &str) -> String {
    let mut person = vendors.at_plain();
    let page = person.post("/facturar", &plain_form(ticket, total)).await;
    let html = page.html();
    person
        .get(between(
            &html,
            "id=\"lnkXml\" class=\"boton\" href=\"",
            "\"",
        ))
        .await
        .html()
}

#[tokio::test]
async fn both_seals_verify_and_a_changed_cent_breaks_the_vendors() {
    let vendors = vendors().await;
    let xml = invoice(&vendors, "770034850001", "348.50").await;
    assert!(sealed_by_vendor(&xml));
    assert!(!sealed_by_vendor(
        &xml.replace("Total=\"348.50\"", "Total=\"348.51\"")
    ));

    let document = Document::parse(&xml).unwrap();
    let stamp = document
        .descendants()
        .find(|node| node.has_tag_name((TFD, "TimbreFiscalDigital")))
        .unwrap();
    let mut chain = Vec::new();
    values(stamp, order("TimbreFiscalDigital"), &mut chain);
    let pac = include_bytes!("../../keys/pac.cer");
    assert!(verifies(
        pac,
        &format!("||{}||", chain.join("|")),
        stamp.attribute("SelloSAT").unwrap()
    ));
    assert_eq!(
        stamp.attribute("SelloCFD"),
        document.root_element().attribute("Sello")
    );
}

#[tokio::test]
async fn it_says_what_was_typed() {
    let vendors = vendors().await;
    let xml = invoice(&vendors, "770034850001", "348.50").await;
    let document = Document::parse(&xml).unwrap();
    let root = document.root_element();
    let find = |name: &str| {
        document
            .descendants()
            .find(|node| node.has_tag_name((CFDI, name)))
            .unwrap()
    };
    let receptor = find("Receptor");
    let said: Vec<_> = receptor
        .attributes()
        .map(|attribute| attribute.value())
        .collect();
    assert_eq!(
        said,
        [
            "A&A050908GT0",
            "PEÑA & \"HIJOS\" <ÑANDÚ>",
            "91700",
            "601",
            "G03"
        ]
    );
    assert_eq!(root.attribute("FormaPago"), Some("28"));
    assert_eq!(find("Emisor").attribute("Rfc"), Some("EKU9003173C9"));
    let cents = |text: Option<&str>| text.unwrap().replace('.', "").parse::<u64>().unwrap();
    let taxes = cents(find("Traslado").attribute("Importe"));
    assert_eq!(cents(root.attribute("SubTotal")) + taxes, 34_850);
}

#[tokio::test]
async fn two_invoices_differ_in_uuid_and_seal() {
    let vendors = vendors().await;
    let first = invoice(&vendors, "770034850001", "348.50").await;
    let second = invoice(&vendors, "770034850002", "348.50").await;
    for name in [" UUID=\"", " Sello=\"", " SelloSAT=\""] {
        assert_ne!(between(&first, name, "\""), between(&second, name, "\""));
    }
    assert!(sealed_by_vendor(&first) && sealed_by_vendor(&second));
}
