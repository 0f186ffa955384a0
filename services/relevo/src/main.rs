//! `relevo`: the one binary. It starts all services or one of them, and is the command line of
//! users: hand a ticket in, watch it, check an invoice, check the log.

mod audit;
mod cfdi;
mod cli;
mod confirm;
mod erase;
mod export;
mod keys;
mod log;
mod services;
mod ticket;

use clap::Parser;
use cli::{CfdiCommand, Cli, Command};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    kit::telemetry::init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Not with clap's 2, which is a verdict of several subcommands.
            let failed = error.use_stderr();
            return match error.print() {
                Ok(()) if !failed => ExitCode::SUCCESS,
                _ => ExitCode::FAILURE,
            };
        }
    };
    match run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("relevo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Service(service) => services::run(service).await?,
        Command::Submit(submit) => return ticket::submit(submit).await,
        Command::Watch(watch) => return ticket::watch(watch).await,
        Command::Cfdi(CfdiCommand::Verify(verify)) => return cfdi::verify(&verify),
        Command::Keys(keys) => return keys::run(keys).await,
        Command::Erase(command) => return erase::run(command).await,
        Command::Export(command) => return export::run(command).await,
        Command::Audit(command) => return audit::run(command).await,
        Command::Log(command) => return log::run(command).await,
    }
    Ok(ExitCode::SUCCESS)
}
