use super::*;

#[test]
fn the_invoice_asked_for_is_accepted_without_warnings() {
    let verdict = verify(&read(PLAIN), &expected());
    assert_eq!(warned_of(&verdict), Vec::<String>::new());
    assert!(
        verdict
            .checks
            .iter()
            .all(|c| matches!(c.outcome, Outcome::Pass | Outcome::NotChecked))
    );
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
        let wanted = Expectation {
            total: Some(Money::mxn(cents)),
            ..expected()
        };
        assert_eq!(
            outcome(&verify(&read(PLAIN), &wanted), "total"),
            result,
            "{cents}"
        );
    }
    let (_, dollars, _) = fixture!("foreign-currency");
    let wanted = Expectation {
        total: Some(Money::mxn(3601)),
        ..Expectation::new(Rfc::parse("XEXX010101000").unwrap())
    };
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
    for (day, result) in [
        (1, Outcome::Pass),
        (14, Outcome::Pass),
        (15, Outcome::Warn),
        (16, Outcome::Fail),
    ] {
        let wanted = Expectation {
            purchase_date: NaiveDate::from_ymd_opt(2026, 9, day),
            ..expected()
        };
        assert_eq!(
            outcome(&verify(&read(PLAIN), &wanted), "purchase-date"),
            result,
            "{day}"
        );
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
