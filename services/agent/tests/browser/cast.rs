//! The live picture.

use crate::harness::{Room, button};
use agent::browser::{By, Frame};
use std::sync::Arc;
use tokio::sync::watch;

type Cast = watch::Receiver<Option<Arc<Frame>>>;

async fn next(cast: &mut Cast) -> Arc<Frame> {
    tokio::time::timeout(crate::harness::SOON, cast.changed())
        .await
        .expect("a frame")
        .unwrap();
    cast.borrow_and_update().clone().unwrap()
}

#[tokio::test]
async fn a_page_that_moves_is_cast_frame_after_frame() {
    let (_site, room) = Room::at(
        "<style>@keyframes m { to { transform: translateX(600px) } } div { width: 90px; height: 90px; background: red; animation: m 2s infinite }</style><div></div>",
    )
    .await;
    let agent_before = room.browser.recorder().count(By::Agent);
    let mut cast = room.browser.cast();
    room.browser.start_cast().await.unwrap();
    let first = next(&mut cast).await;
    let mut last = Arc::clone(&first);
    // Unacknowledged, Chromium would have stopped after four.
    for _ in 0..30 {
        let frame = next(&mut cast).await;
        assert!(frame.number > last.number);
        assert!(frame.jpeg.starts_with(&[0xff, 0xd8]));
        assert!(
            frame.width > 1_000.0 && frame.height > 400.0,
            "{} {}",
            frame.width,
            frame.height
        );
        last = frame;
    }
    let frames = last.number - first.number;
    println!("{frames} frames in {} ms", last.at_ms - first.at_ms);
    assert_eq!(room.browser.recorder().count(By::Agent), agent_before);
    room.browser.stop_cast().await.unwrap();
    room.leave().await;
}

#[tokio::test]
async fn each_viewer_of_a_page_at_rest_gets_a_picture() {
    let (_site, room) = Room::at("<h1>quieto</h1>").await;
    room.browser.settle().await.unwrap();
    let mut cast = room.browser.cast();
    for _ in 0..3 {
        room.browser.start_cast().await.unwrap();
        assert!(cast.has_changed().unwrap());
        next(&mut cast).await;
    }
    let picture = room.browser.picture().await.unwrap();
    assert!(picture.starts_with(&[0xff, 0xd8]));
    let title = [schemas::adapter::Locator::Css("h1".into())];
    let title = room
        .browser
        .locate(&title, crate::harness::SOON)
        .await
        .unwrap();
    let picture = room.browser.picture_of(&title).await.unwrap();
    assert!(picture.starts_with(b"\x89PNG"));
    room.leave().await;
}

#[tokio::test]
async fn the_cast_follows_a_new_tab_and_comes_back() {
    let (site, room) =
        Room::at("<button onclick=\"window.open('/page/nueva')\">Abrir</button>").await;
    site.add("nueva", "<button onclick='window.close()'>Cerrar</button>");
    let mut cast = room.browser.cast();
    room.browser.start_cast().await.unwrap();
    room.click(button("abrir")).await;
    room.says("Cerrar").await;
    next(&mut cast).await;
    room.click(button("cerrar")).await;
    room.says("Abrir").await;
    cast.borrow_and_update();
    room.browser.start_cast().await.unwrap();
    next(&mut cast).await;
    room.leave().await;
}
