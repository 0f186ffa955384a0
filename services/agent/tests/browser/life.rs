//! How browsers end.

use crate::harness::{Room, SOON, eventually, id, kill9, processes};
use agent::browser::BrowserError;

#[tokio::test]
async fn a_killed_driver_is_a_lost_browser_and_leaves_nothing() {
    let (site, room) = Room::at("<p id=p>hola</p>").await;
    assert!(room.browser.alive().await);
    let driver = processes(room.id).into_iter().find(|pid| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        name.trim() == "chromedriver"
    });
    kill9(driver.expect("a chromedriver"));
    eventually("the loss is seen", async || {
        (!room.browser.alive().await).then_some(())
    })
    .await;
    let lost = |r: Result<(), BrowserError>| matches!(r, Err(BrowserError::BrowserLost(_)));
    assert!(lost(room.browser.goto(&site.url("/page/start")).await));
    assert!(lost(room.browser.settle().await));
    let found = room.browser.locate(&[id("p")], SOON).await;
    assert!(
        matches!(found, Err(BrowserError::BrowserLost(_))),
        "{found:?}"
    );
    eventually("no process is left", async || {
        processes(room.id).is_empty().then_some(())
    })
    .await;
    room.leave().await;
}

#[tokio::test]
async fn a_page_that_hangs_is_a_timeout_not_a_wait_for_ever() {
    let (_site, room) = Room::at("<button onclick='for (;;);'>Cuelga</button>").await;
    let element = room
        .browser
        .locate(&[crate::harness::button("cuelga")], SOON)
        .await
        .unwrap();
    let clicked = room.browser.click(&element).await.unwrap_err();
    assert!(
        matches!(clicked, BrowserError::Timeout { .. }) && !clicked.untouched(),
        "{clicked}"
    );
    assert!(room.browser.text().await.is_err());
    room.leave().await;
}

#[tokio::test]
async fn what_a_crash_left_is_swept_at_the_next_start() {
    let (_site, room) = Room::at("<p>hola</p>").await;
    let before = processes(room.id);
    // The holders are the first thing a killed machine room loses.
    for pid in &before {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        if name.trim() == "sh" {
            kill9(*pid);
        }
    }
    assert!(room.folder().exists());
    room.sessions.sweep().await.unwrap();
    eventually("swept", async || {
        processes(room.id).is_empty().then_some(())
    })
    .await;
    assert!(!room.folder().exists());
    assert!(!room.browser.alive().await);
    room.leave().await;
}

#[tokio::test]
async fn a_browser_that_cannot_start_says_why_and_leaves_nothing() {
    let dir = tempfile::Builder::new()
        .prefix("relevo-")
        .tempdir_in("/tmp")
        .unwrap();
    let mut config = crate::harness::config(&dir);
    config.chromium = "/nonexistent/chromium".into();
    let sessions = agent::browser::Sessions::new(config);
    let id = domain::SessionId(uuid::Uuid::new_v4());
    let error = sessions.open(id, Default::default()).await.unwrap_err();
    assert!(
        matches!(error, BrowserError::Start(_)) && error.untouched(),
        "{error}"
    );
    assert_eq!(processes(id), Vec::<u32>::new());
    assert!(!dir.path().join("sessions").join(id.to_string()).exists());
}

#[tokio::test]
async fn the_browser_runs_unprivileged_in_its_sandbox() {
    let (_site, room) = Room::at("<p>hola</p>").await;
    let config = crate::harness::config(&room.dir);
    let mut seen = 0;
    for pid in processes(room.id) {
        let read = |file: &str| std::fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        let line = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        assert!(!line.contains("--no-sandbox"), "{line}");
        let status = String::from_utf8_lossy(&read("status")).into_owned();
        let uid = status.lines().find_map(|l| l.strip_prefix("Uid:"));
        let uid: Option<u32> = uid.and_then(|u| u.split_whitespace().next()?.parse().ok());
        if line.contains("--user-data-dir") && !line.contains("relevo-holder") {
            seen += 1;
            if config.uid.is_some() {
                assert_eq!(uid, config.uid, "{line}");
            }
        }
    }
    assert!(seen > 0);
    room.leave().await;
}
