//! What the fuzz targets run.

#[path = "../../tests/common/mod.rs"]
mod common;
#[path = "../../tests/programs/mod.rs"]
mod programs;

use std::fmt;

use arbitrary::{Arbitrary, Result, Unstructured};

use crate::programs::wakers::{self, Step};
use crate::programs::{Op, run_model, run_ours, run_tokio};

/// Longer programs find no more, and take longer.
const MAX_STEPS: usize = 100;

/// Decodes one step from `BYTES` bytes, so changing a byte changes one step.
fn steps<const BYTES: usize, S>(u: &mut Unstructured<'_>, step: fn([u8; BYTES]) -> S) -> Result<Vec<S>> {
    let count = (u.len() / BYTES).min(MAX_STEPS);
    (0..count).map(|_| u.arbitrary().map(step)).collect()
}

/// A program for the target `model`, with the calls that tokio's channel has.
pub struct OfBoth(Vec<Op>);

impl<'a> Arbitrary<'a> for OfBoth {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        steps(u, Op::of_both).map(Self)
    }
}

impl OfBoth {
    /// Runs it on this crate's channel, on tokio's and on the model.
    pub fn run(&self) {
        let ours = run_ours(&self.0);
        same("the model", &ours, &run_model(&self.0));
        same("tokio", &ours, &run_tokio(&self.0));
    }
}

/// A program for the target `own`, with all calls that the model has.
pub struct OfAll(Vec<Op>);

impl<'a> Arbitrary<'a> for OfAll {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        steps(u, Op::of_all).map(Self)
    }
}

impl OfAll {
    /// Runs it on this crate's channel and on the model.
    pub fn run(&self) {
        same("the model", &run_ours(&self.0), &run_model(&self.0));
    }
}

/// Panics if two logs differ, with the first step that differs.
#[track_caller]
fn same(other: &str, ours: &str, others: &str) {
    for (at, (ours, others)) in ours.lines().zip(others.lines()).enumerate() {
        assert!(ours == others, "step {at} differs\n  here:  {ours}\n  {other}: {others}");
    }
    assert_eq!(ours, others);
}

/// A program for the target `wakers`, in which wakers do some of the steps.
pub struct InWakers {
    crowd: usize,
    steps: Vec<Step>,
}

impl<'a> Arbitrary<'a> for InWakers {
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        let crowd = wakers::CROWDS[u.choose_index(wakers::CROWDS.len())?];
        Ok(Self { crowd, steps: steps(u, Step::decode)? })
    }
}

impl InWakers {
    /// Runs it, and checks after each step that no wake-up is lost and no waker is kept.
    pub fn run(&self) {
        wakers::run(self.crowd, &self.steps);
    }
}

impl fmt::Debug for OfBoth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|op| writeln!(f, "{op:?}"))
    }
}

impl fmt::Debug for OfAll {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|op| writeln!(f, "{op:?}"))
    }
}

impl fmt::Debug for InWakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} more receivers wait", self.crowd)?;
        self.steps.iter().try_for_each(|step| writeln!(f, "{step:?}"))
    }
}
