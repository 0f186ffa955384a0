//! With a folder, what happened outlives the process.

use std::time::Duration;

use crate::harness::{RFC, plain_form, plain_sale, vendors_with};

#[tokio::test]
async fn invoices_and_counts_outlive_a_restart_and_a_torn_line() {
    let dir = std::env::temp_dir().join(format!("portals-{}", uuid::Uuid::new_v4()));
    let start = || vendors_with(Duration::ZERO, Some(dir.clone()));
    let vendors = start().await;
    vendors
        .order("/tickets", plain_sale("300000000001", 100, "ok"))
        .await;
    let made = vendors
        .at_plain()
        .post("/facturar", &plain_form("300000000001", "1.00"))
        .await;
    vendors.portals.stop().await;

    let journal = dir.join("portals.jsonl");
    let mut text = std::fs::read_to_string(&journal).unwrap();
    text.push_str("{\"pressed\":{\"portal\":\"pl");
    std::fs::write(&journal, text).unwrap();

    for presses in 2..4 {
        let vendors = start().await;
        let mut person = vendors.at_plain();
        let again = person
            .post("/facturar", &plain_form("300000000001", "1.00"))
            .await;
        assert!(again.complaint().contains("Entregamos el comprobante"));
        assert_eq!(vendors.presses("300000000001").await, presses);
        let ask = [
            ("ticket", "300000000001"),
            ("sucursal", "002"),
            ("rfc", RFC),
        ];
        assert_eq!(person.post("/copia", &ask).await.path, made.path);
        vendors.portals.stop().await;
    }
    std::fs::remove_dir_all(dir).unwrap();
}
