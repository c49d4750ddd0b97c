//! Whose turn it is to try the value's lock.
//!
//! Both implementations have the same names:
//!
//! | name | what it does |
//! |---|---|
//! | `Queue::admits` | returns `true` if a caller may try the lock before it asks for a turn; if `is_attempt`, the caller does not ask for one |
//! | `slow_path` | runs the path that waits; out of line where there is a fast path |
//! | `Queue::turn` | returns a `Turn`; each `Turn::wait` returns when the caller may try the lock; the turn ends when it is dropped, with or without the lock |
//! | `Queue::on_release` | notes a guard of the channel; returns an `OnRelease`, dropped right after the lock guard, which removes the note and wakes a thread |
//! | `Queue::closure` | returns a value that lives while one of the user's closures runs with the lock held |
//!
//! `threads.rs` is for builds with threads: they sleep, and no thread starves. It asks `guards.rs`
//! which guards a thread holds. `spinning.rs` is for all other builds, where a caller can only try
//! again.

cfg_if! {
    if #[threads] {
        mod guards;
        mod threads;
        pub(crate) use self::threads::{OnRelease, Queue, slow_path};
    } else {
        mod spinning;
        pub(crate) use self::spinning::{OnRelease, Queue, slow_path};
    }
}
