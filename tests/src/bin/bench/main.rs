//! Benchmarks, run by `cargo xtask bench log`. Results are JSON lines on standard output, progress
//! goes to standard error. Figures compare only within one run on one machine.

mod log;
mod measure;
mod rivals;
mod work;

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match names.as_slice() {
        ["log"] => log::run(&log::LEVELS).await,
        ["log", level] => match level.parse() {
            Ok(level) => log::run(&[level]).await,
            Err(_) => Err(anyhow::anyhow!("{level:?} is no number in flight")),
        },
        _ => Err(anyhow::anyhow!("usage: bench log [in flight]")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
