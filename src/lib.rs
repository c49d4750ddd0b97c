//! A channel that keeps only the latest value, for any executor, plain threads and
//! microcontrollers.
//!
//! [`channel`](channel()) returns a [`Sender`] and a [`Receiver`]. Any number of senders can change
//! the value. Each receiver tracks which version of the value it has seen, and can wait for the
//! next one. It is `tokio::sync::watch` without the runtime: the same names, meanings and errors,
//! so `use watch_channel as watch;` is enough to port a program.
//!
//! ```
//! # #[cfg(all(feature = "std", not(target_family = "wasm")))] {
//! let (tx, mut rx) = watch_channel::channel("starting");
//! tx.set("ready");
//! // Waits for a value that `rx` has not seen, and marks it as seen.
//! // (On a thread. In a task, write `rx.recv().await`.)
//! assert_eq!(rx.recv().wait(), Ok("ready"));
//! tx.set("draining");
//! tx.set("stopping");
//! drop(tx); // closes the channel
//! assert_eq!(rx.recv().wait(), Ok("stopping"));
//! assert!(rx.recv().wait().is_err());
//! # }
//! ```
//!
//! A receiver sees the *latest* value, not every value: above, it never sees "draining". If every
//! message matters, use a broadcast or mpsc channel.
//!
//! | to | see |
//! |---|---|
//! | stop tasks, and wait until they have ended | [a shutdown signal](guide::closing#a-shutdown-signal) |
//! | watch one field of a value | [`Receiver::map`], and [derived state](guide::derived) |
//! | wait on a thread, with a time limit | [waiting on a thread](#waiting-on-a-thread) |
//! | send from an interrupt handler | [from interrupts](guide::firmware#from-interrupts) |
//! | use a channel in a main loop, without an executor | [without an executor](guide::firmware#without-an-executor) |
//! | wait for several things at once | [the guide on waiting](guide::waiting) |
//! | avoid the usual mistakes | [pitfalls](guide::reading#pitfalls) |
//! | port code from tokio, embassy-sync, crossbeam and others | [the guide on porting](guide::porting) |
//! | use a channel in a library | [the guide for libraries](guide::libraries) |
//!
//! # Seen and unseen
//!
//! Each send makes a new version of the value. A version is *unseen* for a receiver until the
//! receiver marks it as seen.
//!
//! - A receiver from [`channel`](channel()) or [`Sender::subscribe`] has seen the current value.
//!   One from [`Sender::subscribe_unseen`] has not, so its first wait returns at once. A clone
//!   starts out having seen the same version.
//! - [`recv`](Receiver::recv), [`get_and_update`](Receiver::get_and_update),
//!   [`with_and_update`](Receiver::with_and_update),
//!   [`borrow_and_update`](Receiver::borrow_and_update) and [`wait_for`](Receiver::wait_for) mark
//!   the value that they return as seen. [`get`](Receiver::get), [`with`](Receiver::with) and
//!   [`borrow`](Receiver::borrow) mark nothing.
//! - [`mark_changed`](Receiver::mark_changed) and [`mark_unchanged`](Receiver::mark_unchanged) mark
//!   without reading.
//! - A [`Version`] is a token to compare: [`Receiver::version`], [`Sender::version`],
//!   [`Ref::version`].
//!
//! # Waiting for a new value
//!
//! | to | call |
//! |---|---|
//! | take the next value | [`recv`](Receiver::recv), [`recv_if`](Receiver::recv_if) |
//! | wait until there is one | [`changed`](Receiver::changed) |
//! | wait for a condition | [`wait_until`](Receiver::wait_until), [`wait_for_map`](Receiver::wait_for_map), [`wait_for`](Receiver::wait_for) |
//! | check without waiting | [`try_recv`](Receiver::try_recv), [`has_unseen`](Receiver::has_unseen), [`has_changed`](Receiver::has_changed) |
//!
//! [`changed`](Receiver::changed) returns once the current version is unseen, and marks it as seen;
//! it does not return the value. [`recv`](Receiver::recv) is `changed` and a copy in one call.
//! Hand-written futures can use [`poll_changed`](Receiver::poll_changed), and [`WatchStream`] is a
//! `Stream`. [`listen`](Receiver::listen) returns an `EventListener`, which you can combine with
//! other crates of the smol family.
//!
//! # Waiting on a thread
//!
//! Every wait is a future. In a task, `.await` it. On a thread without an executor, call one of its
//! three methods instead: `.wait()`, `.wait_timeout(Duration)` or `.wait_deadline(Instant)`. They
//! need the feature `std`, and do not exist on WebAssembly.
//!
//! | | in a task | on a thread |
//! |---|---|---|
//! | the next value | `rx.recv().await?` | `rx.recv().wait()?` |
//! | the same, for a second at most | your executor's `timeout` | `rx.recv().wait_timeout(Duration::from_secs(1))?` |
//! | a state | `rx.wait_until(f).await?` | `rx.wait_until(f).wait()?` |
//! | no receiver is left | `tx.closed().await` | `tx.closed().wait()` |
//!
//! With a time limit, the error is [`RecvTimeoutError`](error::RecvTimeoutError): the limit has
//! passed, or the channel is closed. `closed` and `opened` return `false` after the limit.
//!
//! The thread sleeps until the wait is over. It neither uses nor leaves the token of [`park`] and
//! `unpark`, so your own code can use them. A thread's first wait allocates what the thread sleeps
//! on, and later waits use it again.
//!
//! [`park`]: https://doc.rust-lang.org/std/thread/fn.park.html
//!
//! # Reading
//!
//! | | returns | senders wait |
//! |---|---|---|
//! | [`get`](Receiver::get) | a copy | while it is cloned |
//! | [`with`](Receiver::with) | what your closure returns | while the closure runs |
//! | [`borrow`](Receiver::borrow) | a [`Ref`] to the value | as long as the `Ref` lives |
//! | [`Cached::get`] | a reference to a local copy, refreshed when the version has moved | while a newer value is cloned |
//! | [`Mapped::get`] | a reference to what a function made from the value, refreshed in the same way | while the function runs |
//!
//! Read with `get` or `with` if you can, and with a [`Cached`] on a hot path: while there is no new
//! value, a read of it is one atomic load. Take a `Ref` where the value is neither cheap to copy
//! nor easy to use in a closure, and drop it before the next `.await`. Clippy can check that with
//! this entry in your `clippy.toml`:
//!
//! ```toml
//! await-holding-invalid-types = [
//!     { path = "watch_channel::Ref", reason = "senders wait while it lives: use `get`, `with` or `wait_for_map`" },
//! ]
//! ```
//!
//! # Sending
//!
//! [`Sender::set`] always stores the value. [`Sender::send`] stores it only if there is a receiver
//! and otherwise returns it in an error, as tokio's does.
//! [`set_if_changed`](Sender::set_if_changed) stores a value only if it differs,
//! [`send_modify`](Sender::send_modify) and [`send_if_modified`](Sender::send_if_modified) change
//! it in place, and [`try_set`](Sender::try_set) never waits. [`Watch`] is a channel in a `static`,
//! with all methods of a sender.
//!
//! # Closing
//!
//! The channel is closed when its last [`Sender`] is dropped. Receivers see the last value first,
//! if it is unseen, and then [`RecvError`](error::RecvError). In the other direction,
//! [`Sender::closed`] waits until all receivers have been dropped. [`Sender::send`] then fails
//! until there is a new receiver, and [`Sender::opened`] waits for one. A [`WeakSender`] does not
//! keep the channel open. A [`Watch`] in a `static` never closes.
//!
//! # Blocking, fairness and deadlocks
//!
//! The value is behind a lock that readers share. Only calls that read or change the value take it:
//! checking for a new version and waiting for one never wait for readers or senders. With `std`, a
//! thread that waits for the lock sleeps. No thread starves, whatever others call and hold, and a
//! free lock is not kept for a thread that gets no processor. A second [`borrow`](Receiver::borrow)
//! on one thread never deadlocks. A send on a thread that holds a [`Ref`] of the channel would wait
//! forever: with `std` and debug assertions it panics instead, and the message names both places.
//! [`Sender`'s section on blocking](Sender#blocking) has the details, and says what is not
//! promised.
//!
//! Wakers are called, and old values are dropped, with no lock held. The closures that you pass,
//! and the value's own `clone`, `==` and `Debug`, run while the value is locked.
//!
//! # Cancel safety
//!
//! All waits are cancel safe. If a future of this crate is dropped before it is ready, no waker is
//! left registered, and no value has been marked as seen, with two exceptions: values that the
//! closure of [`wait_for`](Receiver::wait_for), [`wait_until`](Receiver::wait_until) or
//! [`wait_for_map`](Receiver::wait_for_map) has rejected, and values that have not changed the
//! result of a [`Mapped`]. The futures have names ([`Changed`], [`Recv`], [`WaitFor`], [`Closed`]
//! and so on) and are `Unpin`. So they can be kept in structs, and polled by `&mut` in
//! `tokio::select!` and, with the feature `stream`, in `futures::select!`.
//!
//! # Panics
//!
//! - A call panics if it runs your code and that code panics: a closure, the value's `clone` or
//!   `==`, or a waker that is called, cloned or dropped. The channel stays usable. The value stays
//!   unseen, unless the method says otherwise. If [a waker panics](Sender#wakers-that-panic) while
//!   a call wakes tasks, all others are woken first.
//! - In debug builds with `std`, a call that would [wait for its own thread](Sender#blocking)
//!   panics.
//! - Without `std` and with `critical-section`, a call that would wait for the closure that makes
//!   it panics, in every build: see [what hangs and what
//!   panics](guide::firmware#what-hangs-and-what-panics).
//! - Making a handle panics if the channel already has `usize::MAX / 4` of that kind, which is
//!   possible only with `mem::forget`.
//!
//! The methods do not repeat this. Their sections on panics list only what is not here.
//!
//! # Without the standard library
//!
//! With `default-features = false` the crate needs only `alloc`, and has the whole async API.
//! Targets without compare-and-swap need one of portable-atomic's back ends, which the firmware
//! chooses. With the feature `critical-section`, tasks and interrupts of any priority can share
//! channels. On bare metal, the crate does not build without that feature unless you enable
//! `single-context`, which promises that no interrupt handler uses a channel. [Two
//! cores](guide::firmware#two-cores) can share channels with either feature.
//!
//! WebAssembly has the whole async API, with and without `std`. It has no blocking waits. Workers
//! can share channels if the program is built with the target feature `atomics`. See [the guide for
//! libraries](guide::libraries#webassembly).
//!
//! # Compared with tokio
//!
#![doc = include_str!("../benches/summary.svg")]
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `std` | yes | threads: [`.wait()`](#waiting-on-a-thread) on every future, a fair lock whose waiting threads sleep, and the deadlock detector in debug builds. On WebAssembly it adds none of these |
//! | `event-listener` | yes | [`listen`](Receiver::listen) and [`listen_closed`](Sender::listen_closed): listeners that own what they need |
//! | `stream` | | [`WatchStream`], and `FusedFuture` for all futures, which `futures::select!` asks for |
//! | `tokio` | | waits take part in tokio's cooperative budget: enable it if tasks run on tokio; it enables `std` |
//! | `defmt` | | `Format` for handles and errors |
//! | `critical-section` | | without `std`: locks become critical sections, so interrupts may use a channel; the firmware supplies the implementation. With `std` it has no effect on a channel |
//! | `single-context` | | a promise for bare metal without `critical-section`: no interrupt handler uses a channel |
//! | `loom` | | unstable: with `--cfg loom`, the channel is part of your own loom models |
//!
//! Features only add: none removes a method or changes its meaning. There is no `unsafe` in the
//! crate.
#![cfg_attr(
    not(all(feature = "std", feature = "event-listener", feature = "stream")),
    expect(rustdoc::broken_intra_doc_links, reason = "without a feature, links to what it adds are plain text")
)]
#![no_std]
#![forbid(unsafe_code)]
#![warn(
    clippy::alloc_instead_of_core,
    clippy::disallowed_types,
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core
)]
// Badges of features, without the names that only model checking sets.
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(loom, loom_event_listener, feature = "loom"))))]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// Such a build would link and run until an interrupt handler waits for a lock that the interrupted
// code holds.
#[cfg(all(target_os = "none", not(any(feature = "std", feature = "critical-section", feature = "single-context"))))]
compile_error!(
    "on bare metal, an interrupt handler that uses a watch channel can hang the firmware: enable the feature \
     `critical-section` of watch-channel, and let the firmware supply an implementation for the crate `critical-section`; \
     or, if no interrupt handler ever uses a channel, enable the feature `single-context`"
);

#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;

// First, because macros are only known below their definition.
#[macro_use]
mod cfg;
#[macro_use]
pub mod error;
#[macro_use]
mod every_wait;

cfg_if! { if #[threads] { mod blocking; } }
mod cached;
mod channel;
mod coop;
mod flash;
mod futures;
mod guard;
#[cfg(doc)]
pub mod guide;
mod lock;
mod mapped;
mod receiver;
mod sender;
#[cfg_attr(not(all(loom, feature = "loom")), expect(clippy::disallowed_types, reason = "this is the facade"))]
mod sync;
mod wake;

// Last, because rustdoc shows a type's methods in this order.
mod adapters;

#[cfg(feature = "stream")]
pub use crate::adapters::WatchStream;
pub use crate::cached::{Cached, CachedChanged};
pub use crate::channel::state::Version;
pub use crate::futures::{Changed, Closed, Opened, Recv, RecvIf, WaitFor, WaitForMap, WaitUntil};
pub use crate::guard::Ref;
pub use crate::mapped::{Mapped, MappedChanged, MappedRecv};
pub use crate::receiver::Receiver;
pub use crate::sender::{Sender, WeakSender, channel};
cfg_if! { if #[not(model)] { mod watch; pub use crate::watch::Watch; } }
