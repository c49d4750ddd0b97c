//! The function that explores a model. The models here use it, and so do those of the crate's parts
//! in `src/`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use loom::model::Builder;

/// More preemptions than any model has, so all interleavings are explored.
pub(crate) const UNBOUNDED: usize = 100;

/// The bound of a model that takes from ten seconds to some minutes with `full`. If `LOOM_SHORT` is
/// set, it is `short`.
pub(crate) fn shorter(full: usize, short: usize) -> usize {
    if std::env::var_os("LOOM_SHORT").is_some() { short } else { full }
}

/// Explores all interleavings with at most `preemptions` preemptions, and returns their outcomes.
pub(crate) fn model<R: Ord + Send + 'static>(
    preemptions: usize,
    f: impl Fn() -> R + Send + Sync + 'static,
) -> BTreeSet<R> {
    let outcomes = Arc::new(Mutex::new(BTreeSet::new()));
    let mut builder = Builder::new();
    builder.preemption_bound = builder.preemption_bound.or(Some(preemptions));
    builder.max_branches = 10_000;
    builder.check({
        let outcomes = outcomes.clone();
        move || {
            let outcome = f();
            outcomes.lock().unwrap().insert(outcome);
        }
    });
    core::mem::take(&mut *outcomes.lock().unwrap())
}
