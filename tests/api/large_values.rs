//! Values of one mebibyte on small stacks. A stack that is too small aborts the test.
//!
//! No call needs more copies of the value on the stack than tokio's, which has the same bounds
//! below. The exceptions are `channel` and `Sender::new` in a debug build, which copies a value for
//! each function that takes it.
//!
//! How often the compiler copies depends on the target. The bounds here are for one target.

use std::hint::black_box;
use std::thread;

use watch_channel::{Cached, Watch, channel};

const SIZE: usize = 1 << 20;

#[derive(Clone, PartialEq)]
struct Large([u8; SIZE]);

impl Large {
    #[inline(always)]
    fn new(byte: u8) -> Self {
        Self([black_box(byte); SIZE])
    }
}

/// Calls `f` on a thread whose stack has room for `copies` and a quarter copies of the value.
fn with_room_for<R: Send + 'static>(copies: usize, f: fn() -> R) -> R {
    on(copies, f, |f| f()).1
}

/// Calls `f` with a handle, on a thread whose stack has room for `copies` and a quarter copies of
/// the value.
fn on<H: Send + 'static, R: Send + 'static>(copies: usize, handle: H, f: fn(&H) -> R) -> (H, R) {
    let thread = thread::Builder::new().stack_size(copies * SIZE + SIZE / 4);
    let call = move || {
        // A function that the compiler does not know is not inlined.
        let result = black_box(f)(&handle);
        (handle, result)
    };
    thread.spawn(call).unwrap().join().unwrap()
}

const fn copies(release: usize, debug: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { release }
}

/// Defines the same tests for this crate and for tokio.
macro_rules! tests {
    ($name:ident, $($channel:ident)::+, $channel_in_debug:literal) => {
        mod $name {
            use super::*;
            use $($channel)::+::channel;

            #[test]
            fn a_channel_is_made_in_place() {
                let (_tx, rx) = with_room_for(copies(1, $channel_in_debug), || channel(Large::new(1)));
                assert_eq!(rx.borrow().0[SIZE - 1], 1);
            }

            #[test]
            fn values_are_sent_and_read() {
                let (tx, rx) = with_room_for(20, || channel(Large::new(1)));
                let (tx, is_sent) = on(copies(3, 8), tx, |tx| tx.send(Large::new(2)).is_ok());
                let (tx, replaced) = on(copies(2, 4), tx, |tx| tx.send_replace(Large::new(3)).0[SIZE - 1]);
                let (rx, read) = on(copies(1, 2), rx, |rx| rx.borrow().clone().0[SIZE - 1]);
                assert_eq!((is_sent, replaced, read), (true, 2, 3));
                drop(rx);
                let is_sent = on(copies(3, 7), tx, |tx| tx.send(Large::new(2)).is_ok()).1;
                assert!(!is_sent, "the error holds the value");
            }
        }
    };
}

tests!(this_crate, watch_channel, 10);
tests!(tokios, tokio::sync::watch, 8);

#[test]
fn the_other_calls_need_no_more_than_tokios_send() {
    let (tx, rx) = with_room_for(20, || channel(Large::new(1)));
    let (tx, ()) = on(copies(1, 3), tx, |tx| tx.set(Large::new(2)));
    let (tx, is_set) = on(copies(3, 8), tx, |tx| tx.try_set(Large::new(3)).is_ok());
    let (_tx, is_changed) = on(copies(3, 8), tx, |tx| tx.set_if_changed(Large::new(4)).is_some());
    let (_rx, read) = on(copies(1, 2), rx, |rx| rx.get().0[SIZE - 1]);
    assert_eq!((is_set, is_changed, read), (true, true, 4));
}

#[test]
fn a_static_channel_is_made_in_place() {
    static WATCH: Watch<Large> = Watch::new(Large([5; SIZE]));
    let rx = with_room_for(copies(1, 12), || WATCH.subscribe());
    assert_eq!(rx.borrow().0[SIZE - 1], 5);
    // The value is moved once more, into its box.
    let cached = with_room_for(copies(2, 5), || Box::new(Cached::new(WATCH.subscribe())));
    assert_eq!(cached.peek().0[SIZE - 1], 5);
}
