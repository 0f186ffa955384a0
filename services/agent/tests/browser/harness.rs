//! A small site, and a real Chromium to look at it.

use agent::browser::{Browser, BrowserConfig, HostRule, Sessions};
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use domain::SessionId;
use schemas::adapter::Locator;
use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::Url;
use uuid::Uuid;

/// Each browser takes some 470 MiB.
static ROOM: Semaphore = Semaphore::const_new(2);

pub const SOON: Duration = Duration::from_secs(10);

/// Pages by name, and what was asked for.
#[derive(Clone)]
pub struct Site {
    pub port: u16,
    pages: Arc<Mutex<HashMap<String, String>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Site {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let site = Self {
            port: listener.local_addr().unwrap().port(),
            pages: Arc::default(),
            asked: Arc::default(),
        };
        let routes = Router::new()
            .route("/page/{name}", get(page).post(page))
            .route("/file/{name}", get(file))
            .route("/slow/{ms}", get(slow))
            .route("/to", get(to))
            .route("/sandboxed", get(sandboxed))
            .with_state(site.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        site
    }

    pub fn add(&self, name: &str, body: &str) -> Url {
        let html =
            format!("<!doctype html><html lang=es><meta charset=utf-8><body>{body}</body></html>");
        self.pages.lock().unwrap().insert(name.to_owned(), html);
        self.url(&format!("/page/{name}"))
    }

    pub fn url(&self, path: &str) -> Url {
        format!("http://127.0.0.1:{}{path}", self.port)
            .parse()
            .unwrap()
    }

    /// The pages asked for, by name.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

async fn page(State(site): State<Site>, Path(name): Path<String>) -> Response {
    site.asked.lock().unwrap().push(name.clone());
    match site.pages.lock().unwrap().get(&name) {
        Some(html) => Html(html.clone()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn file(Path(name): Path<String>) -> Response {
    let (kind, disposition, bytes) = match name.as_str() {
        "a.xml" => (
            "text/xml; charset=utf-8",
            "attachment; filename=\"factura ñ.xml\"",
            b"<a/>".to_vec(),
        ),
        "shown.xml" => ("application/xml", "inline", b"<shown/>".to_vec()),
        "shown.pdf" => (
            "application/pdf",
            "inline; filename=\"cfdi.pdf\"",
            b"%PDF-1.4 shown".to_vec(),
        ),
        "both.zip" => ("application/zip", "attachment", b"PK\x05\x06zip".to_vec()),
        _ => ("application/zip", "attachment", vec![b'x'; 21 << 20]),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, bytes).into_response()
}

/// A page of this address, and of an origin of its own.
async fn sandboxed() -> Response {
    let policy = [("content-security-policy", "sandbox allow-scripts")];
    (policy, Html("<label>Clave <input type=password></label>")).into_response()
}

async fn slow(Path(ms): Path<u64>) -> &'static str {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    "listo"
}

async fn to(Query(query): Query<HashMap<String, String>>) -> Redirect {
    Redirect::to(&query["url"])
}

pub struct Room {
    pub browser: Browser,
    pub sessions: Sessions,
    pub id: SessionId,
    pub dir: TempDir,
    _permit: SemaphorePermit<'static>,
}

pub fn part(part: parts::Part) -> PathBuf {
    match parts::probe(part) {
        parts::State::Found(found) => found.path,
        _ => panic!("{} is missing: `cargo xtask doctor`", part.name()),
    }
}

pub fn config(dir: &TempDir) -> BrowserConfig {
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    let user = parts::browser_user();
    BrowserConfig {
        chromium: part(parts::Part::Chromium),
        chromedriver: part(parts::Part::ChromeDriver),
        uid: user.as_ref().map(|u| u.uid),
        gid: user.as_ref().map(|u| u.gid),
        sessions_dir: dir.path().join("sessions"),
    }
}

impl Room {
    pub async fn open(site: &Site) -> Self {
        Self::open_to(&[site]).await
    }

    /// A browser that may go to several sites.
    pub async fn open_to(sites: &[&Site]) -> Self {
        let permit = ROOM.acquire().await.unwrap();
        let dir = tempfile::Builder::new()
            .prefix("relevo-")
            .tempdir_in("/tmp")
            .unwrap();
        let sessions = Sessions::new(config(&dir));
        let id = SessionId(Uuid::new_v4());
        let rule = HostRule {
            hosts: sites.iter().map(|site| site.host()).collect(),
            allow_private: sites.iter().map(|site| site.host()).collect(),
        };
        let browser = sessions.open(id, rule).await.unwrap();
        Self {
            browser,
            sessions,
            id,
            dir,
            _permit: permit,
        }
    }

    /// A site with one page, open in a browser.
    pub async fn at(body: &str) -> (Site, Self) {
        let site = Site::start().await;
        let url = site.add("start", body);
        let room = Self::open(&site).await;
        room.browser.goto(&url).await.unwrap();
        (site, room)
    }

    pub async fn click(&self, locator: Locator) {
        let element = self.browser.locate(&[locator], SOON).await.unwrap();
        self.browser.click(&element).await.unwrap();
    }

    /// What the page says, once it says `wanted`.
    pub async fn says(&self, wanted: &str) -> String {
        eventually(wanted, async || {
            let text = self.browser.text().await.ok()?;
            text.contains(wanted).then_some(text)
        })
        .await
    }

    pub async fn leave(self) {
        self.browser.close().await;
        assert_eq!(processes(self.id), Vec::<u32>::new(), "processes left");
        assert!(!self.folder().exists(), "the folder is left");
    }

    pub fn folder(&self) -> PathBuf {
        self.dir.path().join("sessions").join(self.id.to_string())
    }
}

/// Waits for a condition.
pub async fn eventually<T>(what: &str, mut seen: impl AsyncFnMut() -> Option<T>) -> T {
    let waiting = async {
        loop {
            if let Some(found) = seen().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waiting).await;
    waited.unwrap_or_else(|_| panic!("never: {what}"))
}

/// Processes whose command line holds the session's id.
pub fn processes(id: SessionId) -> Vec<u32> {
    let id = id.to_string();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains(&id)
        })
        .collect()
}

pub fn kill9(pid: u32) {
    let pid = pid.to_string();
    std::process::Command::new("sh")
        .args(["-c", "kill -9 \"$1\"", "sh", &pid])
        .status()
        .unwrap();
}

pub fn label(text: &str) -> Locator {
    Locator::Label(text.to_owned())
}

pub fn button(text: &str) -> Locator {
    Locator::Button(text.to_owned())
}

pub fn link(text: &str) -> Locator {
    Locator::Link(text.to_owned())
}

pub fn id(text: &str) -> Locator {
    Locator::Id(text.to_owned())
}
