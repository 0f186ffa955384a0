//! Starting and ending browsers: one ChromeDriver and one Chromium per session, in a folder of
//! their own, as an unprivileged user, under a holder.

use super::cdp::Cdp;
use super::{Browser, BrowserError, HostRule};
use anyhow::Context;
use domain::SessionId;
use kit::holder::{Held, Output, Spec};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use thirtyfour::{Capabilities, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use uuid::Uuid;

/// Where the programs are, and as whom and where they run.
#[derive(Clone, Debug)]
pub struct BrowserConfig {
    pub chromium: PathBuf,
    pub chromedriver: PathBuf,
    /// The browsers' user, when we are root.
    pub uid: Option<u32>,
    pub gid: Option<u32>,
    /// One folder per session in it; belongs to us alone.
    pub sessions_dir: PathBuf,
}

impl From<&kit::config::Agent> for BrowserConfig {
    fn from(config: &kit::config::Agent) -> Self {
        Self {
            chromium: config.chromium.clone(),
            chromedriver: config.chromedriver.clone(),
            uid: config.uid,
            gid: config.gid,
            sessions_dir: config.sessions_dir.clone(),
        }
    }
}

/// Starts browsers.
#[derive(Clone, Debug)]
pub struct Sessions {
    config: BrowserConfig,
}

/// A started browser's processes and folder.
#[derive(Debug)]
pub(super) struct House {
    pub held: Option<Held>,
    pub dir: PathBuf,
    /// Chromium's sockets lie here: a path below `dir` could be longer than a socket's may be
    /// (107 bytes).
    pub tmp: PathBuf,
}

/// How long ChromeDriver and Chromium may take to start.
const START: Duration = Duration::from_secs(40);

impl Sessions {
    pub fn new(config: BrowserConfig) -> Self {
        Self { config }
    }

    /// Kills and removes what earlier runs left in the sessions folder. Only before the first
    /// [`Sessions::open`], and with one agent per folder.
    ///
    /// # Errors
    /// Processes that can't be killed, folders that can't be removed.
    pub async fn sweep(&self) -> anyhow::Result<()> {
        let dir = &self.config.sessions_dir;
        let entries = match fs::read_dir(dir) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries.with_context(|| format!("cannot read {}", dir.display()))?,
        };
        for entry in entries {
            let entry = entry?;
            let name = entry.file_name();
            let Some(id) = name.to_str().and_then(|n| n.parse::<Uuid>().ok()) else {
                continue;
            };
            // ChromeDriver's command line holds the id, Chromium's the folder.
            kit::holder::sweep(&id.to_string()).await?;
            remove_folder(short_tmp(id)).await?;
            remove_folder(entry.path()).await?;
            tracing::info!(session = %id, "removed what an earlier run left of a browser");
        }
        Ok(())
    }

    /// Starts a browser with an empty profile.
    ///
    /// # Errors
    /// [`BrowserError::Start`]; then nothing of it is left.
    pub async fn open(&self, id: SessionId, rule: HostRule) -> Result<Browser, BrowserError> {
        let dir = self.config.sessions_dir.join(id.to_string());
        let mut house = House {
            held: None,
            dir,
            tmp: short_tmp(id.0),
        };
        let started = tokio::time::timeout(START, self.start(id, &mut house, rule)).await;
        let why = match started {
            Ok(Ok(opened)) => return Ok(opened.housed(house)),
            Ok(Err(error)) => error,
            Err(_) => BrowserError::Start("not ready in 40 s".to_owned()),
        };
        house.tear_down().await;
        Err(why)
    }

    async fn start(
        &self,
        id: SessionId,
        house: &mut House,
        rule: HostRule,
    ) -> Result<Browser, BrowserError> {
        let dir = house.dir.clone();
        self.lay_out(&dir, &house.tmp)
            .map_err(|e| BrowserError::Start(format!("{}: {e}", dir.display())))?;
        let port = self.start_driver(id, house).await?;
        let server = format!("http://127.0.0.1:{port}");
        let driver = WebDriver::new(server, self.capabilities(&dir)?)
            .await
            .map_err(|e| {
                BrowserError::Start(format!("no WebDriver session: {}", first_line(&e)))
            })?;
        // The session ends with its processes; nobody is to end it over the wire.
        driver.leak().ok();
        let url = protocol_url(&dir.join("profile/DevToolsActivePort"))?;
        let (cdp, events) = Cdp::connect(&url).await?;
        Browser::take_over(cdp, events, rule, dir.join("downloads")).await
    }

    /// Starts ChromeDriver; again when its port was taken. It binds a free one for IPv6 first, and
    /// ends when another program has the same one for IPv4.
    async fn start_driver(&self, id: SessionId, house: &mut House) -> Result<u16, BrowserError> {
        let log = house.dir.join(LOG);
        let mut tries = 0;
        loop {
            let held = self.driver(id, &house.dir, &house.tmp).spawn().await;
            let held = held.map_err(|e| BrowserError::Start(format!("{e:#}")))?;
            match driver_port(&log, house.held.insert(held)).await {
                Err(BrowserError::Start(why)) if why.contains(PORT_TAKEN) && tries < 5 => {
                    tries += 1;
                    tracing::info!(tries, "ChromeDriver met a taken port; starting it again");
                    fs::remove_file(&log)
                        .map_err(|e| BrowserError::Start(format!("{}: {e}", log.display())))?;
                }
                port => return port,
            }
        }
    }

    /// Makes the session's folders; those the browser writes to belong to its user.
    fn lay_out(&self, dir: &Path, tmp: &Path) -> std::io::Result<()> {
        let folder = |path: &Path, mode| {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(true).mode(mode).create(path)
        };
        if !self.config.sessions_dir.exists() {
            folder(&self.config.sessions_dir, 0o711)?;
        }
        folder(dir, 0o711)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o711))?;
        // Others may write to /tmp: what stands there already is nothing of ours.
        fs::DirBuilder::new().mode(0o700).create(tmp)?;
        let inside = ["profile", "home", "downloads"].map(|name| dir.join(name));
        for path in inside.iter().map(PathBuf::as_path).chain([tmp]) {
            folder(path, 0o700)?;
            if self.config.uid.is_some() {
                chown(path, self.config.uid, self.config.gid)?;
            }
        }
        Ok(())
    }

    fn driver(&self, id: SessionId, dir: &Path, tmp: &Path) -> Spec {
        let path = |name: &str| OsString::from(dir.join(name));
        let mut spec = Spec::new(&self.config.chromedriver)
            // The second means nothing to it: the sweep knows it by this.
            .args(["--port=0".to_owned(), format!("--relevo-session={id}")])
            .env("HOME", path("home"))
            .env("XDG_CONFIG_HOME", path("home"))
            .env("XDG_CACHE_HOME", path("home"))
            .env("XDG_RUNTIME_DIR", tmp)
            .env("TMPDIR", tmp)
            // Date pickers follow the portals' clock.
            .env("TZ", "America/Mexico_City")
            // Always there; without UTF-8, Chromium drops file names with accents.
            .env("LANG", "C.UTF-8");
        spec.clear_env = true;
        spec.dir = Some(dir.to_owned());
        spec.user = self.config.uid.zip(self.config.gid.or(self.config.uid));
        spec.mark = Some(id.to_string());
        spec.grace = Duration::from_secs(1);
        spec.output = Output::Log(dir.join(LOG));
        spec
    }

    fn capabilities(&self, dir: &Path) -> Result<Capabilities, BrowserError> {
        let mut caps = DesiredCapabilities::chrome();
        let profile = format!("--user-data-dir={}", dir.join("profile").display());
        let done = (|| {
            caps.set_binary(&self.config.chromium.to_string_lossy())?;
            caps.add_arg(&profile)?;
            for flag in FLAGS {
                caps.add_arg(flag)?;
            }
            caps.add_experimental_option("prefs", preferences())
        })();
        done.map_err(|e| BrowserError::Start(e.to_string()))?;
        Ok(caps.into())
    }
}

