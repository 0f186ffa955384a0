//! The end: files, a table beside what was expected, the count of lost events, and one page that
//! shows it all to whoever was not there.

mod facts;
mod gather;
mod html;
mod lost;
#[cfg(test)]
mod page_tests;
mod pictures;

pub use pictures::Picture;

use crate::follow::Follower;
use anyhow::Context;
use client::Client;
use facts::Report;
use std::path::Path;
use tests::Installation;

/// Writes invoices and report below `out`, prints the table, and says whether all came out as
/// expected.
pub async fn make(
    installation: &Installation,
    client: &Client,
    followers: &[Follower],
    out: &Path,
) -> anyhow::Result<bool> {
    let mut tasks = Vec::new();
    for follower in followers {
        tasks.push(gather::task(client, follower, out).await?);
    }
    let log = lost::count(installation, followers).await?;
    let report = Report {
        made_at: std::time::SystemTime::now().into(),
        tasks,
        log,
    };
    print(&report);
    let file = out.join("informe.html");
    write(&file, &html::page(&report)).with_context(|| format!("{}", file.display()))?;
    println!("\nInforme: {}", std::path::absolute(&file)?.display());
    Ok(report.all_met() && report.log.lost == 0)
}

fn print(report: &Report) {
    println!(
        "\n{:<10} {:<38} {:<22} {:>8}",
        "ticket", "resultado", "esperado", "duración"
    );
    for task in &report.tasks {
        println!(
            "{:<10} {:<38} {:<22} {:>6.1} s {}",
            task.label,
            task.outcome,
            task.expected,
            task.took.as_secs_f32(),
            if task.met { "✓" } else { "✗" },
        );
    }
    println!();
    for file in report.tasks.iter().flat_map(|task| &task.files) {
        println!("{file}");
    }
    let log = &report.log;
    println!(
        "\n{}, posiciones {} → {}",
        html::lost(log),
        log.first,
        log.last
    );
}

/// Never leaves half a file under its name.
fn write(target: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let partial = target.with_extension("part");
    std::fs::write(&partial, text)?;
    std::fs::rename(&partial, target)
}
