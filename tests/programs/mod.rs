//! Programs over several handles of one channel. Here is what runs them on a real channel, and a plain model that defines what
//! each step does. `tests/model.rs` runs random programs, and `fuzz/` those that a fuzzer finds.

mod model;
mod op;
pub(crate) mod real;

pub(crate) use model::run_model;
pub(crate) use op::Op;
pub(crate) use real::{run_ours, run_tokio};

/// The log of a program: a line for each step with its result. For the task of each handle follow how often it has been woken
/// so far, and a `+` if the channel has its waker.
pub(crate) type Log = String;
