//! How a caller waits that does not get a lock at once.

/// Pauses that grow with every step.
///
/// With threads it spins for about a microsecond, yields a few times, and then sleeps, which leaves the core to other
/// threads. Without threads it spins.
#[derive(Debug)]
pub(crate) struct Backoff {
    step: u32,
}

impl Backoff {
    /// Steps that spin, for 1, 2, 4, ... iterations.
    const SPINS: u32 = 6;
    /// The step at which a pause stops growing.
    const LAST: u32 = 16;

    pub(crate) const fn new() -> Self {
        Self { step: 0 }
    }

    /// Pauses once.
    #[cold]
    #[inline(never)]
    pub(crate) fn snooze(&mut self) {
        if self.step < Self::SPINS {
            Self::spin(self.step);
        } else {
            Self::pause(self.step);
        }
        self.step = (self.step + 1).min(Self::LAST);
    }

    fn spin(step: u32) {
        for _ in 0..1 << step {
            core::hint::spin_loop();
        }
    }

    /// Yields four times, then sleeps for 4, 8, ... 128 microseconds.
    #[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
    fn pause(step: u32) {
        match step - Self::SPINS {
            0..4 => std::thread::yield_now(),
            sleeps => std::thread::sleep(core::time::Duration::from_micros(4 << (sleeps - 4).min(5))),
        }
    }

    #[cfg(all(not(all(feature = "std", not(target_family = "wasm"))), not(all(loom, feature = "loom"))))]
    fn pause(step: u32) {
        Self::spin(step.min(12));
    }

    #[cfg(all(loom, feature = "loom"))]
    fn pause(_: u32) {
        loom::thread::yield_now();
    }
}
