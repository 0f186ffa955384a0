//! Migrations are embedded: a changed one is a changed crate.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    for model in [
        "tasks",
        "task_steps",
        "browser_sessions",
        "profiles",
        "invoices",
        "inbox",
    ] {
        println!("cargo:rerun-if-changed=src/{model}/migrations");
    }
}
