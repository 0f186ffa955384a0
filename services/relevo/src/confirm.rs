//! Asking whoever sits at the terminal.

use std::io::{IsTerminal as _, Write as _};

/// Whether the answer is yes.
///
/// # Errors
/// When nobody can be asked: what to do instead.
pub fn confirmed(question: &str, without_terminal: &'static str) -> anyhow::Result<bool> {
    anyhow::ensure!(std::io::stdin().is_terminal(), without_terminal);
    print!("{question} [y/N] ");
    std::io::stdout().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
