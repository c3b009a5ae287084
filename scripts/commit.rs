//! Tells the compiler which commit it builds, for `ouzel --version`.
//!
//! Only of what is released: a build for tests would be made again after each commit. Without git, or where these sources
//! lie in somebody else's repository, as in one of packages, nothing is told.

#![allow(clippy::print_stdout, reason = "this is how Cargo is told")]

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=scripts/commit.rs");
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=OUZEL_TARGET={target}");
    if env::var("PROFILE").as_deref() != Ok("release") {
        return;
    }
    // An empty prefix: the repository begins where these sources do.
    if git(&["rev-parse", "--show-prefix"]).as_deref() != Some("") {
        return;
    }
    // The second one changes with each commit. A file that is not there would count as changed each time.
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let sources = ["src", "scripts", "examples", "Cargo.toml", "Cargo.lock"];
    for path in sources {
        println!("cargo::rerun-if-changed={path}");
    }
    let Some(commit) = git(&["log", "-1", "--format=%h %cs", "--abbrev=12"]) else {
        return;
    };
    let status = ["status", "--porcelain", "--"];
    let changed = git(&[&status[..], &sources[..]].concat());
    let mark = match changed.as_deref() {
        Some("") => "",
        _ => ", changed since",
    };
    println!("cargo::rustc-env=OUZEL_COMMIT={commit}{mark}");
}

/// What git says on one line or several; nothing if it fails or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let done = Command::new("git").args(arguments).output().ok()?;
    let said = done.status.success().then_some(done.stdout)?;
    Some(String::from_utf8(said).ok()?.trim().to_owned())
}
