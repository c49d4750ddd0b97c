//! Values of one mebibyte on small stacks. A stack that is too small aborts the test.
//!
//! No call needs more copies of the value on the stack than tokio's, which has the same bounds
//! below. The exceptions are `channel` and `Sender::new` in a debug build, which copies a value for
//! each function that takes it.
//!
//! How often the compiler copies depends on the target. The bounds here are for one target.

use std::hint::black_box;
use std::thread;

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
fn with_room_for<R: Send + 'static>(copies: usize, f: impl FnOnce() -> R + Send + 'static) -> R {
    thread::Builder::new().stack_size(copies * SIZE + SIZE / 4).spawn(f).unwrap().join().unwrap()
}

/// Calls `f` with a handle, on a thread whose stack has room for `copies` and a quarter copies of
/// the value.
fn on<H: Send + 'static, R: Send + 'static>(copies: usize, handle: H, f: fn(&H) -> R) -> (H, R) {
    with_room_for(copies, move || {
        let result = f(&handle);
        (handle, result)
    })
}

const fn copies(release: usize, debug: usize) -> usize {
    if cfg!(debug_assertions) { debug } else { release }
}

/// Defines the same tests for this crate and for tokio.
macro_rules! tests {
    ($name:ident, $($channel:ident)::+, $channel_in_debug:literal) => {
        mod $name {
            use super::*;
            use $($channel)::+::{Receiver, Sender, channel};

            #[inline(never)]
            fn make() -> (Sender<Large>, Receiver<Large>) {
                channel(Large::new(1))
            }

            #[inline(never)]
            fn send(tx: &Sender<Large>) -> bool {
                tx.send(Large::new(2)).is_ok()
            }

            #[inline(never)]
            fn replace(tx: &Sender<Large>) -> u8 {
                tx.send_replace(Large::new(3)).0[SIZE - 1]
            }

            #[inline(never)]
            fn read(rx: &Receiver<Large>) -> u8 {
                rx.borrow().clone().0[SIZE - 1]
            }

            #[test]
            fn a_channel_is_made_in_place() {
                let (_tx, rx) = with_room_for(copies(1, $channel_in_debug), make);
                assert_eq!(rx.borrow().0[SIZE - 1], 1);
            }

            #[test]
            fn values_are_sent_and_read() {
                let (tx, rx) = with_room_for(20, make);
                let (tx, is_sent) = on(copies(3, 8), tx, send);
                let (tx, replaced) = on(copies(2, 4), tx, replace);
                let (rx, read) = on(copies(1, 2), rx, read);
                assert_eq!((is_sent, replaced, read), (true, 2, 3));
                drop(rx);
                assert!(!on(copies(3, 7), tx, send).1, "the error holds the value");
            }
        }
    };
}

tests!(this_crate, watch_channel, 10);
tests!(tokios, tokio::sync::watch, 8);

mod more {
    use super::*;
    use watch_channel::{Cached, Receiver, Sender, Watch, channel};

    #[inline(never)]
    fn make() -> (Sender<Large>, Receiver<Large>) {
        channel(Large::new(1))
    }

    #[inline(never)]
    fn set(tx: &Sender<Large>) {
        tx.set(Large::new(2));
    }

    #[inline(never)]
    fn try_set(tx: &Sender<Large>) -> bool {
        tx.try_set(Large::new(3)).is_ok()
    }

    #[inline(never)]
    fn set_if_changed(tx: &Sender<Large>) -> bool {
        tx.set_if_changed(Large::new(4)).is_some()
    }

    #[inline(never)]
    fn get(rx: &Receiver<Large>) -> u8 {
        rx.get().0[SIZE - 1]
    }

    #[test]
    fn the_other_calls_need_no_more_than_tokios_send() {
        let (tx, rx) = with_room_for(20, make);
        let (tx, ()) = on(copies(1, 3), tx, set);
        let (tx, is_set) = on(copies(3, 8), tx, try_set);
        let (_tx, is_changed) = on(copies(3, 8), tx, set_if_changed);
        assert_eq!((is_set, is_changed, on(copies(1, 2), rx, get).1), (true, true, 4));
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
}
