#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::NaiveDate;
use proptest::prelude::*;

use super::cadena::Cadena;
use super::*;
use crate::fiscal::{FormaPago, Money, RegimenFiscal, Rfc, UsoCfdi};

const PLAIN: &str = include_str!("../../testdata/plain.xml");

macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../testdata/", $name, ".xml")),
            include_str!(concat!("../../testdata/", $name, ".cadena.txt")),
        )
    };
}

/// Every fixture whose cadena we can write: name, XML, cadena by SAT's XSLT.
const KNOWN: [(&str, &str, &str); 13] = [
    fixture!("plain"),
    fixture!("discount-withholding"),
    fixture!("global"),
    fixture!("related"),
    fixture!("customs-predial-parts"),
    fixture!("foreign-currency"),
    fixture!("local-taxes"),
    fixture!("fuel"),
    fixture!("school"),
    fixture!("legends"),
    fixture!("certificate-of-another"),
    fixture!("certificate-with-representative"),
    fixture!("certificate-expired"),
];

fn read(xml: &str) -> Cfdi {
    parse(xml.as_bytes()).unwrap()
}

fn expected() -> Expectation {
    Expectation {
        total: Some(Money::mxn(3601)),
        purchase_date: NaiveDate::from_ymd_opt(2026, 9, 14),
        uso: Some(UsoCfdi::G03),
        regimen: Some(RegimenFiscal::R612),
        forma_pago: Some(FormaPago::F04),
        emisor_rfc: Some(Rfc::parse("EKU9003173C9").unwrap()),
        ..Expectation::new(Rfc::parse("XIQB891116QE4").unwrap())
    }
}

fn outcome(verdict: &Verdict, name: &str) -> Outcome {
    verdict.check(name).unwrap_or_else(|| panic!("no check {name}")).outcome
}

fn names(checks: &[Check]) -> Vec<&str> {
    checks.iter().map(|c| c.name.as_ref()).collect()
}

fn rejected_for(verdict: &Verdict) -> String {
    match verdict.disposition() {
        Disposition::Reject { reason } => reason.name.into_owned(),
        other => panic!("not rejected: {other:?}"),
    }
}

fn asked_for(verdict: &Verdict) -> Vec<String> {
    match verdict.disposition() {
        Disposition::Check { reasons } => names(&reasons).into_iter().map(str::to_owned).collect(),
        other => panic!("not a case for the user: {other:?}"),
    }
}

fn warned_of(verdict: &Verdict) -> Vec<String> {
    match verdict.disposition() {
        Disposition::Accept { warnings } => names(&warnings).into_iter().map(str::to_owned).collect(),
        other => panic!("not accepted: {other:?}"),
    }
}

mod reading {
    use super::*;

    #[test]
    fn a_plain_invoice_is_read() {
        let cfdi = read(PLAIN);
        assert_eq!(cfdi.uuid, "A5D0F1C7-1B67-58F2-984D-A1F85B7384C8");
        assert_eq!(cfdi.emisor.rfc.as_str(), "EKU9003173C9");
        assert_eq!(cfdi.emisor.name, "COMERCIO DE PRUEBA");
        assert_eq!(cfdi.receptor.cp.as_str(), "76343");
        assert_eq!((cfdi.receptor.regimen.as_str(), cfdi.receptor.uso.as_str()), ("612", "G03"));
        assert_eq!((cfdi.serie.as_deref(), cfdi.folio.as_deref()), (Some("T"), Some("100245")));
        assert_eq!(cfdi.fecha.to_string(), "2026-09-14 13:05:22");
        assert_eq!((cfdi.subtotal, cfdi.descuento, cfdi.total), (Money::mxn(3104), None, Money::mxn(3601)));
        assert_eq!(cfdi.taxes[0].amount.unwrap().to_string(), "4.97");
        assert_eq!(cfdi.taxes[0].rate.unwrap().to_string(), "0.16");
        assert_eq!(cfdi.conceptos[0].descripcion, "Refresco 600 ml");
        assert_eq!(cfdi.rfc_prov_certif, "SPR190613I52");
        assert_eq!(cfdi.no_certificado, "30001000000500009901");
        assert!(cfdi.complements.is_empty());
    }

