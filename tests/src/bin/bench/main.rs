//! Benchmarks, run by `cargo xtask bench log` and `cargo xtask bench replay`. Results are JSON lines on standard output, progress
//! goes to standard error. Figures compare only within one run on one machine.

mod fleet;
mod log;
mod measure;
mod replay;
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
        [fleet::WRITER, flush] => fleet::write(flush).await,
        [replay::FILL, size] => match size.parse() {
            Ok(size) => replay::fill(size).await,
            Err(_) => Err(anyhow::anyhow!("{size:?} is no number of events")),
        },
        ["replay"] => replay::run(&replay::SIZES).await,
        ["replay", size] => match size.parse() {
            Ok(size) => replay::run(&[size]).await,
            Err(_) => Err(anyhow::anyhow!("{size:?} is no number of events")),
        },
        _ => Err(anyhow::anyhow!(
            "usage: bench log [in flight] | bench replay [events]"
        )),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
