//! What [`Cached`](crate::Cached) and [`Mapped`](crate::Mapped) share: a receiver, and a result of its own that was made from the
//! value that the receiver has seen last.

use core::mem;
use core::task::{Context, Poll, ready};

use crate::channel::Channel;
use crate::channel::state::Version;
use crate::channel::wait::Wait;
use crate::coop::poll_within_budget;
use crate::error::RecvError;
use crate::lock::deadlock::{CallSite, caller};
use crate::receiver::Receiver;

#[derive(Clone, Debug)]
pub(crate) struct Derived<T, U> {
    /// What was made from the value that `receiver` has seen last?
    pub(crate) result: U,
    pub(crate) receiver: Receiver<T>,
}

/// How a result is made from a value, and which results count as changes.
pub(crate) trait Rule<T, U> {
    /// Makes a result. It runs while the value is locked.
    fn make(&mut self, value: &T) -> U;

    /// Returns `true` if the result is to replace the present one.
    fn is_change(&self, present: &U, new: &U) -> bool;
}

impl<T, U> Derived<T, U> {
    /// Makes a result from the current value, and marks the value as seen.
    #[track_caller]
    pub(crate) fn new(mut receiver: Receiver<T>, rule: &mut impl Rule<T, U>) -> Self {
        let result = receiver.with_and_update(|value| rule.make(value));
        Self { result, receiver }
    }

    /// Looks at the value if it has not been seen, and marks it as seen. Returns `true` if the result has changed.
    #[inline]
    #[track_caller]
    pub(crate) fn update(&mut self, rule: &mut impl Rule<T, U>) -> bool {
        self.receiver.has_unseen() && self.refresh(rule)
    }

    #[cold]
    #[track_caller]
    fn refresh(&mut self, rule: &mut impl Rule<T, U>) -> bool {
        let Receiver { channel, cursor } = &mut self.receiver;
        look(channel, &mut cursor.seen, &mut self.result, rule, caller(), |_| ()).is_some()
    }

    /// Begins a wait for the next change of the result.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> (Wait<'_, T>, &mut U) {
        (self.receiver.wait(), &mut self.result)
    }
}

impl<T> Wait<'_, T> {
    /// Polls for a version that changes `result`. Returns what `deliver` returns for the new result. Looks at each version once.
    pub(crate) fn poll_derived<U, R>(
        &mut self,
        cx: &mut Context<'_>,
        result: &mut U,
        rule: &mut impl Rule<T, U>,
        deliver: impl Fn(&U) -> R,
    ) -> Poll<Result<R, RecvError>> {
        poll_within_budget(cx, |cx| {
            loop {
                // A copy of the version: it is marked as seen once the result is there.
                ready!(self.poll(|channel, cursor| {
                    channel.poll_since(&mut cursor.seen.clone(), &mut cursor.registration, cx)
                }))?;
                let seen = &mut self.cursor.seen;
                if let Some(delivered) = look(self.channel, seen, result, rule, self.caller, &deliver) {
                    return Poll::Ready(Ok(delivered));
                }
            }
        })
    }
}

/// Makes a result from the current value, and marks the value as seen. If it is a change, replaces `result` and returns what
/// `deliver` returns. If anything panics, the value stays unseen and `result` as it is.
fn look<T, U, R>(
    channel: &Channel<T>,
    seen: &mut Version,
    result: &mut U,
    rule: &mut impl Rule<T, U>,
    caller: CallSite,
    deliver: impl Fn(&U) -> R,
) -> Option<R> {
    let (new, version) = channel.with(caller, |value, version| (rule.make(value), version));
    let delivered = rule.is_change(result, &new).then(|| deliver(&new));
    seen.update(version);
    if delivered.is_some() {
        // Dropped last, because that may panic.
        drop(mem::replace(result, new));
    }
    delivered
}