    #[test]
    fn complements_are_named_wherever_they_stand() {
        for (name, complement) in
            [("local-taxes", "ImpuestosLocales"), ("fuel", "HidroYPetro"), ("school", "instEducativas")]
        {
            let (_, xml, _) = KNOWN.into_iter().find(|k| k.0 == name).unwrap();
            assert_eq!(read(xml).complements, [complement]);
        }
    }

    #[test]
    fn prefixes_comments_marks_and_addenda_do_not_matter() {
        let other = PLAIN.replace("cfdi:", "x:").replace("xmlns:cfdi", "xmlns:x").replace("tfd:", "y:").replace("xmlns:tfd", "xmlns:y");
        let other = other.replace("</x:Comprobante>", "<x:Addenda><a><![CDATA[<!DOCTYPE a>]]></a></x:Addenda><!-- fin --></x:Comprobante>");
        let cfdi = read(&format!("\u{FEFF}\r\n{other}"));
        assert_eq!(signature(&cfdi), SignatureState::Valid);
        assert_eq!(cfdi.uuid, read(PLAIN).uuid);
    }

    #[test]
    fn a_lower_case_uuid_is_the_same_uuid() {
        let upper = "A5D0F1C7-1B67-58F2-984D-A1F85B7384C8";
        assert_eq!(read(&PLAIN.replace(upper, &upper.to_lowercase())).uuid, upper);
    }

    #[test]
    fn trailing_zeros_are_no_fraction_of_a_centavo() {
        let (_, xml, _) = fixture!("discount-withholding");
        let cfdi = read(xml);
        assert_eq!(cfdi.total, Money::mxn(99_954));
        assert_eq!(cfdi.descuento, Some(Money::mxn(500)));
        assert_eq!(cfdi.taxes.iter().filter(|t| t.kind == TaxKind::Withheld).count(), 2);
    }
}

mod refusing {
    use super::*;

