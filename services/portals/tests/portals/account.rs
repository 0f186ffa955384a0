//! Accounts at the shop with one form.

use serde_json::json;

use crate::harness::vendors;

fn form<'a>(user: &'a str, password: &'a str) -> [(&'a str, &'a str); 2] {
    [("usuario", user), ("contrasena", password)]
}

#[tokio::test]
async fn one_signs_in_with_a_password_and_is_locked_out_after_three_wrong_ones() {
    let vendors = vendors().await;
    let account = json!({"user": "ana", "password": "uno-dos"});
    vendors.order("/accounts", account).await;
    let mut person = vendors.at_plain();
    assert_eq!(person.get("/cuenta").await.path, "/cuenta/entrar");
    let page = person.post("/cuenta/entrar", &form("ana", "otra")).await;
    assert!(page.complaint().contains("no son"), "{}", page.complaint());
    let page = person.post("/cuenta/entrar", &form("ana", "uno-dos")).await;
    assert_eq!(page.path, "/cuenta");
    assert!(page.html().contains("ana"));
    for _ in 0..2 {
        person.post("/cuenta/entrar", &form("ana", "otra")).await;
    }
    let page = person.post("/cuenta/entrar", &form("ana", "uno-dos")).await;
    assert!(
        page.complaint().contains("bloqueada"),
        "{}",
        page.complaint()
    );
    let tried = json!({"sign_ins": 1, "wrong_passwords": 3, "wrong_codes": 0});
    assert_eq!(vendors.control("/accounts/ana").await, tried);
}

#[tokio::test]
async fn with_a_seed_the_password_alone_is_not_enough() {
    let vendors = vendors().await;
    let account = json!({"user": "eva", "password": "x", "totp_secret": "GEZDGNBVGY3TQOJQ"});
    vendors.order("/accounts", account).await;
    let mut person = vendors.at_plain();
    let page = person.post("/cuenta/entrar", &form("eva", "x")).await;
    assert_eq!(page.path, "/cuenta/codigo");
    let page = person.post("/cuenta/codigo", &[("codigo", "no")]).await;
    assert!(page.complaint().contains("no es"), "{}", page.complaint());
    assert_eq!(person.get("/cuenta").await.path, "/cuenta/codigo");
    let tried = json!({"sign_ins": 0, "wrong_passwords": 0, "wrong_codes": 1});
    assert_eq!(vendors.control("/accounts/eva").await, tried);
}
