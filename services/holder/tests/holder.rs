//! The holder against children that behave badly.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;
use std::time::Duration;

use holder::{Output, Spec, sweep};

fn alive(pid: u32) -> bool {
    // A zombie's command line is empty.
    std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
}

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("holder-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

async fn read_when_there(path: &std::path::Path) -> String {
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

fn shell(script: &str) -> Spec {
    Spec::new("sh").args(["-c", script])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_childs_own_status_and_words_arrive() {
    let dir = scratch("status");
    let log = dir.join("log");
    let mut spec = shell("echo \"$WORD\"; exit 7").env("WORD", "hola");
    spec.output = Output::Log(log.clone());
    let status = spec.spawn().await.unwrap().wait().await.unwrap();
    assert_eq!(status.code(), Some(7));
    assert_eq!(std::fs::read_to_string(log).unwrap(), "hola\n");
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_ends_with_127() {
    let status = Spec::new("/no/such/program")
        .spawn()
        .await
        .unwrap()
        .wait()
        .await
        .unwrap();
    assert_eq!(status.code(), Some(127));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_child_is_asked_first_and_can_tidy_up() {
    let dir = scratch("asked");
    let (ready, tidy) = (dir.join("ready"), dir.join("tidy"));
    let script = format!(
        "trap 'echo yes > {}; exit 0' TERM; echo > {}; while :; do sleep 0.05; done",
        tidy.display(),
        ready.display()
    );
    let mut held = shell(&script).spawn().await.unwrap();
    read_when_there(&ready).await;
    held.stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(tidy).unwrap(), "yes\n");
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deaf_child_and_its_children_are_killed_after_the_grace() {
    let dir = scratch("deaf");
    let file = dir.join("pid");
    let script = format!(
        "trap '' TERM; sleep 600 & echo $! > {}; while :; do wait; done",
        file.display()
    );
    let mut spec = shell(&script);
    spec.grace = Duration::from_millis(200);
    let mut held = spec.spawn().await.unwrap();
    let grandchild: u32 = read_when_there(&file).await.trim().parse().unwrap();
    let child = held.pid();
    assert!(alive(child) && alive(grandchild));
    held.stop().await.unwrap();
    assert!(!alive(child) && !alive(grandchild));
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_the_group_is_found_by_its_mark() {
    let dir = scratch("mark");
    let file = dir.join("pid");
    let mark = dir.join("profile").to_string_lossy().into_owned();
    let script = format!(
        "setsid sh -c 'echo $$ > {}; while :; do sleep 0.05; done' {mark} & wait",
        file.display()
    );
    let mut spec = shell(&script);
    spec.mark = Some(mark);
    let mut held = spec.spawn().await.unwrap();
    let stray: u32 = read_when_there(&file).await.trim().parse().unwrap();
    held.kill9().await.unwrap();
    assert!(!alive(stray));
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn dropping_it_ends_the_child() {
    let held = shell("sleep 600").spawn().await.unwrap();
    let child = held.pid();
    drop(held);
    while alive(child) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_ends_what_an_earlier_life_left() {
    let dir = scratch("sweep");
    let mark = dir.join("left").to_string_lossy().into_owned();
    let mut left = tokio::process::Command::new("sh")
        .args(["-c", "while :; do sleep 0.05; done", &mark])
        .spawn()
        .unwrap();
    sweep(&mark).await.unwrap();
    assert!(!left.wait().await.unwrap().success());
    std::fs::remove_dir_all(dir).unwrap();
}

#[tokio::test]
async fn a_mark_that_could_hit_others_is_refused() {
    let mut spec = shell("true");
    spec.mark = Some("/tmp".into());
    assert!(spec.spawn().await.is_err());
    assert!(sweep("").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_environment_holds_nothing_of_ours() {
    let dir = scratch("env");
    let log = dir.join("log");
    let mut spec = shell("env").env("ONLY", "this");
    spec.clear_env = true;
    spec.output = Output::Log(log.clone());
    spec.spawn().await.unwrap().wait().await.unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    assert!(text.contains("ONLY=this") && text.contains("PATH="));
    assert!(
        !text.contains("HOLDER_") && !text.contains("CARGO"),
        "{text}"
    );
    std::fs::remove_dir_all(dir).unwrap();
}
