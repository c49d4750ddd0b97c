//! Tests of the public behaviour, one file for each subject. They are one program, because most of
//! the time to build a test program goes into linking it. `cargo test --test api recv::` runs
//! those of one file.
//!
//! Tests that measure time or memory, or run other programs, are programs of their own.

#[path = "../common/mod.rs"]
mod common;
#[path = "../programs/mod.rs"]
mod programs;
#[path = "../stress/executors.rs"]
mod run;

mod auto_traits;
#[cfg(feature = "std")]
mod blocking;
mod cached;
mod coop;
#[cfg(all(debug_assertions, feature = "std"))]
mod deadlock;
#[cfg(feature = "defmt")]
mod defmt;
mod delivery;
mod executors;
#[cfg(feature = "std")]
mod features_only_add;
mod futures;
mod handles;
mod hostile;
#[cfg(target_arch = "x86_64")]
mod large_values;
#[cfg(feature = "event-listener")]
mod listen;
mod lock;
mod mapped;
mod model;
#[cfg(all(feature = "critical-section", not(feature = "std")))]
mod order;
mod reads;
mod recv;
mod send;
#[cfg(target_pointer_width = "64")]
mod size;
#[cfg(feature = "stream")]
mod stream;
#[cfg(all(feature = "std", target_os = "linux"))]
mod thread_end;
mod wait_for;
mod wake;
mod waker_panics;
mod watch;
