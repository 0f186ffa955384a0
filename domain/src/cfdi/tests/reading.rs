use super::*;

#[test]
fn a_plain_invoice_is_read() {
    let cfdi = read(PLAIN);
    assert_eq!(cfdi.uuid, "A5D0F1C7-1B67-58F2-984D-A1F85B7384C8");
    assert_eq!(cfdi.emisor.rfc.as_str(), "EKU9003173C9");
    assert_eq!(cfdi.emisor.name, "COMERCIO DE PRUEBA");
    assert_eq!(cfdi.receptor.cp.as_str(), "76343");
    assert_eq!(
        (cfdi.receptor.regimen.as_str(), cfdi.receptor.uso.as_str()),
        ("612", "G03")
    );
    assert_eq!(
        (cfdi.serie.as_deref(), cfdi.folio.as_deref()),
        (Some("T"), Some("100245"))
    );
    assert_eq!(cfdi.fecha.to_string(), "2026-09-14 13:05:22");
    assert_eq!(
        (cfdi.subtotal, cfdi.descuento, cfdi.total),
        (Money::mxn(3104), None, Money::mxn(3601))
    );
    assert_eq!(cfdi.taxes[0].amount.unwrap().to_string(), "4.97");
    assert_eq!(cfdi.taxes[0].rate.unwrap().to_string(), "0.16");
    assert_eq!(cfdi.conceptos[0].descripcion, "Refresco 600 ml");
    assert_eq!(cfdi.rfc_prov_certif, "SPR190613I52");
    assert_eq!(cfdi.no_certificado, "30001000000500009901");
    assert!(cfdi.complements.is_empty());
}

#[test]
fn complements_are_named_wherever_they_stand() {
    for (name, complement) in [
        ("local-taxes", "ImpuestosLocales"),
        ("fuel", "HidroYPetro"),
        ("school", "instEducativas"),
    ] {
        let (_, xml, _) = KNOWN.into_iter().find(|k| k.0 == name).unwrap();
        assert_eq!(read(xml).complements, [complement]);
    }
}

#[test]
fn prefixes_comments_marks_and_addenda_do_not_matter() {
    let other = PLAIN
        .replace("cfdi:", "x:")
        .replace("xmlns:cfdi", "xmlns:x")
        .replace("tfd:", "y:")
        .replace("xmlns:tfd", "xmlns:y");
    let other = other.replace(
        "</x:Comprobante>",
        "<x:Addenda><a><![CDATA[<!DOCTYPE a>]]></a></x:Addenda><!-- fin --></x:Comprobante>",
    );
    let cfdi = read(&format!("\u{FEFF}\r\n{other}"));
    assert_eq!(signature(&cfdi), SignatureState::Valid);
    assert_eq!(cfdi.uuid, read(PLAIN).uuid);
}

#[test]
fn a_lower_case_uuid_is_the_same_uuid() {
    let upper = "A5D0F1C7-1B67-58F2-984D-A1F85B7384C8";
    assert_eq!(
        read(&PLAIN.replace(upper, &upper.to_lowercase())).uuid,
        upper
    );
}

#[test]
fn trailing_zeros_are_no_fraction_of_a_centavo() {
    let (_, xml, _) = fixture!("discount-withholding");
    let cfdi = read(xml);
    assert_eq!(cfdi.total, Money::mxn(99_954));
    assert_eq!(cfdi.descuento, Some(Money::mxn(500)));
    assert_eq!(
        cfdi.taxes
            .iter()
            .filter(|t| t.kind == TaxKind::Withheld)
            .count(),
        2
    );
}
