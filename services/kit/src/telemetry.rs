//! Logs: one line per event on standard error, JSON when it is not a terminal.

use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Directive;

/// Targets that log values of users (WebDriver bodies hold what is typed) and are capped in code,
/// whatever `RUST_LOG` says.
const CAPPED: [&str; 6] = [
    "thirtyfour=warn",
    "tungstenite=warn",
    "tokio_tungstenite=warn",
    "hyper=warn",
    "reqwest=warn",
    "sqlx=warn",
];

/// Installs the process's subscriber; a second call does nothing.
pub fn init() {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let filter = CAPPED
        .iter()
        .filter_map(|d| d.parse::<Directive>().ok())
        .fold(chosen, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let done = if std::io::stderr().is_terminal() {
        builder.compact().try_init()
    } else {
        builder.json().flatten_event(true).try_init()
    };
    if done.is_err() {
        tracing::debug!("a subscriber is installed already");
    }
}
