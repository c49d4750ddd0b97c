//! The limit on requests per minute.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);

/// Counts the requests of the current minute. The limit is passed with each request and not stored, so a new limit applies to
/// the very next request.
#[derive(Default)]
pub(crate) struct Window(Mutex<Option<Counted>>);

struct Counted {
    since: Instant,
    requests: u64,
}

impl Window {
    /// Counts a request, or returns how long to wait until the next one can pass.
    pub(crate) fn pass(&self, limit: u64) -> Result<(), Duration> {
        let now = Instant::now();
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = counted.take_if(|counted| now < counted.since + MINUTE);
        let Counted { since, requests } = current.unwrap_or(Counted { since: now, requests: 0 });
        let passes = requests < limit;
        *counted = Some(Counted { since, requests: requests + u64::from(passes) });
        if passes { Ok(()) } else { Err(since + MINUTE - now) }
    }
}
