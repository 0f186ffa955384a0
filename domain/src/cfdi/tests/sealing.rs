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
    let cfdi = read(include_str!("../../../testdata/donation.xml"));
    assert_eq!(
        signature(&cfdi),
        SignatureState::NotChecked {
            complement: "Donatarias".into()
        }
    );
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
    assert_eq!(
        signature(&read(&PLAIN.replace(&certificate(PLAIN), "bm8="))),
        SignatureState::Invalid
    );
}

#[test]
fn a_stamp_of_another_document_is_rejected() {
    let (_, other, _) = fixture!("certificate-with-representative");
    let tail = |xml: &'static str| xml.split_once("<cfdi:Complemento>").unwrap();
    let mixed = format!("{}<cfdi:Complemento>{}", tail(PLAIN).0, tail(other).1);
    assert_eq!(
        rejected_for(&verify(&read(&mixed), &expected())),
        "stamp-seal"
    );
}

#[test]
fn the_certificate_must_be_the_issuers() {
    let (_, other, _) = fixture!("certificate-of-another");
    let verdict = verify(&read(other), &expected());
    assert_eq!(outcome(&verdict, "signature"), Outcome::Pass);
    assert_eq!(asked_for(&verdict), ["certificate-rfc"]);

    let (_, with_representative, _) = fixture!("certificate-with-representative");
    assert_eq!(
        warned_of(&verify(&read(with_representative), &expected())),
        Vec::<String>::new()
    );

    let (_, expired, _) = fixture!("certificate-expired");
    assert_eq!(
        warned_of(&verify(&read(expired), &expected())),
        ["certificate-validity"]
    );
}

#[test]
fn the_qr_address_is_encoded() {
    let cfdi = read(PLAIN);
    let tail = &cfdi.seal.sello[cfdi.seal.sello.len() - 8..];
    let tail = tail
        .replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D");
    assert_eq!(
        verification_url(&cfdi),
        format!(
            "https://verificacfdi.facturaelectronica.sat.gob.mx/default.aspx\
             ?id=A5D0F1C7-1B67-58F2-984D-A1F85B7384C8&re=EKU9003173C9&rr=XIQB891116QE4&tt=36.01&fe={tail}"
        )
    );
}