/// A session's folder for temporary files, with a path as short as it can be.
fn short_tmp(id: Uuid) -> PathBuf {
    let random = id.simple().to_string();
    Path::new("/tmp").join(format!("relevo-{}", &random[20..]))
}

const LOG: &str = "chromedriver.log";

/// What ChromeDriver says before it ends, for either family of addresses.
const PORT_TAKEN: &str = "port not available";

/// Quiet offline, no GPU, sandbox on.
const FLAGS: [&str; 15] = [
    "--headless=new",
    "--disable-gpu",
    "--disable-quic",
    // One connection for many requests is one that Chromium sends requests on again.
    "--disable-http2",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-breakpad",
    "--lang=es-MX",
    "--window-size=1280,800",
    "--password-store=basic",
    "--mute-audio",
];

fn preferences() -> serde_json::Value {
    serde_json::json!({
        "plugins.always_open_pdf_externally": true,
        "download.prompt_for_download": false,
        "safebrowsing.enabled": false,
        // No connection is opened ahead: a request on it would be sent twice when it breaks.
        "net.network_prediction_options": 2,
        "credentials_enable_service": false,
        "profile.password_manager_enabled": false,
        "autofill.profile_enabled": false,
        "autofill.credit_card_enabled": false,
        "intl.accept_languages": "es-MX,es",
        "profile.default_content_setting_values.notifications": 2,
        "profile.default_content_setting_values.geolocation": 2,
    })
}