    fn code(bytes: &[u8]) -> &'static str {
        parse(bytes).unwrap_err().code()
    }

    #[test]
    fn what_is_no_xml_is_named() {
        assert_eq!(parse(b""), Err(CfdiError::Empty));
        assert_eq!(parse(b"\xEF\xBB\xBF\n "), Err(CfdiError::Empty));
        assert_eq!(parse(b"<!doctype html><html><body>Error 500"), Err(CfdiError::NotXml(FileKind::Html)));
        assert_eq!(parse(b"PK\x03\x04\x14\x00"), Err(CfdiError::NotXml(FileKind::Zip)));
        assert_eq!(parse(b"%PDF-1.4\n"), Err(CfdiError::NotXml(FileKind::Pdf)));
        assert_eq!(parse(b"null"), Err(CfdiError::NotXml(FileKind::Unknown)));
        assert_eq!(code(&[b'<'; MAX_SIZE_BYTES + 1]), "cfdi_too_large");
    }

    #[test]
    fn other_encodings_are_named() {
        let utf16: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(parse(&[b"\xFF\xFE".as_slice(), &utf16].concat()), Err(CfdiError::Encoding));
        assert_eq!(parse(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a n=\"\xD1\"/>"), Err(CfdiError::Encoding));
    }

    #[test]
    fn document_types_and_entities_are_not_opened() {
        let laughs = "<!DOCTYPE a [<!ENTITY a \"ja\"><!ENTITY b \"&a;&a;&a;\">]><cfdi:Comprobante>&b;</cfdi:Comprobante>";
        assert_eq!(parse(laughs.as_bytes()), Err(CfdiError::Dtd));
        let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
        assert_eq!(parse(outside.as_bytes()), Err(CfdiError::Dtd));
        let body = PLAIN.split_once("?>").unwrap().1;
        assert_eq!(parse(format!("<?xml version=\"1.0\"?><!DOCTYPE Comprobante>{body}").as_bytes()), Err(CfdiError::Dtd));
    }

    #[test]
    fn bombs_of_nodes_are_stopped() {
        assert_eq!(code("<a/>".repeat(10).as_bytes()), "cfdi_malformed");
        let wide = format!("<a>{}</a>", "<b/>".repeat(500_000));
        assert_eq!(code(wide.as_bytes()), "cfdi_malformed");
        let deep = "<a>".repeat(600_000);
        assert_eq!(code(deep.as_bytes()), "cfdi_malformed");
    }

    #[test]
    fn other_documents_and_versions_are_named() {
        let old = "<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/3\" Version=\"3.3\"/>";
        assert_eq!(parse(old.as_bytes()), Err(CfdiError::Version { version: "3.3".into() }));
        let foreign = "<factura xmlns=\"http://www.sat.gob.mx/cfd/5\"/>";
        assert_eq!(parse(foreign.as_bytes()), Err(CfdiError::NotCfdi { root: "factura".into() }));
        let newer = PLAIN.replacen("Version=\"4.0\"", "Version=\"5.0\"", 1);
        assert_eq!(parse(newer.as_bytes()), Err(CfdiError::Version { version: "5.0".into() }));
        assert_eq!(code(&PLAIN.as_bytes()[..PLAIN.len() / 2]), "cfdi_malformed");
    }

    #[test]
    fn a_draft_without_stamp_is_no_invoice() {
        let start = PLAIN.find("<cfdi:Complemento>").unwrap();
        let end = PLAIN.find("</cfdi:Complemento>").unwrap() + "</cfdi:Complemento>".len();
        let draft = [&PLAIN[..start], &PLAIN[end..]].concat();
        assert_eq!(parse(draft.as_bytes()), Err(CfdiError::NotStamped));
    }

    #[test]
    fn every_required_attribute_is_required() {
        for attribute in [
            "Version", "Fecha", "Sello", "NoCertificado", "Certificado", "SubTotal", "Moneda", "Total",
            "TipoDeComprobante", "Exportacion", "LugarExpedicion", "Rfc", "Nombre", "RegimenFiscal",
            "DomicilioFiscalReceptor", "RegimenFiscalReceptor", "UsoCFDI", "ClaveProdServ", "Cantidad", "ClaveUnidad",
            "Descripcion", "ValorUnitario", "Importe", "ObjetoImp", "UUID", "FechaTimbrado", "RfcProvCertif",
            "SelloCFD", "NoCertificadoSAT", "SelloSAT",
        ] {
            let without = PLAIN.replacen(&format!(" {attribute}=\""), &format!(" no{attribute}=\""), 1);
            assert_eq!(code(without.as_bytes()), "cfdi_missing_attribute", "{attribute}");
        }
    }

    #[test]
    fn wrong_values_and_repeated_parts_are_refused() {
        for (from, to) in [
            ("Total=\"36.01\"", "Total=\"36.015\""),
            ("Total=\"36.01\"", "Total=\"36,01\""),
            ("Fecha=\"2026-09-14T13:05:22\"", "Fecha=\"2026-02-31T13:05:22\""),
            ("Rfc=\"XIQB891116QE4\"", "Rfc=\"xiqb891116qe4\""),
            ("UUID=\"A5D0F1C7-", "UUID=\"Z5D0F1C7-"),
        ] {
            assert_eq!(code(PLAIN.replacen(from, to, 1).as_bytes()), "cfdi_bad_attribute", "{to}");
        }
        let start = PLAIN.find("<cfdi:Receptor").unwrap();
        let twice = format!("{}{}{}", &PLAIN[..start], "<cfdi:Receptor Rfc=\"A\"/>", &PLAIN[start..]);
        assert_eq!(code(twice.as_bytes()), "cfdi_repeated_element");
    }
}

