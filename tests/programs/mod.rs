//! Programs over several handles of one channel: what runs them on a real channel, and a plain model that says what each of
//! their steps does. `tests/model.rs` runs random ones, and `fuzz/` those that a fuzzer finds.

mod model;
mod op;
pub(crate) mod real;

pub(crate) use model::run_model;
pub(crate) use op::Op;
pub(crate) use real::{run_ours, run_tokio};

/// What a program shows: a line for each step with its result, and then, for the task of each handle, how often it was woken
/// so far, and a `+` if the channel has its waker.
pub(crate) type Log = String;
