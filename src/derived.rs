//! What [`Cached`](crate::Cached) and [`Mapped`](crate::Mapped) share: a result made from the value
//! that their receiver has seen last.

use core::mem;
use core::task::{Context, Poll, ready};

use crate::channel::wait::{PollReceiver, Wait};
use crate::coop::poll_within_budget;

impl<T> Wait<'_, T> {
    /// Polls until a new value changes `result`, and looks at each version once. The parameters are
    /// those of [`derive`](Self::derive).
    pub(crate) fn poll_derived<U, R>(
        &mut self,
        cx: &mut Context<'_>,
        result: &mut U,
        make: &mut impl FnMut(&T) -> U,
        change: impl Fn(&U, &U) -> Option<R>,
    ) -> PollReceiver<R> {
        poll_within_budget(cx, |cx| {
            loop {
                // Marked as seen once the result is there.
                ready!(self.poll(|channel, cursor| channel.poll_newer(cursor.seen, cursor, cx)))?;
                if let Some(changed) = self.derive(result, make, &change) {
                    return Poll::Ready(Ok(changed));
                }
            }
        })
    }

    /// Makes a result from the current value, under the value's lock, and marks the value as seen.
    /// `change` compares the present and the new result, and returns `Some` if the new one is to
    /// replace the present one. Its return value is returned.
    ///
    /// If anything panics, the value stays unseen and `result` unchanged.
    #[cold]
    pub(crate) fn derive<U, R>(
        &mut self,
        result: &mut U,
        make: &mut impl FnMut(&T) -> U,
        change: impl FnOnce(&U, &U) -> Option<R>,
    ) -> Option<R> {
        let (new, version) = self.channel.with(self.caller, |value, version| (make(value), version));
        let changed = change(result, &new);
        self.cursor.seen.update(version);
        if changed.is_some() {
            // Dropped last, because that may panic.
            drop(mem::replace(result, new));
        }
        changed
    }
}
