use super::*;

fn code(bytes: &[u8]) -> &'static str {
    parse(bytes).unwrap_err().code()
}

#[test]
fn what_is_no_xml_is_named() {
    assert_eq!(parse(b""), Err(CfdiError::Empty));
    assert_eq!(parse(b"\xEF\xBB\xBF\n "), Err(CfdiError::Empty));
    assert_eq!(
        parse(b"<!doctype html><html><body>Error 500"),
        Err(CfdiError::NotXml(FileKind::Html))
    );
    assert_eq!(
        parse(b"PK\x03\x04\x14\x00"),
        Err(CfdiError::NotXml(FileKind::Zip))
    );
    assert_eq!(parse(b"%PDF-1.4\n"), Err(CfdiError::NotXml(FileKind::Pdf)));
    assert_eq!(parse(b"null"), Err(CfdiError::NotXml(FileKind::Unknown)));
    assert_eq!(code(&[b'<'; MAX_SIZE_BYTES + 1]), "cfdi_too_large");
}

#[test]
fn other_encodings_are_named() {
    let utf16: Vec<u8> = PLAIN.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        parse(&[b"\xFF\xFE".as_slice(), &utf16].concat()),
        Err(CfdiError::Encoding)
    );
    assert_eq!(
        parse(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a n=\"\xD1\"/>"),
        Err(CfdiError::Encoding)
    );
}

#[test]
fn document_types_and_entities_are_not_opened() {
    let laughs = "<!DOCTYPE a [<!ENTITY a \"ja\"><!ENTITY b \"&a;&a;&a;\">]><cfdi:Comprobante>&b;</cfdi:Comprobante>";
    assert_eq!(parse(laughs.as_bytes()), Err(CfdiError::Dtd));
    let outside = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    assert_eq!(parse(outside.as_bytes()), Err(CfdiError::Dtd));
    let body = PLAIN.split_once("?>").unwrap().1;
    assert_eq!(
        parse(format!("<?xml version=\"1.0\"?><!DOCTYPE Comprobante>{body}").as_bytes()),
        Err(CfdiError::Dtd)
    );
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
fn what_the_parser_would_chew_on_for_minutes_is_not_given_to_it() {
    let attributes = |n: usize| -> String { (0..n).map(|i| format!(" a{i} = '>\"'")).collect() };
    assert_eq!(
        code(format!("<a{}/>", attributes(257)).as_bytes()),
        "cfdi_too_complex"
    );
    let behind = format!(
        "<a><!-- ' --><![CDATA[\"]]><?p '?>'<b{}/></a>",
        attributes(257)
    );
    assert_eq!(code(behind.as_bytes()), "cfdi_too_complex");
    let hidden = format!("<a><!--><c '--><b{}/><!--'--></a>", attributes(257));
    assert_eq!(code(hidden.as_bytes()), "cfdi_too_complex");
    let nested: String = (0..1001).map(|i| format!("<a xmlns:b{i}='b'>")).collect();
    assert_eq!(code(nested.as_bytes()), "cfdi_too_complex");
    for endless in ["<", "<a ", "<!--", "<?p ", "<![CDATA["] {
        assert_eq!(code(endless.repeat(100_000).as_bytes()), "cfdi_malformed");
    }
    // Nothing else counts: not other elements' attributes, not quotes in texts and comments.
    let quotes = " b=\"c\"".repeat(300);
    let addenda = format!(
        "<cfdi:Addenda><!-- {quotes} --><a>{quotes}</a>{}</cfdi:Addenda></cfdi:Comprobante>",
        format!("<b{}/>", attributes(200)).repeat(3)
    );
    let xml = PLAIN.replace("</cfdi:Comprobante>", &addenda);
    assert_eq!(parse(xml.as_bytes()), parse(PLAIN.as_bytes()));
}

#[test]
fn the_parsers_words_are_cut_short() {
    let name = "a".repeat(10_000);
    let error = parse(format!("<{name}></b>").as_bytes()).unwrap_err();
    assert_eq!(error.code(), "cfdi_malformed");
    assert!(error.to_string().len() < 200, "{error}");
}

#[test]
fn other_documents_and_versions_are_named() {
    let old = "<cfdi:Comprobante xmlns:cfdi=\"http://www.sat.gob.mx/cfd/3\" Version=\"3.3\"/>";
    assert_eq!(
        parse(old.as_bytes()),
        Err(CfdiError::Version {
            version: "3.3".into()
        })
    );
    let foreign = "<factura xmlns=\"http://www.sat.gob.mx/cfd/5\"/>";
    assert_eq!(
        parse(foreign.as_bytes()),
        Err(CfdiError::NotCfdi {
            root: "factura".into()
        })
    );
    let newer = PLAIN.replacen("Version=\"4.0\"", "Version=\"5.0\"", 1);
    assert_eq!(
        parse(newer.as_bytes()),
        Err(CfdiError::Version {
            version: "5.0".into()
        })
    );
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
        "Version",
        "Fecha",
        "Sello",
        "NoCertificado",
        "Certificado",
        "SubTotal",
        "Moneda",
        "Total",
        "TipoDeComprobante",
        "Exportacion",
        "LugarExpedicion",
        "Rfc",
        "Nombre",
        "RegimenFiscal",
        "DomicilioFiscalReceptor",
        "RegimenFiscalReceptor",
        "UsoCFDI",
        "ClaveProdServ",
        "Cantidad",
        "ClaveUnidad",
        "Descripcion",
        "ValorUnitario",
        "Importe",
        "ObjetoImp",
        "UUID",
        "FechaTimbrado",
        "RfcProvCertif",
        "SelloCFD",
        "NoCertificadoSAT",
        "SelloSAT",
    ] {
        let without = PLAIN.replacen(
            &format!(" {attribute}=\""),
            &format!(" no{attribute}=\""),
            1,
        );
        assert_eq!(
            code(without.as_bytes()),
            "cfdi_missing_attribute",
            "{attribute}"
        );
    }
}

#[test]
fn wrong_values_and_repeated_parts_are_refused() {
    for (from, to) in [
        ("Total=\"36.01\"", "Total=\"36.015\""),
        ("Total=\"36.01\"", "Total=\"36,01\""),
        (
            "Fecha=\"2026-09-14T13:05:22\"",
            "Fecha=\"2026-02-31T13:05:22\"",
        ),
        ("Rfc=\"XIQB891116QE4\"", "Rfc=\"xiqb891116qe4\""),
        ("UUID=\"A5D0F1C7-", "UUID=\"Z5D0F1C7-"),
        ("UsoCFDI=\"G03\"", "UsoCFDI=\"XIQB891116QE4\""),
        ("UsoCFDI=\"G03\"", "UsoCFDI=\"\""),
        ("FormaPago=\"04\"", "FormaPago=\"0 4\""),
        (
            "RegimenFiscalReceptor=\"612\"",
            "RegimenFiscalReceptor=\"6 1\"",
        ),
        ("TipoDeComprobante=\"I\"", "TipoDeComprobante=\"Ingreso\""),
    ] {
        assert_eq!(
            code(PLAIN.replacen(from, to, 1).as_bytes()),
            "cfdi_bad_attribute",
            "{to}"
        );
    }
    let start = PLAIN.find("<cfdi:Receptor").unwrap();
    let twice = format!(
        "{}{}{}",
        &PLAIN[..start],
        "<cfdi:Receptor Rfc=\"A\"/>",
        &PLAIN[start..]
    );
    assert_eq!(code(twice.as_bytes()), "cfdi_repeated_element");
}
