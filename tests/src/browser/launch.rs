//! Starting a Chromium for tests, as the unprivileged user and in a folder of its own.

use super::Browser;
use crate::{Installation, eventually};
use anyhow::Context;
use devstack::holder::{Held, Output, Spec};
use serde_json::json;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;
use thirtyfour::{
    Capabilities, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, WebDriver,
};
use uuid::Uuid;

const FLAGS: [&str; 11] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--lang=es-MX",
    "--window-size=1360,900",
];

/// Starts a browser; its processes end with ours.
pub async fn start(installation: &Installation) -> anyhow::Result<Browser> {
    let id = Uuid::new_v4().simple().to_string();
    let dir = installation.stack.dir().join("people").join(&id);
    let tmp = tmp_of(&dir);
    let parts = installation.stack.browser();
    let user = parts.user.as_ref().map(|user| (user.uid, user.gid));
    lay_out(&dir, &tmp, user)?;
    let log = dir.join("chromedriver.log");
    let mut spec = Spec::new(&parts.chromedriver)
        .args(["--port=0".to_owned(), format!("--person={id}")])
        .env("HOME", dir.join("home"))
        .env("XDG_CONFIG_HOME", dir.join("home"))
        .env("XDG_CACHE_HOME", dir.join("home"))
        .env("XDG_RUNTIME_DIR", &tmp)
        .env("TMPDIR", &tmp)
        .env("TZ", "America/Mexico_City")
        .env("LANG", "C.UTF-8");
    spec.clear_env = true;
    spec.user = user;
    spec.mark = Some(id);
    spec.grace = Duration::from_secs(1);
    spec.output = Output::Log(log.clone());
    let (held, port) = start_driver(&spec, &log).await?;
    let driver = WebDriver::new(
        format!("http://127.0.0.1:{port}"),
        capabilities(&parts.chromium, &dir)?,
    )
    .await?;
    // The session ends with its processes.
    driver.clone().leak().ok();
    Ok(Browser {
        driver,
        held: tokio::sync::Mutex::new(held),
        home: installation.page_url(),
        dir,
        log: Mutex::default(),
    })
}

/// Starts ChromeDriver; again when the port that it chose was taken by another program.
async fn start_driver(spec: &Spec, log: &Path) -> anyhow::Result<(Held, u16)> {
    for _ in 0..5 {
        let mut held = spec.clone().spawn().await?;
        let port = eventually("ChromeDriver", Duration::from_secs(60), || {
            let ended = !matches!(held.exited(), Ok(None));
            let port = port_in(&fs::read_to_string(log).unwrap_or_default());
            async move { Ok(port.map(Some).or(ended.then_some(None))) }
        })
        .await?;
        if let Some(port) = port {
            return Ok((held, port));
        }
        let text = fs::read_to_string(log).unwrap_or_default();
        anyhow::ensure!(
            text.contains("port not available"),
            "ChromeDriver ended: {text}"
        );
        fs::remove_file(log)?;
    }
    anyhow::bail!("ChromeDriver met a taken port five times")
}

/// A folder for sockets, whose paths must be short.
pub fn tmp_of(dir: &Path) -> PathBuf {
    let id = dir.file_name().unwrap_or_default().to_string_lossy();
    PathBuf::from(format!("/tmp/relevo-p-{}", &id[..12.min(id.len())]))
}

fn lay_out(dir: &Path, tmp: &Path, user: Option<(u32, u32)>) -> anyhow::Result<()> {
    fs::create_dir_all(dir)?;
    let parent = dir.parent().context("the folder has no parent")?;
    for path in [parent, dir] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o711))?;
    }
    let own = ["profile", "home", "downloads"].map(|name| dir.join(name));
    for path in own.iter().map(PathBuf::as_path).chain([tmp]) {
        fs::create_dir_all(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        if let Some((uid, gid)) = user {
            chown(path, Some(uid), Some(gid))?;
        }
    }
    Ok(())
}

fn capabilities(chromium: &Path, dir: &Path) -> anyhow::Result<Capabilities> {
    let mut caps = DesiredCapabilities::chrome();
    caps.set_binary(&chromium.to_string_lossy())?;
    caps.add_arg(&format!(
        "--user-data-dir={}",
        dir.join("profile").display()
    ))?;
    for flag in FLAGS {
        caps.add_arg(flag)?;
    }
    caps.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    caps.add_experimental_option(
        "prefs",
        json!({
            "download.default_directory": dir.join("downloads"),
            "download.prompt_for_download": false,
            "plugins.always_open_pdf_externally": true,
            "safebrowsing.enabled": false,
            "credentials_enable_service": false,
            "intl.accept_languages": "es-MX,es",
        }),
    )?;
    Ok(caps.into())
}

fn port_in(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("started successfully on port ")?;
    rest.split(|c: char| !c.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}
