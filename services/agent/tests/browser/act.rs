//! Filling, choosing, pressing, downloading.

use crate::harness::{Room, SOON, button, eventually, id, label, link};
use agent::browser::BrowserError;

#[tokio::test]
async fn a_value_that_the_page_resets_is_given_again() {
    let (_site, room) = Room::at(
        r#"<label>RFC <input id=rfc></label><label>Total <input id=total></label>
        <script>
          let times = 0;
          rfc.addEventListener('change', async () => {
            await fetch('/slow/400');
            rfc.value = times++ ? rfc.value.toUpperCase() : '';
          });
        </script>"#,
    )
    .await;
    let rfc = room.browser.locate(&[label("rfc")], SOON).await.unwrap();
    room.browser
        .fill(&rfc, "xaxx010101000", false)
        .await
        .unwrap();
    assert_eq!(room.browser.value(&rfc).await.unwrap(), "XAXX010101000");
    // What was there is replaced; the field may be emptied.
    room.browser.fill(&rfc, "Ñandú «€»", true).await.unwrap();
    assert_eq!(room.browser.value(&rfc).await.unwrap(), "ÑANDÚ «€»");
    room.browser.fill(&rfc, "", false).await.unwrap();
    assert_eq!(room.browser.value(&rfc).await.unwrap(), "");
    room.leave().await;
}

#[tokio::test]
async fn a_value_that_the_page_never_keeps_is_an_error_without_the_value() {
    let (_site, room) = Room::at(
        "<label>Folio <input id=f onchange=\"this.value='0'\"></label><label>Fijo <input readonly></label>",
    )
    .await;
    let folio = room.browser.locate(&[label("folio")], SOON).await.unwrap();
    let error = room
        .browser
        .fill(&folio, "secreto-1", false)
        .await
        .unwrap_err();
    assert!(matches!(error, BrowserError::NotKept { .. }), "{error}");
    assert!(!format!("{error:?}").contains("secreto"));
    let fixed = room.browser.locate(&[label("fijo")], SOON).await.unwrap();
    let error = room.browser.fill(&fixed, "x", false).await.unwrap_err();
    assert!(
        error.to_string().contains("read-only") && error.untouched(),
        "{error}"
    );
    room.leave().await;
}

#[tokio::test]
async fn every_kind_of_input_takes_its_value() {
    let (_site, room) = Room::at(
        r#"<label>Fecha <input type=date></label><label>Correo <input type=email></label>
        <label>Monto <input type=number step=0.01></label><label>Notas <textarea></textarea></label>
        <label>Clave <input id=k onkeydown="keys = (window.keys || 0) + 1" oninput="if (!window.keys) this.value = ''"></label>
        <label>Pesos <input oninput="this.value = '$' + this.value.replace('$', '')"></label>
        <iframe srcdoc="<label>Dentro <input></label>"></iframe>"#,
    )
    .await;
    for (name, text, held) in [
        ("Fecha", "31/12/2026", "2026-12-31"),
        ("Correo", "a@b.mx", "a@b.mx"),
        ("Monto", "1234.50", "1234.50"),
        ("Notas", "hola", "hola"),
        ("Clave", "abc", "abc"),
        ("Pesos", "12.50", "$12.50"),
        ("Dentro", "marco", "marco"),
    ] {
        let element = room.browser.locate(&[label(name)], SOON).await.unwrap();
        room.browser.fill(&element, text, false).await.unwrap();
        assert_eq!(room.browser.value(&element).await.unwrap(), held, "{name}");
    }
    // A secret goes into the page itself only.
    let framed = room.browser.locate(&[label("Dentro")], SOON).await.unwrap();
    let error = room
        .browser
        .fill(&framed, "secreto", true)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("frame"), "{error}");
    room.leave().await;
}

#[tokio::test]
async fn options_are_chosen_by_code_and_then_by_name_also_when_they_come_late() {
    let (_site, room) = Room::at(
        r#"<label>Uso <select id=u onchange="cambio.textContent += this.value"><option value="">Elija</option>
          <option value="7">G03 - Gastos en general</option><option value="8">G01 – Adquisición</option></select></label>
        <label>Régimen <select id=r><option value="">…</option></select></label><p id=cambio></p>
        <script>setTimeout(() => { r.innerHTML += '<option value=601>General de Ley</option><option value=6011>Otro</option><option value=626>Simplificado de Confianza</option>' }, 600)</script>"#,
    )
    .await;
    let select = async |name: &str, candidates: &[&str]| {
        let element = room.browser.locate(&[label(name)], SOON).await.unwrap();
        let candidates: Vec<String> = candidates.iter().map(|c| (*c).to_owned()).collect();
        room.browser.select(&element, &candidates).await?;
        room.browser.value(&element).await
    };
    assert_eq!(select("regimen", &["601", "general"]).await.unwrap(), "601");
    assert_eq!(
        select(
            "regimen",
            &["999", "REGIMEN SIMPLIFICADO", "simplificado de confianza"]
        )
        .await
        .unwrap(),
        "626"
    );
    assert_eq!(select("uso", &["G01"]).await.unwrap(), "8");
    room.says("8").await;
    assert_eq!(
        select("uso", &["G99", "gastos en general"]).await.unwrap(),
        "7"
    );
    let error = select("uso", &["G99", "nada de esto"]).await.unwrap_err();
    assert!(
        matches!(error, BrowserError::NoOption { options: 3, .. }),
        "{error}"
    );
    room.leave().await;
}

