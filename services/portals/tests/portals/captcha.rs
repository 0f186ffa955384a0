//! The image and where its answer is not.

use crate::harness::{between, vendors, wizard_sale};

#[tokio::test]
async fn a_wrong_answer_gives_another_image_and_an_image_serves_once() {
    let vendors = vendors().await;
    vendors
        .order("/tickets", wizard_sale("4000001", 45_000, "ok"))
        .await;
    let mut person = vendors.at_wizard().await;
    let sale = |answer| {
        [
            ("d1", "4000001"),
            ("d2", "ABC123"),
            ("d3", "450.00"),
            ("d4", answer),
        ]
    };

    let first = person.get("/paso/1").await.html();
    let answer = vendors.read_image(&first).await;
    let refused = person.post("/paso/1", &sale("00000")).await;
    assert!(refused.complaint().contains("no son las del dibujo"));
    assert!(
        refused.html().contains("value=\"4000001\""),
        "what was typed stays"
    );
    let id = |page: &str| between(page, "/captcha/", ".png").to_owned();
    assert_ne!(id(&first), id(&refused.html()));

    let late = person.post("/paso/1", &sale(&answer)).await;
    assert!(
        late.complaint().contains("no son las del dibujo"),
        "the first image is used up"
    );
    let answer = vendors.read_image(&late.html()).await;
    let spaced = format!(" {} ", answer.to_lowercase());
    assert_eq!(person.post("/paso/1", &sale(&spaced)).await.path, "/paso/2");
}

#[tokio::test]
async fn neither_page_nor_script_nor_headers_hold_the_answer() {
    let vendors = vendors().await;
    for _ in 0..20 {
        let mut person = vendors.at_wizard().await;
        let page = person.get("/paso/1").await;
        let answer = vendors.read_image(&page.html()).await;
        let image = person
            .get(&format!(
                "/captcha/{}.png",
                between(&page.html(), "/captcha/", ".png")
            ))
            .await;
        assert!(image.bytes.starts_with(b"\x89PNG\r\n"));
        let script = person.get("/faro.js").await;
        let cookie = person.cookie.clone().unwrap();
        for text in [
            page.html(),
            script.html(),
            cookie,
            format!("{:?}{:?}", page.headers, image.headers),
            String::from_utf8_lossy(&image.bytes).into_owned(),
        ] {
            assert!(
                !text.to_uppercase().contains(&answer),
                "{answer} is in {text}"
            );
        }
    }
}
