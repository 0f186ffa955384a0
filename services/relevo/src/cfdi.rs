//! `relevo cfdi verify`: the checks of an invoice, on one's own machine.

use crate::cli::Verify;
use anyhow::Context;
use domain::cfdi::{self, Disposition, Expectation, Outcome};
use domain::fiscal::{Money, Rfc};
use std::process::ExitCode;

const NEEDS_A_LOOK: u8 = 2;
const NOT_AN_INVOICE: u8 = 3;

/// Prints every check and the verdict.
///
/// # Errors
/// When the file can't be read, or what it is compared with is malformed.
pub fn verify(args: &Verify) -> anyhow::Result<ExitCode> {
    let bytes =
        std::fs::read(&args.file).with_context(|| format!("can't read {}", args.file.display()))?;
    let parsed = match cfdi::parse(&bytes) {
        Ok(parsed) => parsed,
        Err(error) => {
            println!("✗ {error}");
            return Ok(ExitCode::from(NOT_AN_INVOICE));
        }
    };
    let rfc = match &args.rfc {
        Some(rfc) => Rfc::parse(rfc).with_context(|| format!("--rfc {rfc}"))?,
        None => parsed.receptor.rfc.clone(),
    };
    let mut expected = Expectation::new(rfc);
    if let Some(total) = &args.total {
        expected.total = Some(Money::parse_mxn(total).with_context(|| format!("--total {total}"))?);
    }
    let verdict = cfdi::verify(&parsed, &expected);
    println!(
        "UUID {}  {}  {}",
        parsed.uuid, parsed.emisor.rfc, parsed.total
    );
    for check in &verdict.checks {
        let mark = match check.outcome {
            Outcome::Pass => "✓",
            Outcome::Warn => "!",
            Outcome::Fail => "✗",
            Outcome::NotChecked => "–",
        };
        println!("{mark} {:<20} {}", check.name, check.detail);
    }
    Ok(match verdict.disposition() {
        Disposition::Accept { .. } => ExitCode::SUCCESS,
        Disposition::Check { .. } => ExitCode::from(NEEDS_A_LOOK),
        Disposition::Reject { .. } => ExitCode::from(NOT_AN_INVOICE),
    })
}
