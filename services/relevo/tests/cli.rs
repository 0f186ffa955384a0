//! The command line, as a user meets it.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::process::{Command, Output};

fn relevo(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_relevo"))
        .args(args)
        .env_clear()
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn sample() -> PathBuf {
    PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../domain/testdata/plain.xml"
    ))
}

#[test]
fn every_subcommand_shows_an_example() {
    let commands: &[&[&str]] = &[
        &[],
        &["up"],
        &["migrate"],
        &["api"],
        &["agent"],
        &["relay"],
        &["projector"],
        &["reactor"],
        &["portals"],
        &["submit"],
        &["watch"],
        &["cfdi", "verify"],
        &["keys", "status"],
        &["keys", "rotate"],
        &["export", "account"],
        &["erase", "profile"],
        &["erase", "account"],
        &["erase", "reapply"],
        &["audit", "verify"],
        &["audit", "export"],
        &["audit", "key"],
        &["log", "adopt"],
    ];
    for command in commands {
        let mut args = command.to_vec();
        args.push("--help");
        let output = relevo(&args);
        assert!(output.status.success(), "{command:?}");
        assert!(
            stdout(&output).contains("Example"),
            "{command:?} has no example"
        );
    }
}

#[test]
fn an_untouched_invoice_is_acceptable() {
    let file = sample();
    let output = relevo(&["cfdi", "verify", file.to_str().unwrap(), "--total", "36.01"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("UUID A5D0F1C7-1B67-58F2-984D-A1F85B7384C8"));
}

#[test]
fn another_rfc_needs_a_look() {
    let file = sample();
    let output = relevo(&[
        "cfdi",
        "verify",
        file.to_str().unwrap(),
        "--rfc",
        "COSC8001137NA",
    ]);
    assert_eq!(output.status.code(), Some(2), "{}", stdout(&output));
}

#[test]
fn one_changed_cent_is_no_invoice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("changed.xml");
    let text = std::fs::read_to_string(sample()).unwrap();
    std::fs::write(&file, text.replace("Total=\"36.01\"", "Total=\"36.02\"")).unwrap();
    let output = relevo(&["cfdi", "verify", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
}

#[test]
fn a_page_is_no_invoice_and_is_called_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("factura.xml");
    std::fs::write(&file, "<!doctype html><html><body>Error</body></html>").unwrap();
    let output = relevo(&["cfdi", "verify", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        stdout(&output).to_lowercase().contains("html"),
        "{}",
        stdout(&output)
    );
}

#[test]
fn without_configuration_a_service_says_what_is_missing() {
    let output = relevo(&["api"]);
    assert!(!output.status.success());
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("database"), "{error}");
}