#[tokio::test]
async fn a_press_waits_until_the_button_can_take_it() {
    let (_site, room) = Room::at(
        r#"<style>@keyframes m { from { margin-left: 0 } to { margin-left: 300px } }
          #a { animation: m 700ms linear } #veil { position: fixed; inset: 0; background: #fff8 }</style>
        <button id=a onclick="o.textContent += ' movido' + event.isTrusted">Móvil</button>
        <button id=b disabled onclick="o.textContent += ' habil'">Inhábil</button>
        <p id=o>Dice:</p><div style="height: 3000px"></div>
        <button onclick="o.textContent += ' abajo'">Abajo</button>
        <script>setTimeout(() => { b.disabled = false }, 900)</script>"#,
    )
    .await;
    room.click(button("movil")).await;
    room.click(button("inhabil")).await;
    room.click(button("abajo")).await;
    room.says("Dice: movidotrue habil abajo").await;
    room.leave().await;
}

#[tokio::test]
async fn a_covered_or_disabled_button_is_not_pressed() {
    let (site, room) = Room::at(
        r#"<form action=/page/enviado><button id=a>Cubierto</button><button id=b disabled>Inerte</button></form>
        <div id=velo style="position: fixed; inset: 0"></div>"#,
    )
    .await;
    for (name, why) in [("cubierto", "covered by div#velo"), ("inerte", "disabled")] {
        let element = room.browser.locate(&[button(name)], SOON).await.unwrap();
        let error = room.browser.click(&element).await.unwrap_err();
        assert!(
            error.to_string().contains(why) && error.untouched(),
            "{error}"
        );
    }
    assert!(!site.asked().contains(&"enviado".to_owned()));
    room.leave().await;
}

#[tokio::test]
async fn settling_waits_for_the_next_page_and_what_it_loads() {
    let (site, room) = Room::at("<a href=/page/next>Sigue</a>").await;
    site.add("next", "<p id=p>cargando</p><script>fetch('/slow/900').then(() => { p.textContent = 'listo' })</script>");
    room.click(link("sigue")).await;
    room.browser.settle().await.unwrap();
    assert_eq!(room.browser.text().await.unwrap(), "listo");
    assert!(room.browser.url().path().ends_with("next"));
    assert_eq!(room.browser.status(), Some(200));
    room.leave().await;
}

#[tokio::test]
async fn files_arrive_whole_whatever_the_portal_says_of_them() {
    let (_site, room) = Room::at(
        r#"<a href=/file/a.xml>Uno</a> <a href=/file/shown.xml target=_blank>Dos</a>
        <a href=/file/shown.pdf>Tres</a> <a href=/file/both.zip>Cuatro</a> <a id=c download=local.xml>Cinco</a>
        <a href=/file/huge>Seis</a>
        <script>c.href = URL.createObjectURL(new Blob(['<local/>'], {type: 'text/xml'}))</script>"#,
    )
    .await;
    for (name, file, bytes) in [
        ("Uno", "factura ñ.xml", &b"<a/>"[..]),
        ("Dos", "shown.xml", b"<shown/>"),
        ("Tres", "cfdi.pdf", b"%PDF-1.4 shown"),
        ("Cuatro", "both.zip", b"PK\x05\x06zip"),
        ("Cinco", "local.xml", b"<local/>"),
    ] {
        room.click(link(name)).await;
        let download = room.browser.wait_download(SOON).await.unwrap();
        assert_eq!(
            (download.file_name.as_str(), &download.bytes[..]),
            (file, bytes),
            "{name}"
        );
    }
    room.click(link("Seis")).await;
    let error = room.browser.wait_download(SOON).await.unwrap_err();
    assert!(error.to_string().contains("20 MiB"), "{error}");
    let none = room
        .browser
        .wait_download(std::time::Duration::from_millis(50))
        .await;
    assert!(
        matches!(none, Err(BrowserError::Timeout { .. })),
        "{none:?}"
    );
    assert!(room.browser.downloads().await.is_empty());
    // The tab that was opened for a file does not stand in the way.
    eventually("back on the page", async || {
        room.browser.exists(&[link("Uno")]).await.then_some(())
    })
    .await;
    room.leave().await;
}

#[tokio::test]
async fn with_the_gate_closed_nothing_of_the_agents_goes_out() {
    let (site, room) = Room::at("<input id=i aria-label=Campo><button>Va</button>").await;
    let browser = &room.browser;
    let field = browser.locate(&[id("i")], SOON).await.unwrap();
    let press = browser.locate(&[button("va")], SOON).await.unwrap();
    let recorder = browser.recorder();
    let before = recorder.latest();
    browser.close_gate();
    let refused = [
        browser.fill(&field, "x", false).await,
        browser.click(&press).await,
        browser.goto(&site.url("/page/start")).await,
        browser.select(&field, &["x".to_owned()]).await,
    ];
    for result in refused {
        assert_eq!(result, Err(BrowserError::Gated));
    }
    assert!(browser.exists(&[button("va")]).await);
    let since = recorder.entries(before);
    assert!(!since.is_empty());
    assert!(
        since.iter().all(|e| e.by == agent::browser::By::Passive),
        "{since:?}"
    );
    browser.open_gate();
    browser.fill(&field, "x", false).await.unwrap();
    room.leave().await;
}