mod sealing {
    use super::*;

    #[test]
    fn the_cadena_is_that_of_sats_xslt_and_the_seal_holds() {
        for (name, xml, cadena) in KNOWN {
            let cfdi = read(xml);
            assert_eq!(cfdi.seal.cadena, Cadena::Known(cadena.to_owned()), "{name}");
            assert_eq!(signature(&cfdi), SignatureState::Valid, "{name}");
        }
    }

    #[test]
    fn an_unknown_complement_leaves_the_seal_unchecked() {
        let cfdi = read(include_str!("../../testdata/donation.xml"));
        assert_eq!(signature(&cfdi), SignatureState::NotChecked { complement: "Donatarias".into() });
        assert_eq!(warned_of(&verify(&cfdi, &expected())), ["signature"]);
    }

    #[test]
    fn one_changed_cent_breaks_the_seal() {
        let cfdi = read(&PLAIN.replacen("Total=\"36.01\"", "Total=\"36.02\"", 1));
        assert_eq!(signature(&cfdi), SignatureState::Invalid);
        assert_eq!(rejected_for(&verify(&cfdi, &expected())), "signature");
    }

    #[test]
    fn another_key_breaks_the_seal() {
        let (_, other, _) = fixture!("certificate-of-another");
        let certificate = |xml: &str| {
            let at = xml.find(" Certificado=\"").unwrap() + " Certificado=\"".len();
            xml[at..].split('"').next().unwrap().to_owned()
        };
        let swapped = PLAIN.replace(&certificate(PLAIN), &certificate(other));
        assert_eq!(signature(&read(&swapped)), SignatureState::Invalid);
        assert_eq!(signature(&read(&PLAIN.replace(&certificate(PLAIN), "bm8="))), SignatureState::Invalid);
    }

    #[test]
    fn a_stamp_of_another_document_is_rejected() {
        let (_, other, _) = fixture!("certificate-with-representative");
        let tail = |xml: &'static str| xml.split_once("<cfdi:Complemento>").unwrap();
        let mixed = format!("{}<cfdi:Complemento>{}", tail(PLAIN).0, tail(other).1);
        assert_eq!(rejected_for(&verify(&read(&mixed), &expected())), "stamp-seal");
    }

    #[test]
    fn the_certificate_must_be_the_issuers() {
        let (_, other, _) = fixture!("certificate-of-another");
        let verdict = verify(&read(other), &expected());
        assert_eq!(outcome(&verdict, "signature"), Outcome::Pass);
        assert_eq!(asked_for(&verdict), ["certificate-rfc"]);

        let (_, with_representative, _) = fixture!("certificate-with-representative");
        assert_eq!(warned_of(&verify(&read(with_representative), &expected())), Vec::<String>::new());

        let (_, expired, _) = fixture!("certificate-expired");
        assert_eq!(warned_of(&verify(&read(expired), &expected())), ["certificate-validity"]);
    }

    #[test]
    fn the_qr_address_is_encoded() {
        let cfdi = read(PLAIN);
        let tail = &cfdi.seal.sello[cfdi.seal.sello.len() - 8..];
        let tail = tail.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        assert_eq!(
            verification_url(&cfdi),
            format!(
                "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx\
                 ?id=A5D0F1C7-1B67-58F2-984D-A1F85B7384C8&re=EKU9003173C9&rr=XIQB891116QE4&tt=36.01&fe={tail}"
            )
        );
    }
}

mod judging {
    use super::*;

    #[test]
    fn the_invoice_asked_for_is_accepted_without_warnings() {
        let verdict = verify(&read(PLAIN), &expected());
        assert_eq!(warned_of(&verdict), Vec::<String>::new());
        assert!(verdict.checks.iter().all(|c| matches!(c.outcome, Outcome::Pass | Outcome::NotChecked)));
        assert_eq!(outcome(&verdict, "sum"), Outcome::Pass);
    }

