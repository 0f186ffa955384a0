//! The shop with one form.

use crate::harness::{RFC, between, plain_form, plain_sale, vendors, with};

#[tokio::test]
async fn a_ticket_becomes_an_xml_to_save_and_a_pdf_to_look_at() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", plain_sale("300000000001", 34_850, "ok"))
        .await;
    let mut person = vendors.at_plain();
    let page = person
        .post("/facturar", &plain_form("3000 0000 0001", "$348.50"))
        .await;
    assert!(
        page.path.starts_with("/comprobante/"),
        "{}",
        page.complaint()
    );
    let html = page.html();

    let xml = person
        .get(between(
            &html,
            "id=\"lnkXml\" class=\"boton\" href=\"",
            "\"",
        ))
        .await;
    assert_eq!(xml.headers["content-type"], "application/xml");
    assert!(
        xml.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(xml.html().contains("Total=\"348.50\""));

    let pdf = person
        .get(between(
            &html,
            "id=\"lnkPdf\" class=\"boton claro\" href=\"",
            "\"",
        ))
        .await;
    assert_eq!(pdf.headers["content-type"], "application/pdf");
    assert!(
        pdf.headers["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("inline")
    );
    assert!(pdf.bytes.starts_with(b"%PDF-"));
    assert_eq!(vendors.presses("300000000001").await, 1);
}

#[tokio::test]
async fn a_ticket_is_invoiced_once_and_its_own_rfc_gets_the_same_files_again() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    let first = person
        .post("/facturar", &plain_form("770012350001", "123.50"))
        .await;
    let again = person
        .post("/facturar", &plain_form("770012350001", "123.50"))
        .await;
    assert!(
        again.complaint().contains("Entregamos el comprobante"),
        "{}",
        again.complaint()
    );
    assert_eq!(vendors.presses("770012350001").await, 2);

    let ask = |rfc| {
        [
            ("ticket", "770012350001"),
            ("sucursal", "001"),
            ("rfc", rfc),
        ]
    };
    assert_eq!(person.post("/copia", &ask(RFC)).await.path, first.path);
    let other = person.post("/copia", &ask("EKU9003173C9")).await;
    assert!(
        other.complaint().contains("no hay comprobante"),
        "{}",
        other.complaint()
    );
}

#[tokio::test]
async fn each_refusal_has_its_own_words() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    let rows = [
        ("not_found", "Ninguna compra"),
        ("expired", "mes cerrado"),
        ("too_new", "sigue enviando"),
        ("already_invoiced_elsewhere", "Otro cliente"),
        ("fiscal_refused", "El SAT devolvió"),
    ];
    for (index, (kind, words)) in rows.into_iter().enumerate() {
        let ticket = format!("30000000010{index}");
        vendors
            .order("/tickets", plain_sale(&ticket, 10_000, kind))
            .await;
        let page = person
            .post("/facturar", &plain_form(&ticket, "100.00"))
            .await;
        assert!(
            page.complaint().contains(words),
            "{kind}: {}",
            page.complaint()
        );
    }
    let unknown = person
        .post("/facturar", &plain_form("999999999999", "100.00"))
        .await;
    assert!(unknown.complaint().contains("Ninguna compra"));
}

#[tokio::test]
async fn wrong_values_are_refused_and_what_was_typed_stays() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    let form = || plain_form("770012350001", "123.50");
    let rows = [
        (with(form(), "total", "123.51"), "cantidad distinta"),
        (with(form(), "rfc", "A&A051308GT0"), "12 o 13 posiciones"),
        (with(form(), "cp", ""), "código postal"),
        (with(form(), "regimen", "612"), "régimen"),
        (with(form(), "uso", "D01"), "uso"),
        (with(form(), "fecha", "31/02/2026"), "día de su compra"),
        (with(form(), "sucursal", ""), "sucursal"),
        (with(form(), "ticket", ""), "número de su ticket"),
    ];
    for (form, words) in rows {
        let page = person.post("/facturar", &form).await;
        assert!(
            page.complaint().contains(words),
            "{words}: {}",
            page.complaint()
        );
        assert!(
            page.html()
                .contains("value=\"Peña &amp; &quot;Hijos&quot; &lt;Ñandú&gt;\"")
        );
    }
    let page = person.post("/facturar", &form()).await;
    assert!(
        page.path.starts_with("/comprobante/"),
        "{}",
        page.complaint()
    );
}

#[tokio::test]
async fn a_new_ticket_is_known_some_time_after_the_first_look_up() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", plain_sale("300000000200", 5_000, "too_new"))
        .await;
    let mut person = vendors.at_plain();
    let mut page = person
        .post("/facturar", &plain_form("300000000200", "50"))
        .await;
    assert!(page.complaint().contains("sigue enviando"));
    while !page.path.starts_with("/comprobante/") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        page = person
            .post("/facturar", &plain_form("300000000200", "50"))
            .await;
    }
}

#[tokio::test]
async fn branch_and_day_must_be_those_of_the_sale() {
    let vendors = vendors().await;
    let mut sale = plain_sale("300000000300", 5_000, "ok");
    sale["sucursal"] = "003".into();
    sale["fecha"] = "2026-11-19".into();
    vendors.order("/tickets", sale).await;
    let mut person = vendors.at_plain();
    let form = || with(plain_form("300000000300", "50.00"), "sucursal", "003");
    let other_day = person.post("/facturar", &form()).await;
    assert!(other_day.complaint().contains("Ninguna compra"));
    let page = person
        .post("/facturar", &with(form(), "fecha", "19/11/2026"))
        .await;
    assert!(
        page.path.starts_with("/comprobante/"),
        "{}",
        page.complaint()
    );
}

#[tokio::test]
async fn the_answer_to_the_rfcs_blur_empties_the_postal_code() {
    let vendors = vendors().await;
    let answer = vendors
        .at_plain()
        .get("/clientes?rfc=A%26A050908GT0")
        .await
        .html();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()["cp"],
        ""
    );
}
