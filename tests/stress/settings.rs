//! How long the tests run.

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// The variable that sets how long all tests of `stress` and `storm` take together, in seconds. By default the time is short.
const SECONDS: &str = "WATCH_CHANNEL_STRESS_SECONDS";

pub(crate) fn from_environment<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name} is '{text}': {error}")))
}

/// How long all tests of `stress` and `storm` take together, if the variable is set. This is a soak test then.
pub(crate) fn soak_time() -> Option<Duration> {
    from_environment(SECONDS).map(Duration::from_secs)
}

/// The end of a test that takes `percent` of the time.
pub(crate) fn end_of_share(percent: u32) -> Instant {
    Instant::now() + soak_time().unwrap_or(Duration::from_millis(2_500)) * percent / 100
}

/// The time limit for parts of a test that take milliseconds on a quiet machine.
pub(crate) fn hang() -> Duration {
    crate::common::HANG * if soak_time().is_some() { 4 } else { 2 }
}
