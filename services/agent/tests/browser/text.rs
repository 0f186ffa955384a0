//! What is new on a page.

use crate::harness::{Room, button, eventually};

#[tokio::test]
async fn only_what_appeared_is_new_also_when_it_is_gone_again() {
    let (_site, room) = Room::at(
        r#"<h1>Portal</h1><p>El ticket no existe: vea la ayuda</p><p id=oculto hidden>Ticket vencido</p>
        <button onclick="go()">Buscar</button>
        <script>
          function go() {
            oculto.hidden = false;
            const t = document.createElement('div');
            t.className = 'toast'; t.textContent = 'Buscando en la sucursal';
            document.body.append(t); setTimeout(() => t.remove(), 100);
            alert('Aviso: intente más tarde');
            document.body.append(Object.assign(document.createElement('p'), { textContent: 'Número inválido' }));
          }
        </script>"#,
    )
    .await;
    let mark = room.browser.mark_text().await.unwrap();
    assert_eq!(room.browser.new_text(&mark).await.unwrap(), "");
    room.click(button("buscar")).await;
    room.browser.settle().await.unwrap();
    let text = room.browser.new_text(&mark).await.unwrap();
    for expected in [
        "Aviso: intente más tarde",
        "Ticket vencido",
        "Buscando en la sucursal",
        "Número inválido",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    assert!(
        !text.contains("no existe") && !text.contains("Portal"),
        "{text}"
    );
    room.leave().await;
}

#[tokio::test]
async fn after_a_navigation_the_same_message_is_new_again() {
    let body = r#"<p>Ayuda: si no hay ticket, pregunte</p><form method=post action=/page/otra><button>Enviar</button></form>"#;
    let (site, room) = Room::at(body).await;
    site.add(
        "otra",
        &format!("{body}<div class='alert'>Código incorrecto</div>"),
    );
    for _ in 0..2 {
        let mark = room.browser.mark_text().await.unwrap();
        room.click(button("enviar")).await;
        room.browser.settle().await.unwrap();
        let text = room.browser.new_text(&mark).await.unwrap();
        assert_eq!(text, "Código incorrecto");
    }
    room.leave().await;
}

#[tokio::test]
async fn a_message_in_a_new_tab_is_new_text() {
    let (site, room) =
        Room::at("<button onclick=\"window.open('/page/nueva')\">Abrir</button>").await;
    site.add(
        "nueva",
        "<p>Su comprobante está listo</p><button onclick='window.close()'>Cerrar</button>",
    );
    let mark = room.browser.mark_text().await.unwrap();
    room.click(button("abrir")).await;
    eventually("the new tab's text", async || {
        let text = room.browser.new_text(&mark).await.ok()?;
        text.contains("comprobante está listo").then_some(())
    })
    .await;
    room.click(button("cerrar")).await;
    room.says("Abrir").await;
    room.leave().await;
}
