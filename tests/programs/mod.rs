//! Programs over several handles of one channel. `tests/api/model.rs` runs random programs, and `fuzz/`
//! those that a fuzzer finds.

mod model;
mod op;
mod real;
pub(crate) mod wakers;

pub(crate) use model::run_model;
pub(crate) use op::Op;
pub(crate) use real::{run_ours, run_tokio};

/// The log of a program: a line for each step with its result. For the task of each handle follow
/// how often it has been woken so far, and a `+` if the channel has its waker.
pub(crate) type Log = String;
