//! What a thread keeps for the next time.

use core::cell::Cell;

/// How many values a thread keeps. A call inside another call takes a second one.
const KEPT: usize = 4;

/// A thread-local store of values that are not in use, so steady state makes and drops none.
pub(crate) struct Pool<T>([Cell<Option<T>>; KEPT]);

impl<T> Pool<T> {
    pub(crate) const fn new() -> Self {
        Self([const { Cell::new(None) }; KEPT])
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.0.iter().find_map(Cell::take)
    }

    /// Moves the others up. Drops one if there are too many.
    pub(crate) fn put(&self, value: T) {
        let mut value = Some(value);
        for cell in &self.0 {
            value = cell.replace(value);
            if value.is_none() {
                return;
            }
        }
    }
}
