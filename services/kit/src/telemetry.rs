//! Logs: one line per event on standard error, JSON when it is not a terminal.

use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Targets that log values of users (WebDriver bodies hold what is typed) and are capped in code,
/// whatever `RUST_LOG` says.
const CAPPED: [&str; 6] = [
    "thirtyfour",
    "tungstenite",
    "tokio_tungstenite",
    "hyper",
    "reqwest",
    "sqlx",
];

/// A filter of its own beside the chosen one: as directives of that one the caps would lose against
/// more specific ones (`tungstenite::protocol=trace`).
fn caps() -> Targets {
    Targets::new()
        .with_default(LevelFilter::TRACE)
        .with_targets(CAPPED.map(|target| (target, LevelFilter::WARN)))
}

/// Installs the process's subscriber; a second call does nothing.
pub fn init() {
    let chosen = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(chosen)
        .with_writer(std::io::stderr);
    let done = if std::io::stderr().is_terminal() {
        builder.compact().finish().with(caps()).try_init()
    } else {
        let builder = builder.json().flatten_event(true);
        builder.finish().with(caps()).try_init()
    };
    if done.is_err() {
        tracing::debug!("a subscriber is installed already");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn capped_targets_stay_capped_whatever_is_chosen() {
        let lines = Lines::default();
        let sink = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("trace,tungstenite::protocol=trace,thirtyfour[step]=trace")
            .with_writer(move || sink.clone())
            .finish()
            .with(caps());
        tracing::subscriber::with_default(subscriber, || {
            tracing::trace!(target: "tungstenite::protocol", "typed secret");
            tracing::debug!(target: "thirtyfour", "typed secret");
            tracing::info!(target: "sqlx::query", "typed secret");
            tracing::warn!(target: "tungstenite::protocol", "broken pipe");
            tracing::trace!(target: "relevo", "our own");
        });
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("secret"), "{text}");
        assert!(
            text.contains("broken pipe") && text.contains("our own"),
            "{text}"
        );
    }
}
