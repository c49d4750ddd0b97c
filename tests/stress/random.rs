//! The seed, and the random numbers that decide what tasks do.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::from_environment;

/// The variable that sets the seed. By default each run has a new one.
const SEED: &str = "WATCH_CHANNEL_STRESS_SEED";

pub(crate) fn seed() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
        let seed = from_environment(SEED).unwrap_or_else(fresh);
        println!("the seed is {SEED}={seed}");
        seed
    })
}

/// A sequence of numbers that look random (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    /// Returns a sequence that is the same for the same part of a run with the same seed.
    pub(crate) fn new(part: u64) -> Self {
        Self(seed() ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    pub(crate) fn one_in(&mut self, cases: u64) -> bool {
        self.below(cases) == 0
    }
}
