#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::NaiveDate;
use proptest::prelude::*;

use super::cadena::Cadena;
use super::*;
use crate::fiscal::{FormaPago, Money, RegimenFiscal, Rfc, UsoCfdi};

const PLAIN: &str = include_str!("../../../testdata/plain.xml");

macro_rules! fixture {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../testdata/", $name, ".xml")),
            include_str!(concat!("../../../testdata/", $name, ".cadena.txt")),
        )
    };
}

mod judging;
mod reading;
mod refusing;
mod sealing;

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
    verdict
        .check(name)
        .unwrap_or_else(|| panic!("no check {name}"))
        .outcome
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
        Disposition::Accept { warnings } => {
            names(&warnings).into_iter().map(str::to_owned).collect()
        }
        other => panic!("not accepted: {other:?}"),
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
