//! What is checked: one file a scenario.

mod cell;

#[cfg(feature = "async")]
mod allocations;
#[cfg(all(feature = "async", feature = "critical-section"))]
mod bounded;
#[cfg(all(feature = "async", feature = "critical-section"))]
mod first;
#[cfg(all(feature = "async", feature = "critical-section"))]
mod interrupt;
#[cfg(all(feature = "async", feature = "critical-section"))]
mod priority;
#[cfg(feature = "async")]
mod tasks;
#[cfg(feature = "async")]
mod watch;

use alloc::string::String;

use semihosting::{print, println};

use crate::{Executors, heap, timer};

/// Runs all scenarios that the features allow, one after the other, and returns how many.
#[cfg_attr(not(feature = "async"), expect(unused_variables, reason = "nothing to spawn"))]
pub(crate) async fn run(executors: Executors) -> u32 {
    let mut passed = 0;
    macro_rules! scenario {
        ($name:ident($($executors:expr)?)) => {
            run_one(stringify!($name), $name::run($($executors)?)).await;
            passed += 1;
        };
    }
    scenario!(cell());
    #[cfg(all(feature = "async", feature = "critical-section"))]
    {
        scenario!(bounded());
        scenario!(first());
        scenario!(interrupt(executors.low));
        scenario!(priority(executors));
    }
    #[cfg(feature = "async")]
    {
        scenario!(tasks(executors.low));
        scenario!(allocations(executors.low));
        scenario!(watch(executors.low));
    }
    passed
}

/// The name comes first, so that it is known of a scenario that never ends.
async fn run_one(name: &'static str, scenario: impl Future<Output = String>) {
    timer::in_scenario(name);
    print!("{name}: ");
    let live = heap::live();
    println!("{}", scenario.await);
    // A channel in a `static` stays.
    assert!(heap::live() == live || name == "watch", "{name}: {} bytes were leaked", heap::live() - live);
}