/// Waits for the port that ChromeDriver chose.
async fn driver_port(log: &Path, held: &mut Held) -> Result<u16, BrowserError> {
    let until = Instant::now() + START;
    loop {
        let text = fs::read_to_string(log).unwrap_or_default();
        let port = text
            .split_once("started successfully on port ")
            .and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next())
            .and_then(|digits| digits.parse().ok());
        if let Some(port) = port {
            return Ok(port);
        }
        if !matches!(held.exited(), Ok(None)) || Instant::now() > until {
            let last = text.lines().last().unwrap_or("it says nothing");
            return Err(BrowserError::Start(format!("ChromeDriver ended: {last}")));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Chromium writes its protocol's port and path into the profile.
fn protocol_url(file: &Path) -> Result<String, BrowserError> {
    let text = fs::read_to_string(file)
        .map_err(|e| BrowserError::Start(format!("{}: {e}", file.display())))?;
    let mut lines = text.lines();
    let port: Option<u16> = lines.next().and_then(|p| p.trim().parse().ok());
    match (port, lines.next().map(str::trim)) {
        (Some(port), Some(path)) if path.starts_with("/devtools/browser/") => {
            Ok(format!("ws://127.0.0.1:{port}{path}"))
        }
        _ => Err(BrowserError::Start("no protocol port".to_owned())),
    }
}

fn first_line(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let words: Vec<&str> = text.split_whitespace().take(60).collect();
    words.join(" ")
}

impl House {
    /// Ends the processes and removes the folder.
    pub(super) async fn tear_down(&mut self) {
        if let Some(mut held) = self.held.take() {
            match tokio::time::timeout(Duration::from_secs(25), held.stop()).await {
                Ok(Ok(_)) => {}
                Ok(Err(error)) => tracing::warn!("a browser did not end: {error:#}"),
                Err(_) => tracing::warn!("a browser did not end in 25 s"),
            }
        }
        for folder in [self.dir.clone(), self.tmp.clone()] {
            if let Err(error) = remove_folder(folder).await {
                tracing::warn!("{error:#}");
            }
        }
    }
}

async fn remove_folder(dir: PathBuf) -> anyhow::Result<()> {
    let shown = dir.display().to_string();
    let removed = tokio::task::spawn_blocking(move || fs::remove_dir_all(dir)).await?;
    match removed {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(e).with_context(|| format!("cannot remove {shown}"))
        }
        _ => Ok(()),
    }
}