    #[test]
    fn another_rfc_is_never_accepted_by_itself() {
        let wanted = Expectation::new(Rfc::parse("COSC8001137NA").unwrap());
        assert_eq!(asked_for(&verify(&read(PLAIN), &wanted)), ["receiver-rfc"]);
        let (_, global, _) = fixture!("global");
        let reasons = asked_for(&verify(&read(global), &Expectation::new(expected().rfc)));
        assert_eq!(reasons, ["receiver-rfc"]);
    }

    #[test]
    fn the_total_may_differ_by_a_peso() {
        for (cents, result) in [
            (3601, Outcome::Pass),
            (3602, Outcome::Pass),
            (3603, Outcome::Warn),
            (3501, Outcome::Warn),
            (3500, Outcome::Fail),
            (9999, Outcome::Fail),
        ] {
            let wanted = Expectation { total: Some(Money::mxn(cents)), ..expected() };
            assert_eq!(outcome(&verify(&read(PLAIN), &wanted), "total"), result, "{cents}");
        }
        let (_, dollars, _) = fixture!("foreign-currency");
        let wanted = Expectation { total: Some(Money::mxn(3601)), ..Expectation::new(Rfc::parse("XEXX010101000").unwrap()) };
        assert_eq!(asked_for(&verify(&read(dollars), &wanted)), ["total"]);
    }

    #[test]
    fn use_regime_payment_form_and_issuer_only_warn() {
        let wanted = Expectation {
            uso: Some(UsoCfdi::D01),
            regimen: Some(RegimenFiscal::R626),
            forma_pago: Some(FormaPago::F01),
            emisor_rfc: Some(Rfc::parse("HAÑ930228SM9").unwrap()),
            ..expected()
        };
        let warnings = warned_of(&verify(&read(PLAIN), &wanted));
        assert_eq!(warnings, ["issuer-rfc", "use", "regimen", "payment-form"]);
    }

    #[test]
    fn an_invoice_older_than_its_purchase_is_questioned() {
        for (day, result) in [(1, Outcome::Pass), (14, Outcome::Pass), (15, Outcome::Warn), (16, Outcome::Fail)] {
            let wanted = Expectation { purchase_date: NaiveDate::from_ymd_opt(2026, 9, day), ..expected() };
            assert_eq!(outcome(&verify(&read(PLAIN), &wanted), "purchase-date"), result, "{day}");
        }
    }

    #[test]
    fn a_file_that_is_no_invoice_is_rejected_with_its_reason() {
        let error = parse(b"<html></html>").unwrap_err();
        let verdict = Verdict::unreadable(&error);
        assert_eq!(rejected_for(&verdict), "cfdi");
        assert!(verdict.checks[0].detail.contains("HTML"));
    }

    #[test]
    fn a_verdict_survives_json() {
        let verdict = verify(&read(PLAIN), &expected());
        let json = serde_json::to_string(&verdict).unwrap();
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
        assert!(json.contains(r#""name":"receiver-rfc","outcome":"pass""#));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn damaged_files_never_panic(
        fixture in 0..KNOWN.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..12),
    ) {
        let mut bytes = KNOWN[fixture].1.as_bytes().to_vec();
        for (at, byte, how) in edits {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at.max(1)),
            }
        }
        if let Ok(cfdi) = parse(&bytes) {
            let _ = verify(&cfdi, &expected()).disposition();
            let _ = verification_url(&cfdi);
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn any_text_in_any_attribute_never_panics(text in "\\PC{0,40}", name in "Total|Fecha|Rfc|UUID|Sello|Certificado|Importe|Moneda|Cantidad") {
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let at = PLAIN.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        let end = at + PLAIN[at..].find('"').unwrap();
        let xml = format!("{}{escaped}{}", &PLAIN[..at], &PLAIN[end..]);
        if let Ok(cfdi) = parse(xml.as_bytes()) {
            let _ = verify(&cfdi, &expected());
            let _ = verification_url(&cfdi);
        }
    }
}
