//! How long the tests run.

use std::env;
use std::fmt::Display;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// How long all tests of `stress` and `storm` take together, in seconds. By default it is short.
const SECONDS: &str = "WATCH_CHANNEL_STRESS_SECONDS";

pub(crate) fn from_environment<T: FromStr<Err: Display>>(name: &str) -> Option<T> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|error| panic!("{name} is '{text}': {error}")))
}

/// How long all tests of `stress` and `storm` take together, if that has been given: then this is a soak test.
pub(crate) fn soak_time() -> Option<Duration> {
    from_environment(SECONDS).map(Duration::from_secs)
}

/// The end of a test that may take so many hundredths of the time.
pub(crate) fn end_of_share(percent: u32) -> Instant {
    Instant::now() + soak_time().unwrap_or(Duration::from_millis(2_500)) * percent / 100
}

/// How long a part of a test may take that takes milliseconds on a quiet machine.
pub(crate) fn hang() -> Duration {
    crate::common::HANG * if soak_time().is_some() { 4 } else { 2 }
}
