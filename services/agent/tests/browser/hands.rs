//! A human's input.

use crate::harness::{Room, SOON, button, id};
use agent::browser::{BrowserError, By};
use schemas::ws::{Input, KeyAction, MouseAction, MouseButton};

fn mouse(action: MouseAction, (x, y): (f64, f64), button: MouseButton, buttons: u8) -> Input {
    Input::Mouse {
        action,
        x,
        y,
        button,
        buttons,
        click_count: u8::from(action != MouseAction::Move),
        modifiers: 0,
        delta_x: 0.0,
        delta_y: 0.0,
    }
}

fn key(action: KeyAction, key: &str, code: &str) -> Input {
    Input::Key {
        action,
        key: key.into(),
        code: code.into(),
        modifiers: 0,
    }
}

const PAGE: &str = r#"
<style>body { margin: 0 } #z { position: absolute; left: 100px; top: 100px; width: 300px; height: 200px; background: #ddd }
  form { position: absolute; left: 100px; top: 400px } #f { position: absolute; left: 500px; top: 400px; width: 120px; height: 40px }
  #lab { position: absolute; left: 700px; top: 400px; width: 100px; height: 40px }</style>
<div id=z></div><input id=t style="position: absolute; left: 100px; top: 20px; width: 200px">
<form onsubmit="say('enviado'); return false"><input id=q><button id=no type=button>No</button><button id=g>Generar</button></form>
<button id=f>Final</button><label id=lab for=f>Etiqueta</label><p id=o></p>
<script>
  const say = (t) => { o.textContent += ' ' + t };
  let moves = 0;
  z.onmousedown = (e) => { moves = 0; say('baja' + e.buttons + e.isTrusted) };
  z.onmousemove = (e) => { if (e.buttons === 1) moves++ };
  z.onmouseup = (e) => say('sube' + (moves > 0 ? 'arrastrado' : '') + e.clientX);
  z.ondblclick = () => say('doble');
</script>"#;

#[tokio::test]
async fn what_a_human_types_arrives_with_its_accents() {
    let (_site, room) = Room::at(PAGE).await;
    let browser = &room.browser;
    let agents = browser.recorder().count(By::Agent);
    browser.close_gate();
    for action in [MouseAction::Down, MouseAction::Up] {
        let buttons = u8::from(action == MouseAction::Down);
        browser
            .input(&mouse(action, (150.0, 30.0), MouseButton::Left, buttons))
            .await
            .unwrap();
    }
    browser
        .input(&Input::Text {
            text: "ñ á ¿ €".into(),
        })
        .await
        .unwrap();
    for (name, code) in [
        ("X", "KeyX"),
        ("é", "KeyE"),
        ("x", "KeyX"),
        ("Backspace", "Backspace"),
        ("ArrowLeft", "ArrowLeft"),
        ("7", "Digit7"),
    ] {
        browser
            .input(&key(KeyAction::Down, name, code))
            .await
            .unwrap();
        browser
            .input(&key(KeyAction::Up, name, code))
            .await
            .unwrap();
    }
    let field = browser.locate(&[id("t")], SOON).await.unwrap();
    crate::harness::eventually("the text", async || {
        let value = browser.value(&field).await.ok()?;
        (value == "ñ á ¿ €X7é").then_some(())
    })
    .await;
    assert_eq!(
        browser.recorder().count(By::Agent),
        agents,
        "the agent acted during a takeover"
    );
    assert!(browser.recorder().count(By::Human) >= 15);
    let bad = browser
        .input(&Input::Text {
            text: String::new(),
        })
        .await;
    assert!(matches!(bad, Err(BrowserError::Unexpected(_))), "{bad:?}");
    room.leave().await;
}

#[tokio::test]
async fn dragging_holds_the_button_and_keeps_the_order() {
    let (_site, room) = Room::at(PAGE).await;
    let browser = &room.browser;
    browser
        .input(&mouse(
            MouseAction::Down,
            (150.0, 150.0),
            MouseButton::Left,
            1,
        ))
        .await
        .unwrap();
    for step in 0..200 {
        let at = (150.0 + f64::from(step), 200.0);
        browser
            .input(&mouse(MouseAction::Move, at, MouseButton::Left, 1))
            .await
            .unwrap();
    }
    browser
        .input(&mouse(
            MouseAction::Up,
            (349.0, 200.0),
            MouseButton::Left,
            0,
        ))
        .await
        .unwrap();
    room.says("baja1true subearrastrado349").await;
    // 200 moves were thinned out.
    assert!(browser.recorder().count(By::Human) < 60);
    room.leave().await;
}

#[tokio::test]
async fn a_press_is_judged_after_all_that_came_before_it() {
    // The button comes to where the pointer goes.
    let follows = "<script>addEventListener('mousemove', (e) => {
        if (e.clientX > 600) { f.style.left = '640px'; f.style.top = '20px' } })</script>";
    let (_site, room) = Room::at(&format!("{PAGE}{follows}")).await;
    let browser = &room.browser;
    let down = mouse(MouseAction::Down, (650.0, 30.0), MouseButton::Left, 1);
    let finals = [button("final")];
    assert!(!browser.would_hit(&down, &finals).await, "not yet");
    for x in [500.0, 650.0] {
        let moved = mouse(MouseAction::Move, (x, 30.0), MouseButton::None, 0);
        browser.input(&moved).await.unwrap();
    }
    assert!(browser.would_hit(&down, &finals).await, "there it is");

    let finals = [id("g")];
    let enter = key(KeyAction::Down, "Enter", "Enter");
    room.click(id("t")).await;
    for (on, harm) in [("the form's field", true), ("a button of no harm", false)] {
        for action in [KeyAction::Down, KeyAction::Up] {
            browser.input(&key(action, "Tab", "Tab")).await.unwrap();
        }
        assert_eq!(browser.would_hit(&enter, &finals).await, harm, "{on}");
    }
    room.leave().await;
}

#[tokio::test]
async fn a_press_on_the_final_button_is_known_beforehand() {
    let (_site, room) = Room::at(PAGE).await;
    let browser = &room.browser;
    let finals = [button("final")];
    let down = |x, y| mouse(MouseAction::Down, (x, y), MouseButton::Left, 1);
    assert!(browser.would_hit(&down(520.0, 420.0), &finals).await);
    assert!(
        browser.would_hit(&down(710.0, 410.0), &finals).await,
        "its label"
    );
    assert!(!browser.would_hit(&down(150.0, 150.0), &finals).await);
    let moved = mouse(MouseAction::Move, (520.0, 420.0), MouseButton::None, 0);
    assert!(!browser.would_hit(&moved, &finals).await);

    let finals = [id("g")];
    let enter = key(KeyAction::Down, "Enter", "Enter");
    assert!(
        !browser.would_hit(&enter, &finals).await,
        "nothing has the focus"
    );
    room.click(id("q")).await;
    assert!(
        browser.would_hit(&enter, &finals).await,
        "the form's default button"
    );
    assert!(
        !browser
            .would_hit(&key(KeyAction::Down, "a", "KeyA"), &finals)
            .await
    );
    assert!(!browser.would_hit(&enter, &[button("final")]).await);
    room.click(id("t")).await;
    assert!(
        !browser.would_hit(&enter, &finals).await,
        "a field of no form"
    );
    room.click(id("no")).await;
    assert!(!browser.would_hit(&enter, &finals).await, "another button");
    room.click(id("g")).await;
    room.says("enviado").await;
    assert!(
        browser
            .would_hit(&key(KeyAction::Down, " ", "Space"), &finals)
            .await,
        "it has the focus"
    );
    room.leave().await;
}
