//! Tests that run cargo and the compiler: the examples print what their documentation says, and
//! misuse does not compile.

#[path = "../common/mod.rs"]
mod common;
// Not where tests run in an emulator, which would run this program but not those that it starts.
#[cfg(any(target_arch = "x86_64", target_os = "macos", target_os = "windows"))]
mod examples;
#[cfg(feature = "std")]
mod ui;

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The features with which this file has been compiled.
const FEATURES: &[(&str, bool)] = &[
    ("default", cfg!(feature = "default")),
    ("std", cfg!(feature = "std")),
    ("event-listener", cfg!(feature = "event-listener")),
    ("critical-section", cfg!(feature = "critical-section")),
    ("single-context", cfg!(feature = "single-context")),
    ("stream", cfg!(feature = "stream")),
    ("tokio", cfg!(feature = "tokio")),
    ("defmt", cfg!(feature = "defmt")),
];

/// The target directory of this program's profile.
fn profile() -> PathBuf {
    env::current_exe().unwrap().ancestors().nth(2).unwrap().into()
}

/// Runs cargo with this program's features, profile and target directory. So it builds again only
/// what is not there yet. Returns what it prints.
#[track_caller]
fn cargo(args: &[&str]) -> String {
    let features: Vec<_> = FEATURES.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
    let profile = profile();
    let profile_name = match profile.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        name => name,
    };
    let output = Command::new(env::var_os("CARGO").expect("cargo runs this test"))
        .args(args)
        .args(["--quiet", "--locked", "--no-default-features", "--features", &features.join(",")])
        .args(["--profile", profile_name, "--target-dir"])
        .arg(profile.parent().unwrap())
        .output()
        .unwrap();
    assert!(output.status.success(), "cargo {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
