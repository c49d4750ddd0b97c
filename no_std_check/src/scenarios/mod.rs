//! The scenarios, one in each file.

mod allocations;
mod cell;
#[cfg(feature = "two-cores")]
mod cores;
#[cfg(feature = "event-listener")]
mod listen;
mod tasks;
mod watch;

// In these, interrupts share channels.
#[cfg(feature = "critical-section")]
mod blocked_sender;
#[cfg(feature = "critical-section")]
mod bounded;
#[cfg(feature = "critical-section")]
mod first;
#[cfg(feature = "critical-section")]
mod interrupt;
#[cfg(feature = "critical-section")]
mod priority;

use alloc::string::String;

use semihosting::{print, println};

use crate::{Executors, heap, timer};

/// Runs all scenarios that the features allow, one after the other, and returns how many there were.
pub(crate) async fn run(executors: Executors) -> u32 {
    let mut passed = 0;
    macro_rules! scenario {
        ($name:ident($($executors:expr)?)) => {
            run_one(stringify!($name), $name::run($($executors)?)).await;
            passed += 1;
        };
    }
    // Both cores run at the same time, and nothing repeats exactly. The other scenarios measure, and need one core.
    #[cfg(feature = "two-cores")]
    if let Some(other) = executors.other {
        scenario!(cores([executors.low, other]));
        return passed;
    }
    scenario!(cell());
    #[cfg(feature = "critical-section")]
    {
        scenario!(bounded());
        scenario!(first());
        scenario!(interrupt(executors.low));
        scenario!(priority(executors));
        scenario!(blocked_sender(executors));
    }
    scenario!(tasks(executors.low));
    #[cfg(feature = "event-listener")]
    scenario!(listen(executors.low));
    scenario!(allocations(executors.low));
    scenario!(watch(executors.low));
    passed
}

/// Runs a scenario. It prints the name first, so the output shows which scenario hangs.
async fn run_one(name: &'static str, scenario: impl Future<Output = String>) {
    timer::in_scenario(name);
    print!("{name}: ");
    let live = heap::live();
    println!("{}", scenario.await);
    // A channel in a `static` is never freed.
    assert!(heap::live() == live || name == "watch", "{name}: {} bytes have leaked", heap::live() - live);
}
