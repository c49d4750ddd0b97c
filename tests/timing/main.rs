//! Tests that measure time, or what a thread does while another one waits. They are a program of
//! their own, and run one after the other, because busy threads would change the results.
#![cfg(feature = "std")]

#[path = "../common/mod.rs"]
mod common;
mod demand;
mod fairness;
#[cfg(target_os = "linux")]
mod sleep;

/// The processor time in `/proc/PATH/stat` of Linux, in hundredths of a second.
#[cfg(target_os = "linux")]
fn processor_time(path: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{path}/stat")).unwrap();
    // The name, in parentheses, may contain spaces. User and system time are the 12th and 13th
    // fields after it.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}
