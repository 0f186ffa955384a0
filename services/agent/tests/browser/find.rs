//! Finding controls.

use crate::harness::{Room, SOON, button, label, link};
use agent::browser::BrowserError;
use schemas::adapter::Locator;
use std::time::Duration;

const FORM: &str = r#"
<form>
  <label for=t>Número de Ticket: *</label><input id=t value=ticket>
  <label>Código Postal <input value=cp></label>
  <input aria-label="Correo electrónico" value=correo>
  <span id=l>Razón&nbsp;Social</span><input aria-labelledby=l value=razon>
  <input placeholder="R.F.C." value=rfc>
  <table><tr><td>Método de pago</td><td><input value=metodo></td></tr></table>
  <div>Teléfono <input value=telefono></div>
  <label>Sucursal <select><option>Sucursal uno</option></select></label>
  <label style="display:none">Número de Ticket <input value=oculto></label>
  <input id=dos1 aria-label=Doble><input id=dos2 aria-label=Doble>
</form>
<button>Guardar</button><button>Guardar como…</button>
<input type=submit value="Enviar Datos"><a href=/x>Recuperar factura</a>
<iframe srcdoc="<label>Dentro <input value=marco></label>"></iframe>
<div id=host></div>
<script>document.getElementById('host').attachShadow({mode: 'open'}).innerHTML = '<label>Sombra <input value=sombra></label>'</script>
"#;

#[tokio::test]
async fn fields_are_found_by_what_stands_at_them() {
    let (_site, room) = Room::at(FORM).await;
    for (name, expected) in [
        ("numero de ticket", "ticket"),
        ("CODIGO POSTAL:", "cp"),
        ("Correo Electronico", "correo"),
        ("razon social", "razon"),
        ("R F C", "rfc"),
        ("metodo de pago", "metodo"),
        ("Teléfono", "telefono"),
        ("Sucursal", "Sucursal uno"),
        ("dentro", "marco"),
        ("sombra", "sombra"),
    ] {
        let element = room.browser.locate(&[label(name)], SOON).await.unwrap();
        assert_eq!(
            room.browser.value(&element).await.unwrap(),
            expected,
            "{name}"
        );
    }
    for found in [button("guardar"), button("enviar datos"), link("recuperar")] {
        room.browser.locate(&[found], SOON).await.unwrap();
    }
    room.leave().await;
}

#[tokio::test]
async fn a_cascade_is_decided_by_the_first_locator_that_means_one() {
    let (_site, room) = Room::at(FORM).await;
    let browser = &room.browser;
    let wait = Duration::from_millis(200);
    let two = browser.locate(&[label("Doble")], wait).await.unwrap_err();
    assert!(
        matches!(two, BrowserError::Ambiguous { count: 2, .. }),
        "{two}"
    );
    let cascade = [
        label("Doble"),
        Locator::Css("((".into()),
        Locator::Css("#dos2".into()),
    ];
    browser.locate(&cascade, wait).await.unwrap();
    let none = browser.locate(&[label("Nada")], wait).await.unwrap_err();
    assert!(
        matches!(none, BrowserError::NotFound { .. }) && none.untouched(),
        "{none}"
    );
    assert!(browser.exists(&[label("Nada"), label("Doble")]).await);
    assert!(!browser.exists(&[Locator::Name("x\"]".into())]).await);
    browser
        .locate(&[Locator::Xpath("//select".into())], wait)
        .await
        .unwrap();
    room.leave().await;
}

#[tokio::test]
async fn nothing_is_written_into_the_page_and_the_page_sees_nothing() {
    let (_site, room) = Room::at(
        "<button onclick=\"document.title='t'; out.textContent = typeof relevo + document.querySelector('button').attributes.length\">Ver</button><p id=out></p>",
    )
    .await;
    room.click(button("Ver")).await;
    room.says("undefined1").await;
    room.leave().await;
}
