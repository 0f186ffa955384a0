//! Whoever sits at the screen the first time: the task with the CAPTCHA opens in their browser, and
//! for a while it is theirs to solve. Without a screen nothing of this happens.

use crate::follow::{Follower, Seen};
use crate::scenario::Expected;
use client::Client;
use schemas::rest::ReturnControl;
use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;
use tests::Installation;

/// To begin, and then once more to finish.
const TURN: Duration = Duration::from_secs(60);

/// Someone with a screen and a terminal.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer {
    turn: Duration,
}

impl Newcomer {
    /// Somebody, if there are a screen and a terminal.
    pub fn find() -> Option<Self> {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let screen = set("DISPLAY") || set("WAYLAND_DISPLAY");
        (screen && std::io::stdout().is_terminal()).then_some(Self { turn: TURN })
    }

    /// The longest they may hold the demo up.
    pub fn patience(self) -> Duration {
        2 * self.turn
    }

    /// Opens the page of the task with the CAPTCHA, signed in, and prints the same address.
    pub fn invite(self, installation: &Installation, followers: &[Follower]) -> anyhow::Result<()> {
        let captcha = |f: &&Follower| f.entry.expected == Expected::InvoiceWithHuman;
        let Some(follower) = followers.iter().find(captcha) else {
            return Ok(());
        };
        let path = format!("/tasks/{}", follower.id);
        let link = installation.stack.one_time_link("demo", &path)?;
        println!(
            "Míralo en vivo, y resuelve tú el CAPTCHA cuando lo pida (sirve una vez):\n  {link}\n"
        );
        if let Some(opener) = program("xdg-open") {
            // A browser that doesn't open is no fault of the demo's: the address stands above.
            let _ = Command::new(opener)
                .arg(link)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
        }
        Ok(())
    }

    /// Waits while the question is theirs; true when it is still open afterwards.
    pub async fn leaves_it(self, client: &Client, follower: &Follower, question: &str) -> bool {
        let mut seen = follower.watch();
        let seconds = self.turn.as_secs();
        follower.say(&format!(
            "(te toca: toma el control en la página y escribe lo que ves; en {seconds} s lo hace la demo)"
        ));
        let taken = seen.wait_for(|seen| !asks(seen, question) || seen.held.is_some());
        // Without an answer in time, what is known says the rest.
        let _ = tokio::time::timeout(self.turn, taken).await;
        let _ = tokio::time::timeout(self.turn, seen.wait_for(|seen| seen.held.is_none())).await;
        let now = seen.borrow().clone();
        if let Some(control_epoch) = now.held {
            follower.say("(se acabó el tiempo: la demo devuelve el control por ti)");
            let outcome = "done".to_owned();
            let back = ReturnControl {
                control_epoch,
                outcome,
            };
            if let Err(error) = client.return_control(follower.id, &back).await {
                follower.say(&format!("(no se pudo devolver: {error})"));
            }
            // The agent looks at the page, and asks again if it must.
            let gone = seen.wait_for(|seen| !asks(seen, question));
            let _ = tokio::time::timeout(self.turn, gone).await;
            return false;
        }
        asks(&now, question)
    }
}

fn asks(seen: &Seen, question: &str) -> bool {
    let open = seen.question.as_ref();
    !seen.ended && open.is_some_and(|(id, _)| id == question)
}

/// A program of the search path.
fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let candidates = std::env::split_paths(OsStr::new(&path)).map(|folder| folder.join(name));
    candidates.into_iter().find(|file| file.is_file())
}
