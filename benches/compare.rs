//! `cargo bench --bench compare`: compares this crate with tokio and other channels. See `benches/compare/`.
//!
//! The comparison is a separate package, because the other channels need newer compilers than this crate does.

use std::path::Path;
use std::process::{Command, exit};

fn main() {
    let (bench, mut args): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--bench");
    if bench.is_empty() {
        println!("nothing is measured without `cargo bench`");
        return;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/Cargo.toml");
    if !manifest.exists() {
        eprintln!("{} is missing: the published package does not have it, so clone the repository", manifest.display());
        exit(2);
    }
    // `--criterion` runs the same rows under criterion, which gets the other arguments.
    let command: &[&str] = match args.first() {
        Some(first) if first == "--criterion" => {
            args.remove(0);
            &["bench", "--bench", "criterion"]
        }
        _ => &["run", "--release"],
    };
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
    // Align loops to cache lines. Otherwise the results of rows that take a nanosecond depend on where the linker puts the loops.
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default() + " -Cllvm-args=-align-loops=64";
    let status = Command::new(cargo)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .args(command)
        .args(["--quiet", "--locked", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(args)
        .status()
        .expect("cargo, which has started this program, can be started again");
    exit(status.code().unwrap_or(1));
}
