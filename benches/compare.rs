//! `cargo bench --bench compare`: this crate compared with tokio and the others; see `benches/compare/`.
//!
//! The comparison is a package of its own, because what it compares with needs newer compilers than this crate does.

use std::path::Path;
use std::process::{Command, exit};

fn main() {
    let (bench, args): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|arg| arg == "--bench");
    if bench.is_empty() {
        println!("nothing is measured without `cargo bench`");
        return;
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/compare/Cargo.toml");
    if !manifest.exists() {
        eprintln!("{} is only in the repository, not in the published package: clone that", manifest.display());
        exit(2);
    }
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").into());
    // Loops begin at a cache line. Otherwise the place where the linker puts them decides rows that take a nanosecond.
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default() + " -Cllvm-args=-align-loops=64";
    let status = Command::new(cargo)
        .env("RUSTFLAGS", flags)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .args(["run", "--quiet", "--release", "--locked", "--manifest-path"])
        .arg(manifest)
        .arg("--")
        .args(args)
        .status()
        .expect("cargo has started this program, and starts another");
    exit(status.code().unwrap_or(1));
}
