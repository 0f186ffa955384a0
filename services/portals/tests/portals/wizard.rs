//! The petrol station with steps.

use std::io::{Cursor, Read};

use crate::harness::{
    RFC, between, vendors, wizard_first, wizard_sale, wizard_second, wizard_third,
};

#[tokio::test]
async fn four_steps_end_in_a_zip_with_both_files() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", wizard_sale("4000001", 45_000, "ok"))
        .await;
    let mut person = vendors.at_wizard().await;
    let page = wizard_first(&vendors, &mut person, "4000001", "450.00").await;
    assert_eq!(page.path, "/paso/2", "{}", page.complaint());
    let page = wizard_second(&mut person).await;
    assert_eq!(page.path, "/paso/3", "{}", page.complaint());
    let review = page.html();
    assert!(review.contains("A&amp;A050908GT0") && review.contains("Gastos en general"));
    assert_eq!(vendors.presses("4000001").await, 0);
    let back = person.get("/paso/2").await.html();
    assert!(
        back.contains("value=\"91700\""),
        "what was typed comes back"
    );
    let page = wizard_third(&mut person).await;
    assert_eq!(page.path, "/paso/4", "{}", page.complaint());
    assert_eq!(vendors.presses("4000001").await, 1);

    let href = between(&page.html(), "id=\"bajar\" href=\"", "\"").to_owned();
    let file = person.get(&href).await;
    let mut zip = zip::ZipArchive::new(Cursor::new(file.bytes)).unwrap();
    assert_eq!(zip.len(), 2);
    let mut xml = String::new();
    zip.by_index(0).unwrap().read_to_string(&mut xml).unwrap();
    assert!(xml.contains("Total=\"450.00\"") && xml.contains("FormaPago=\"28\""));
    assert!(xml.contains("Rfc=\"L&amp;O950913MSA\""));
    let mut pdf = Vec::new();
    zip.by_index(1).unwrap().read_to_end(&mut pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
}

#[tokio::test]
async fn a_sale_is_refused_at_the_first_step_in_its_own_words() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    let rows = [
        ("not_found", "desconocen"),
        ("expired", "72 horas"),
        ("too_new", "sigue en la bomba"),
        ("already_invoiced_elsewhere", "otra persona"),
    ];
    for (index, (kind, words)) in rows.into_iter().enumerate() {
        let ticket = format!("400010{index}");
        vendors
            .order("/tickets", wizard_sale(&ticket, 10_000, kind))
            .await;
        let page = wizard_first(&vendors, &mut person, &ticket, "100.00").await;
        assert!(
            page.complaint().contains(words),
            "{kind}: {}",
            page.complaint()
        );
    }
    vendors
        .order("/tickets", wizard_sale("4000110", 10_000, "ok"))
        .await;
    let page = wizard_first(&vendors, &mut person, "4000110", "100.01").await;
    assert!(
        page.complaint().contains("otra cantidad"),
        "{}",
        page.complaint()
    );
}

#[tokio::test]
async fn the_authority_refuses_at_the_final_button() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", wizard_sale("4000200", 10_000, "fiscal_refused"))
        .await;
    let mut person = vendors.at_wizard().await;
    wizard_first(&vendors, &mut person, "4000200", "100").await;
    wizard_second(&mut person).await;
    let page = wizard_third(&mut person).await;
    assert!(
        page.complaint().contains("La autoridad"),
        "{}",
        page.complaint()
    );
    assert_eq!(vendors.presses("4000200").await, 1);
}

#[tokio::test]
async fn the_buyers_data_is_checked_at_the_second_step() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    vendors
        .order("/tickets", wizard_sale("4000300", 10_000, "ok"))
        .await;
    wizard_first(&vendors, &mut person, "4000300", "100").await;
    let form = [
        ("r_f_c", "NO"),
        ("denominacion", "X"),
        ("domicilio", "91700"),
    ];
    let page = person.post("/paso/2", &form).await;
    assert!(
        page.complaint().contains("mal escrito"),
        "{}",
        page.complaint()
    );
    let form = [("r_f_c", RFC), ("denominacion", "X"), ("domicilio", "9170")];
    let page = person.post("/paso/2", &form).await;
    assert!(
        page.complaint().contains("cinco cifras"),
        "{}",
        page.complaint()
    );
}

#[tokio::test]
async fn an_invoice_is_given_again_to_its_rfc_only() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    // From the endless family: the key says the total.
    let page = person.get("/paso/1").await;
    let answer = vendors.read_image(&page.html()).await;
    let sale = [
        ("d1", "5512345"),
        ("d2", "f045000"),
        ("d3", "450"),
        ("d4", answer.as_str()),
    ];
    person.post("/paso/1", &sale).await;
    wizard_second(&mut person).await;
    let done = wizard_third(&mut person).await.html();
    let href = between(&done, "id=\"bajar\" href=\"", "\"");

    let mut other = vendors.at_wizard().await;
    let ask = |rfc| [("q1", "5512345"), ("q2", "F045000"), ("q3", rfc)];
    assert!(
        other
            .post("/reponer", &ask(RFC))
            .await
            .html()
            .contains(href)
    );
    let page = other.post("/reponer", &ask("EKU9003173C9")).await;
    assert!(
        page.complaint().contains("no entregamos nada"),
        "{}",
        page.complaint()
    );
}

#[tokio::test]
async fn without_a_session_or_out_of_order_there_is_no_step() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    assert_eq!(person.get("/paso/3").await.path, "/paso/1");
    person.cookie = None;
    for path in ["/paso/1", "/paso/2", "/paso/3", "/paso/4"] {
        assert!(
            person
                .get(path)
                .await
                .complaint()
                .contains("Empiece de nuevo"),
            "{path}"
        );
    }
}
