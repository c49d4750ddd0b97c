//! How a caller waits that does not get a lock at once.

/// Pauses that grow with every step.
///
/// With threads it spins for about a microsecond, yields a few times, and then sleeps for 4, 8, ... 128 microseconds, which
/// leaves the core to other threads. Without threads it spins.
#[derive(Default)]
pub(crate) struct Backoff {
    step: u32,
}

impl Backoff {
    /// Pauses once.
    #[cold]
    #[inline(never)]
    pub(crate) fn snooze(&mut self) {
        let step = self.step;
        self.step = (step + 1).min(16);
        #[cfg(all(loom, feature = "loom"))]
        return loom::thread::yield_now();
        #[cfg(all(feature = "std", not(target_family = "wasm"), not(all(loom, feature = "loom"))))]
        match step.checked_sub(6) {
            None => (),
            Some(0..4) => return std::thread::yield_now(),
            Some(sleeps) => return std::thread::sleep(core::time::Duration::from_micros(4 << (sleeps - 4).min(5))),
        }
        #[cfg(not(all(loom, feature = "loom")))]
        (0..1 << step.min(12)).for_each(|_: u32| core::hint::spin_loop());
    }
}
