//! Counts the bytes that the whole program has allocated, and the values that are alive.

use std::sync::atomic::{AtomicIsize, Ordering};

use crate::common::allocator::Observed;

static LIVE_BYTES: AtomicIsize = AtomicIsize::new(0);

#[global_allocator]
static ALLOCATOR: Observed = Observed(|bytes| _ = LIVE_BYTES.fetch_add(bytes, Ordering::Relaxed));

/// The bytes that are allocated.
pub(crate) fn live_bytes() -> isize {
    LIVE_BYTES.load(Ordering::Relaxed)
}

/// Counts the values that are alive: each value has one of these.
#[derive(Debug)]
pub(crate) struct Live(());

static LIVE_VALUES: AtomicIsize = AtomicIsize::new(0);

impl Live {
    pub(crate) fn new() -> Self {
        LIVE_VALUES.fetch_add(1, Ordering::Relaxed);
        Self(())
    }

    pub(crate) fn count() -> isize {
        LIVE_VALUES.load(Ordering::Relaxed)
    }
}

impl Clone for Live {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        LIVE_VALUES.fetch_sub(1, Ordering::Relaxed);
    }
}
