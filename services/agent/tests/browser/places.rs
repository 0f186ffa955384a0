//! Where a browser may not go.

use crate::harness::{Room, Site, button, link};
use agent::browser::BrowserError;
use url::Url;

fn is_refused(result: &Result<(), BrowserError>) -> bool {
    matches!(result, Err(BrowserError::HostRefused { .. }))
}

#[tokio::test]
async fn the_browser_goes_only_to_the_portals_hosts() {
    let (site, room) = Room::at("<p>portal</p>").await;
    let other = Site::start().await;
    other.add("x", "<p>otro</p>");
    for target in [
        other.url("/page/x").to_string(),
        "file:///etc/passwd".to_owned(),
        "chrome://version".to_owned(),
        "data:text/html,x".to_owned(),
        "http://169.254.169.254/".to_owned(),
        format!("http://[::ffff:127.0.0.1]:{}/page/start", site.port),
        format!("http://localhost:{}/page/start", site.port),
        "https://example.com/".to_owned(),
    ] {
        let url: Url = target.parse().unwrap();
        assert!(is_refused(&room.browser.goto(&url).await), "{target}");
        // The same by a redirect of the portal.
        let mut redirect = site.url("/to");
        redirect.query_pairs_mut().append_pair("url", &target);
        let by_redirect = room.browser.goto(&redirect).await;
        assert!(by_redirect.is_err(), "{target}");
        if target.starts_with("http") {
            assert!(is_refused(&by_redirect), "{target}: {by_redirect:?}");
        }
    }
    assert_eq!(other.asked(), Vec::<String>::new());
    room.browser.goto(&site.url("/page/start")).await.unwrap();
    room.leave().await;
}

#[tokio::test]
async fn neither_links_nor_forms_nor_scripts_nor_tabs_lead_out() {
    let site = Site::start().await;
    let other = Site::start().await;
    other.add("x", "<p>otro</p>");
    let out = other.url("/page/x");
    let start = site.add(
        "start",
        &format!(
            r#"<a href="{out}">Liga</a><form method=post action="{out}"><button>Forma</button></form>
            <button onclick="location = '{out}'">Guion</button>
            <button onclick="window.open('{out}')">Ventana</button>"#
        ),
    );
    let room = Room::open(&site).await;
    for way in [
        link("liga"),
        button("forma"),
        button("guion"),
        button("ventana"),
    ] {
        room.browser.goto(&start).await.unwrap();
        let element = room
            .browser
            .locate(std::slice::from_ref(&way), crate::harness::SOON)
            .await
            .unwrap();
        room.browser.click(&element).await.unwrap();
        let settled = room.browser.settle().await;
        assert!(is_refused(&settled), "{way:?}: {settled:?}");
    }
    assert_eq!(other.asked(), Vec::<String>::new());
    room.leave().await;
}

#[tokio::test]
async fn nothing_is_loaded_from_or_sent_to_a_private_address() {
    let site = Site::start().await;
    let other = Site::start().await;
    other.add("x", "<p>otro</p>");
    let out = other.url("/page/x");
    let start = site.add(
        "start",
        &format!(
            r#"<img src="{out}"><iframe src="{out}"></iframe>
            <form method=post action="{out}" target=f><button>Forma</button></form><iframe name=f></iframe>
            <p id=o></p><script>
              fetch('{out}', {{mode: 'no-cors'}}).catch(() => {{ o.textContent += ' leer no' }});
              fetch('{out}', {{mode: 'no-cors', method: 'post', body: 'x'}}).catch(() => {{ o.textContent += ' mandar no' }});
            </script>"#
        ),
    );
    let room = Room::open(&site).await;
    room.browser.goto(&start).await.unwrap();
    room.says("leer no").await;
    room.says("mandar no").await;
    room.click(button("forma")).await;
    room.browser.settle().await.unwrap();
    assert_eq!(other.asked(), Vec::<String>::new());
    room.leave().await;
}
