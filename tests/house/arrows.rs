//! Which room may use which: the table in ARCHITECTURE.md, over `cargo metadata`.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Room → the rooms it may use. What is not listed may not.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("schemas", &["domain"]),
    ("commands", &["domain", "schemas"]),
    ("projections", &["domain", "schemas"]),
    ("kit", &["domain", "schemas", "commands", "holder"]),
    ("relay", &["domain", "schemas", "commands", "kit"]),
    (
        "projector",
        &["domain", "schemas", "commands", "projections", "kit"],
    ),
    ("reactor", &["domain", "schemas", "commands", "kit"]),
    ("agent", &["domain", "schemas", "commands", "kit"]),
    (
        "api",
        &["domain", "schemas", "commands", "projections", "kit"],
    ),
    ("portals", &[]),
    ("holder", &[]),
    ("client", &["domain", "schemas"]),
    (
        "relevo",
        &[
            "domain",
            "schemas",
            "commands",
            "projections",
            "kit",
            "relay",
            "projector",
            "reactor",
            "agent",
            "api",
            "portals",
            "client",
        ],
    ),
    ("ui", &["domain", "schemas"]),
    ("parts", &[]),
    ("pagebuild", &["parts"]),
    ("devstack", &["parts", "holder"]),
    ("xtask", &["parts"]),
    ("fuzz", &["domain", "commands"]),
];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo metadata failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Room → the rooms of ours it uses, but for tests.
fn used() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let used = dependencies
                .iter()
                .filter(|d| d["kind"].is_null())
                .map(|d| d["name"].as_str().unwrap())
                .filter(|name| ours.contains(name))
                .map(str::to_owned)
                .collect();
            (package["name"].as_str().unwrap().to_owned(), used)
        })
        .collect()
}

#[test]
fn every_room_uses_only_what_the_arrows_allow() {
    let allowed: BTreeMap<&str, BTreeSet<&str>> = ARROWS
        .iter()
        .map(|(room, uses)| (*room, uses.iter().copied().collect()))
        .collect();
    let mut wrong = Vec::new();
    for (room, uses) in used() {
        if room == "tests" {
            continue;
        }
        match allowed.get(room.as_str()) {
            None => wrong.push(format!("{room}: a new room; draw its arrows here")),
            Some(allowed) => wrong.extend(
                uses.iter()
                    .filter(|used| !allowed.contains(used.as_str()))
                    .map(|used| format!("{room} uses {used}")),
            ),
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_agent_names_no_portal() {
    let portals: Vec<String> = files("services/portals/adapters", "yaml")
        .into_iter()
        .flat_map(|(_, text)| {
            text.lines()
                .filter_map(|line| {
                    line.strip_prefix("id: ")
                        .or_else(|| line.strip_prefix("name: "))
                        .map(|v| v.trim().trim_matches('"').to_lowercase())
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(!portals.is_empty(), "no adapters found");
    for (path, text) in files("services/agent/src", "rs") {
        let text = text.to_lowercase();
        for name in &portals {
            assert!(!text.contains(name), "{path} names the portal {name}");
        }
    }
}

/// Every file below a folder of the workspace with that extension: path and text.
fn files(folder: &str, extension: &str) -> Vec<(String, String)> {
    let root = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(folder);
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let text = std::fs::read_to_string(&path).unwrap();
                found.push((path.display().to_string(), text));
            }
        }
    }
    found
}
