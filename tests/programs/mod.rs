//! Programs over several handles of one channel. `tests/api/model.rs` runs random programs, and `fuzz/`
//! those that a fuzzer finds.
//!
//! | file | what it has |
//! |---|---|
//! | `op.rs` | the steps of a program for the model |
//! | `model.rs` | a plain model, which defines what each step does |
//! | `real.rs` | what runs such a program on a real channel |
//! | `wakers.rs` | programs in which wakers do some of the steps |

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
