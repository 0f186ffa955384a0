//! Where a secret is typed, and where not.

use crate::harness::{Room, SOON, Site, label};
use agent::browser::{Browser, BrowserError, Held, Shown};

const SECRET: &str = "Sëcreto «1»";

async fn fill(
    browser: &Browser,
    name: &str,
    origin: &str,
    shown: Shown,
) -> Result<Held, BrowserError> {
    let element = browser.locate(&[label(name)], SOON).await?;
    browser.fill_secret(&element, SECRET, origin, shown).await
}

async fn held(browser: &Browser, name: &str) -> String {
    let element = browser.locate(&[label(name)], SOON).await.unwrap();
    browser.value(&element).await.unwrap()
}

#[tokio::test]
async fn a_secret_is_typed_on_its_own_origin() {
    let (site, room) = Room::at(
        "<label>Usuario <input value=antes oninput=\"times = (window.times || 0) + 1; \
         o.textContent = 'oído ' + event.isTrusted\"></label>\
         <label>Clave <input type=password></label><p id=o></p>",
    )
    .await;
    let origin = format!("http://{}", site.host());
    for (name, shown) in [("Usuario", Shown::Plain), ("Clave", Shown::Dots)] {
        let typed = fill(&room.browser, name, &origin, shown).await;
        assert_eq!(typed, Ok(Held::Still), "{name}");
        assert_eq!(held(&room.browser, name).await, SECRET, "{name}");
    }
    room.says("oído true").await;
    room.leave().await;
}

#[tokio::test]
async fn on_another_origin_in_a_frame_or_for_all_to_see_nothing_is_typed() {
    let (site, room) = Room::at(
        "<label>Clave <input type=password></label><label>Abierta <input></label>\
         <iframe srcdoc='<label>Dentro <input type=password></label>'></iframe>",
    )
    .await;
    let own = format!("http://{}", site.host());
    let other = Site::start().await;
    for origin in [
        format!("http://{}", other.host()),
        format!("https://{}", site.host()),
        format!("http://localhost:{}", site.port),
        format!("{own}/"),
        "null".to_owned(),
    ] {
        let error = fill(&room.browser, "Clave", &origin, Shown::Dots)
            .await
            .unwrap_err();
        let BrowserError::OtherOrigin { origin: here, .. } = &error else {
            panic!("{origin}: {error}");
        };
        assert_eq!(here, &own);
        assert!(error.untouched());
        assert!(!format!("{error:?}").contains(SECRET));
    }
    let framed = fill(&room.browser, "Dentro", &own, Shown::Dots)
        .await
        .unwrap_err();
    assert!(framed.to_string().contains("frame"), "{framed}");
    let shown = fill(&room.browser, "Abierta", &own, Shown::Dots)
        .await
        .unwrap_err();
    assert!(shown.to_string().contains("show"), "{shown}");
    for name in ["Clave", "Abierta", "Dentro"] {
        assert_eq!(held(&room.browser, name).await, "", "{name}");
    }
    room.leave().await;
}

#[tokio::test]
async fn a_page_that_leaves_as_it_is_typed_into_gets_nothing_elsewhere() {
    let site = Site::start().await;
    let other = Site::start().await;
    let away = other.add("x", "<input type=password autofocus aria-label=Clave>");
    let start = site.add(
        "start",
        &format!("<label>Clave <input type=password onfocus=\"location = '{away}'\"></label>"),
    );
    let room = Room::open_to(&[&site, &other]).await;
    room.browser.goto(&start).await.unwrap();
    let own = format!("http://{}", site.host());
    let typed = fill(&room.browser, "Clave", &own, Shown::Dots).await;
    assert_ne!(typed, Ok(Held::Still), "the page is gone");
    assert_eq!(room.browser.url(), away);
    assert_eq!(held(&room.browser, "Clave").await, "");
    room.leave().await;
}

#[tokio::test]
async fn a_secret_that_the_page_sends_or_drops_is_typed_once() {
    let count = "o.textContent = 'veces ' + (window.times = (window.times || 0) + 1)";
    let (site, room) = Room::at(&format!(
        "<label>Al salir <input type=password oninput=\"{count}\" onblur=\"this.value = ''\"></label>\
         <label>Al momento <input type=password oninput=\"{count}; this.value = ''\"></label>\
         <label>Otra <input type=password oninput=\"{count}; this.value = 'otra'\"></label>\
         <p id=o></p>"
    ))
    .await;
    let own = format!("http://{}", site.host());
    for (name, times) in [("Al salir", "veces 1"), ("Al momento", "veces 2")] {
        let typed = fill(&room.browser, name, &own, Shown::Dots).await;
        assert_eq!(typed, Ok(Held::NoLonger), "{name}");
        let text = room.browser.text().await.unwrap();
        assert!(text.contains(times), "{name}: {text}");
    }
    let error = fill(&room.browser, "Otra", &own, Shown::Dots)
        .await
        .unwrap_err();
    assert!(matches!(error, BrowserError::NotKept { .. }), "{error}");
    assert!(!format!("{error:?}").contains(SECRET));
    let text = room.browser.text().await.unwrap();
    assert!(text.contains("veces 3"), "{text}");
    room.leave().await;
}

#[tokio::test]
async fn a_form_that_sends_itself_is_sent_once() {
    let site = Site::start().await;
    site.add("sent", "<label>Clave <input type=password></label>");
    let start = site.add(
        "start",
        "<form action=sent method=post><label>Clave <input type=password name=c \
         oninput=\"this.form.submit()\"></label></form>",
    );
    let room = Room::open(&site).await;
    room.browser.goto(&start).await.unwrap();
    let own = format!("http://{}", site.host());
    let typed = fill(&room.browser, "Clave", &own, Shown::Dots).await;
    assert_eq!(typed, Ok(Held::NoLonger));
    assert_eq!(held(&room.browser, "Clave").await, "", "not typed again");
    assert_eq!(site.asked(), ["start", "sent"]);
    room.leave().await;
}

#[tokio::test]
async fn a_control_that_changes_as_it_gets_the_focus_gets_nothing() {
    let (site, room) = Room::at(
        "<label>Clave <input type=password onfocus=\"this.type = 'text'\"></label>\
         <iframe srcdoc=''></iframe>\
         <label>Otra <input type=password \
         onfocus=\"document.querySelector('iframe').contentDocument.body.append(this)\"></label>",
    )
    .await;
    let own = format!("http://{}", site.host());
    let shown = fill(&room.browser, "Clave", &own, Shown::Dots)
        .await
        .unwrap_err();
    assert!(shown.to_string().contains("show"), "{shown}");
    assert_eq!(held(&room.browser, "Clave").await, "");
    assert!(
        fill(&room.browser, "Otra", &own, Shown::Dots)
            .await
            .is_err()
    );
    room.leave().await;
}

#[tokio::test]
async fn in_a_sandbox_nothing_is_typed() {
    let site = Site::start().await;
    let start = site.url("/sandboxed");
    let room = Room::open(&site).await;
    room.browser.goto(&start).await.unwrap();
    let own = format!("http://{}", site.host());
    let error = fill(&room.browser, "Clave", &own, Shown::Dots)
        .await
        .unwrap_err();
    assert!(matches!(error, BrowserError::OtherOrigin { .. }), "{error}");
    room.leave().await;
}
