//! The other channels of one value: a thin adapter each, which gives tokio's names to what that channel can do.

pub(crate) mod async_watch;
pub(crate) mod embassy_sync;
pub(crate) mod eyeball;
pub(crate) mod postage;
pub(crate) mod see;

use crate::workloads::parts::block_on;
use crate::workloads::{FAN_OUTS, Work};

/// In the order of the table's columns.
pub(crate) const NAMES: [&str; 5] = ["postage", "async-watch", "eyeball", "see", "embassy-sync"];

/// Where they promise less than this crate and tokio do, and what is therefore not measured.
pub(crate) const NOTES: [(&str, &str); 5] = [
    ("postage 0.5", "has one sender; a cancelled wait leaves its waker behind until the next send"),
    (
        "async-watch 0.3",
        "has one sender; it notifies after the new version shows, so a wait beside a send on another thread can \
         panic, and is not measured; wakers are called under a lock",
    ),
    (
        "eyeball 0.8",
        "calls wakers under the value's lock; a cancelled wait leaves its waker behind until the next send; closing \
         hides a last value that was not seen",
    ),
    (
        "see 0.1",
        "looks before it listens, so a wait beside a send on another thread can sleep through it, and is not measured; \
         wakers are called under a lock; closing hides a last value that was not seen",
    ),
    (
        "embassy-sync 0.8",
        "has room for a const N of receivers, 101 here, and never closes; its lock is here critical-section's for std, \
         which all channels share, and wakers are called under it",
    ),
];

workloads!(
    with_postage,
    [borrow send send_then_changed pending_then_send pending_then_dropped clone_and_drop subscribe_and_drop
        make_and_drop fan_out two_readers send_under_readers ping_pong ping_pong_blocking],
    crate::peers::postage
);
workloads!(
    with_async_watch,
    [borrow send send_then_changed pending_then_send pending_then_dropped clone_and_drop make_and_drop fan_out
        two_readers send_under_readers],
    crate::peers::async_watch
);
workloads!(
    with_eyeball,
    [borrow send send_then_changed pending_then_send pending_then_dropped clone_and_drop subscribe_and_drop
        make_and_drop fan_out two_readers send_under_readers ping_pong ping_pong_blocking],
    crate::peers::eyeball
);
workloads!(
    with_see,
    [borrow has_changed send send_then_changed pending_then_send pending_then_dropped clone_and_drop
        subscribe_and_drop make_and_drop fan_out two_readers send_under_readers],
    crate::peers::see
);
workloads!(
    with_embassy_sync,
    [borrow send send_then_changed pending_then_send pending_then_dropped subscribe_and_drop fan_out two_readers
        send_under_readers ping_pong ping_pong_blocking],
    crate::peers::embassy_sync
);

/// Those that can do the work of a row.
pub(crate) fn works(row: &str) -> Vec<(&'static str, Work)> {
    macro_rules! works {
        ($work:ident $args:tt: $($peer:literal $module:ident),*) => {
            vec![$(($peer, works!(@ $module $work $args))),*]
        };
        (@ $module:ident $work:ident ($($arg:expr),*)) => {
            Box::new(move |n| $module::$work($($arg,)* n)) as Work
        };
    }
    macro_rules! all {
        ($work:ident $args:tt) => {
            works!($work $args: "postage" with_postage, "async-watch" with_async_watch, "eyeball" with_eyeball,
                "see" with_see, "embassy-sync" with_embassy_sync)
        };
    }
    // Only those whose wake-ups also work from thread to thread.
    macro_rules! threads {
        ($work:ident $args:tt) => {
            works!($work $args: "postage" with_postage, "eyeball" with_eyeball, "embassy-sync" with_embassy_sync)
        };
    }
    if let Some((receivers, workers, ..)) = FAN_OUTS.into_iter().find(|fan_out| fan_out.2 == row) {
        let mut works = if workers == 1 { all!(fan_out(receivers, 1)) } else { threads!(fan_out(receivers, workers)) };
        works.retain(|(peer, _)| receivers < embassy_sync::RECEIVERS || *peer != "embassy-sync");
        return works;
    }
    match row {
        "borrow" => all!(borrow()),
        "has_changed" => works!(has_changed(): "see" with_see),
        "send, nobody waiting" => all!(send()),
        "send, then a ready changed" => all!(send_then_changed()),
        "changed pending, send, ready" => all!(pending_then_send()),
        "changed pending, dropped" => all!(pending_then_dropped()),
        "clone and drop a receiver" => works!(clone_and_drop(): "postage" with_postage,
            "async-watch" with_async_watch, "eyeball" with_eyeball, "see" with_see),
        "subscribe and drop" => works!(subscribe_and_drop(): "postage" with_postage, "eyeball" with_eyeball,
            "see" with_see, "embassy-sync" with_embassy_sync),
        "make and drop a channel" => works!(make_and_drop(): "postage" with_postage,
            "async-watch" with_async_watch, "eyeball" with_eyeball, "see" with_see),
        "two threads borrow" => all!(two_readers(false)),
        "two threads borrow, one sends" => all!(two_readers(true)),
        "send under two spinning readers" => all!(send_under_readers()),
        "ping-pong across two threads" => threads!(ping_pong()),
        "ping-pong across two threads, blocking" => {
            threads!(ping_pong_blocking(|rx| block_on(rx.changed()).is_ok()))
        }
        _ => vec![],
    }
}
