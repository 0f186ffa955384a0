//! The control port.

use serde_json::json;

use crate::harness::{plain_form, plain_sale, vendors};

#[tokio::test]
async fn sales_are_registered_one_by_one_or_in_a_list_and_change_their_answer() {
    let vendors = vendors().await;
    let list = json!([
        plain_sale("300000000001", 100, "not_found"),
        {"portal": "wizard", "folio": "400-0001", "web_id": "abc123", "total_cents": 200}
    ]);
    vendors.order("/tickets", list).await;
    let sales = vendors.control("/tickets?portal=wizard").await;
    let sale = sales
        .as_array()
        .unwrap()
        .iter()
        .find(|sale| sale["ticket"] == "4000001")
        .unwrap();
    assert_eq!(
        (&sale["clave_web"], &sale["kind"]),
        (&json!("ABC123"), &json!("ok"))
    );

    let mut person = vendors.at_plain();
    let page = person
        .post("/facturar", &plain_form("300000000001", "1.00"))
        .await;
    assert!(page.complaint().contains("Ninguna compra"));
    vendors
        .order("/tickets", plain_sale("300000000001", 100, "ok"))
        .await;
    let page = person
        .post("/facturar", &plain_form("300000000001", "1.00"))
        .await;
    assert!(
        page.path.starts_with("/comprobante/"),
        "{}",
        page.complaint()
    );
    let sales = vendors.control("/tickets?portal=plain").await;
    let sale = sales
        .as_array()
        .unwrap()
        .iter()
        .find(|sale| sale["ticket"] == "300000000001")
        .unwrap();
    assert_eq!(sale["uuid"].as_str().unwrap().len(), 36);
}

#[tokio::test]
async fn the_newest_image_can_be_asked_for() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    let page = person.get("/paso/1").await.html();
    let latest = vendors.control("/captcha/latest").await;
    assert_eq!(latest["answer"], vendors.read_image(&page).await);
}
