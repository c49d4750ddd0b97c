//! The machine on which the results are measured.

use std::env::consts::{ARCH, OS};
use std::num::NonZero;
use std::process::Command;

/// The compiler, the operating system and the processor.
pub(crate) fn machine() -> String {
    let rustc = Command::new("rustc").arg("--version").output().ok();
    let rustc = rustc.and_then(|output| String::from_utf8(output.stdout).ok());
    let rustc = rustc.as_deref().map_or("an unknown compiler", str::trim);
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let processor = model.map_or(ARCH, |(_, model)| model);
    let cores = std::thread::available_parallelism().map_or(0, NonZero::get);
    format!("{rustc}, {OS}, {cores} cores of {processor}")
}
