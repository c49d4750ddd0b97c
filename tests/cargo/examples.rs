//! The examples print what their documentation says.

use std::process::Command;

use crate::common::must_end;
use crate::{cargo, profile};

/// Runs the example, and returns the lines that it prints. Its standard error is not a terminal.
fn run(example: &'static str, args: &'static [&'static str]) -> Vec<String> {
    // `cargo test --tests` has not built it.
    cargo(&["build", "--example", example]);
    let mut command = Command::new(profile().join("examples").join(example));
    let output = must_end(move || command.args(args).output().unwrap());
    let (printed, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{example} {args:?}: {}\n{printed}{errors}", output.status);
    assert_eq!(errors, "", "{example} {args:?}");
    printed.lines().map(String::from).collect()
}

#[test]
fn shutdown_waits_for_all_workers() {
    let lines = run("shutdown", &[]);
    let [first, workers @ .., last] = &*lines else { panic!("{lines:?}") };
    assert_eq!(first, "main: stop");
    let mut workers = workers.to_vec();
    workers.sort();
    let expected: Vec<_> = (1..=3).map(|id| format!("worker {id} has cleaned up")).collect();
    assert_eq!(workers, expected);
    assert_eq!(last, "main: all workers have ended");
}

#[cfg(feature = "std")]
#[test]
fn threads_complete_their_items_and_rest_during_the_pause() {
    let lines = run("threads", &["20"]);
    assert_eq!(lines, ["20 of 20 items done by 4 workers, 0 of them during the pause"]);
}

#[cfg(feature = "std")]
#[test]
fn threads_stop_when_the_time_is_over() {
    let lines = run("threads", &["1000000", "1"]);
    let [line] = &*lines else { panic!("{lines:?}") };
    let (done, rest) = line.split_once(' ').unwrap();
    assert!(done.parse::<u64>().unwrap() < 1_000_000, "{line}");
    assert_eq!(rest, "of 1000000 items done by 4 workers: timed out waiting on channel");
}

#[cfg(feature = "tokio")]
#[test]
fn tokio_port_prints_the_same_with_both_channels() {
    let lines = run("tokio_port", &[]);
    let said: Vec<_> = lines.split(|line| line.is_empty()).collect();
    let [[first, with_tokio @ ..], [second, with_watch_channel @ ..], end] = &*said else { panic!("{lines:?}") };
    assert_eq!((&**first, &**second), ("use tokio::sync::watch;", "use watch_channel as watch;"));
    assert_eq!(with_tokio, with_watch_channel);
    assert_eq!(with_tokio.len(), 8);
    assert!(with_tokio[7].ends_with("a worker applies limit 10, applies limit 20, applies limit 30, stops"));
    assert_eq!(*end, ["both say the same"]);
}
