//! Misbehaviour on order.

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{between, plain_form, vendors, wizard_first, wizard_sale};

#[tokio::test]
async fn a_gateway_error_comes_as_often_as_it_was_ordered() {
    let vendors = vendors().await;
    vendors
        .order(
            "/faults",
            json!({"portal": "plain", "kind": "error_502", "times": 2}),
        )
        .await;
    let mut person = vendors.at_plain();
    assert_eq!(person.get("/").await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(
        vendors.at_wizard().await.get("/").await.status,
        StatusCode::OK
    );
    assert_eq!(person.get("/").await.status, StatusCode::BAD_GATEWAY);
    assert_eq!(person.get("/").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_cut_connection_leaves_the_invoice_made_or_not() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    let form = plain_form("770012350001", "123.50");
    vendors
        .order(
            "/faults",
            json!({"portal": "plain", "kind": "drop_before_post"}),
        )
        .await;
    assert!(person.try_post("/facturar", &form).await.is_err());
    assert_eq!(vendors.presses("770012350001").await, 0);
    vendors
        .order(
            "/faults",
            json!({"portal": "plain", "kind": "drop_after_post"}),
        )
        .await;
    assert!(person.try_post("/facturar", &form).await.is_err());
    assert_eq!(vendors.presses("770012350001").await, 1);
    assert!(
        person
            .post("/facturar", &form)
            .await
            .complaint()
            .contains("Entregamos")
    );
}

#[tokio::test]
async fn a_lost_session_starts_over() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", wizard_sale("4000001", 100, "ok"))
        .await;
    let mut person = vendors.at_wizard().await;
    wizard_first(&vendors, &mut person, "4000001", "1").await;
    vendors
        .order(
            "/faults",
            json!({"portal": "wizard", "kind": "session_expired"}),
        )
        .await;
    let page = person.get("/paso/2").await;
    assert!(page.complaint().contains("Empiece de nuevo"));
    assert_eq!(vendors.control("/faults").await, json!([]));
    assert_eq!(person.get("/paso/2").await.path, "/paso/2");
}

#[tokio::test]
async fn a_changed_form_has_other_names_and_still_works() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    vendors
        .order(
            "/faults",
            json!({"portal": "plain", "kind": "changed_form"}),
        )
        .await;
    vendors
        .order("/faults", json!({"portal": "plain", "kind": "alert_box"}))
        .await;
    let page = person.get("/").await.html();
    assert!(page.contains("id=\"nvo-txtTicket\"") && !page.contains("Número de ticket"));
    assert!(page.contains("alert("));
    let form: Vec<(String, &str)> = plain_form("770012350001", "123.50")
        .into_iter()
        .map(|(name, value)| (format!("nvo-{name}"), value))
        .collect();
    let form: Vec<(&str, &str)> = form
        .iter()
        .map(|(name, value)| (name.as_str(), *value))
        .collect();
    assert!(
        person
            .post("/facturar", &form)
            .await
            .path
            .starts_with("/comprobante/")
    );
}

#[tokio::test]
async fn invoices_come_wrong_when_ordered() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    let mut next = 0;
    let mut xml_with = async |kind: &str| {
        next += 1;
        vendors
            .order("/faults", json!({"portal": "plain", "kind": kind}))
            .await;
        let page = person
            .post(
                "/facturar",
                &plain_form(&format!("77001000000{next}"), "100"),
            )
            .await;
        let html = page.html();
        person
            .get(between(
                &html,
                "id=\"lnkXml\" class=\"boton\" href=\"",
                "\"",
            ))
            .await
            .html()
    };
    assert!(
        xml_with("other_rfc")
            .await
            .contains("Rfc=\"XIQB891116QE4\"")
    );
    assert!(xml_with("other_total").await.contains("Total=\"110.00\""));
    assert!(xml_with("broken_xml").await.starts_with("<!doctype html>"));
}
