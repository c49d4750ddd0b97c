//! The other channels of one value. Each file adapts one of them to the traits that the workloads use, and notes where
//! it promises less than this crate and tokio do, and what is not measured for that reason.
//!
//! To add a channel, write its file, and add it here to the groups that it belongs to.

pub(crate) mod async_watch;
pub(crate) mod asyncband;
pub(crate) mod embassy_sync;
pub(crate) mod eyeball;
pub(crate) mod postage;
pub(crate) mod see;

use std::ops::Deref;

pub(crate) use self::async_watch::AsyncWatch;
pub(crate) use self::asyncband::Asyncband;
pub(crate) use self::embassy_sync::EmbassySync;
pub(crate) use self::eyeball::Eyeball;
pub(crate) use self::postage::Postage;
pub(crate) use self::see::See;
use crate::workloads::channel::Watch;

/// `peers!(group (work))`: the channels of a group, each with its name and the work. This does not compile if one of them does not
/// implement the trait that the work needs.
macro_rules! peers {
    (all $work:tt) => {
        peers!(@each [Postage AsyncWatch Eyeball See EmbassySync Asyncband] $work)
    };
    (on_heap $work:tt) => {
        peers!(@each [Postage AsyncWatch Eyeball See Asyncband] $work)
    };
    (across_threads $work:tt) => {
        peers!(@each [Postage Eyeball EmbassySync Asyncband] $work)
    };
    (on_heap_across_threads $work:tt) => {
        peers!(@each [Postage Eyeball Asyncband] $work)
    };
    (with_has_changed $work:tt) => {
        peers!(@each [See Asyncband] $work)
    };
    (with_subscribe $work:tt) => {
        peers!(@each [Postage Eyeball See EmbassySync Asyncband] $work)
    };
    (with_poll_changed $work:tt) => {
        peers!(@each [Postage Eyeball] $work)
    };
    (none $work:tt) => {
        &[]
    };
    (@each [$($peer:ident)+] (@name)) => {
        [$(<$crate::peers::$peer as Watch>::NAME),+]
    };
    (@each [$($peer:ident)+] $work:tt) => {
        &[$((<$crate::peers::$peer as Watch>::NAME, instance!($crate::peers::$peer, $work))),+]
    };
}

/// In the order of the table's columns.
pub(crate) const NAMES: [&str; 6] = peers!(all (@name));

/// A name with its version, and the note.
pub(crate) const NOTES: [(&str, &str); NAMES.len()] =
    [postage::NOTE, async_watch::NOTE, eyeball::NOTE, see::NOTE, embassy_sync::NOTE, asyncband::NOTE];

/// The error type for a channel that has none.
#[derive(Debug)]
pub(crate) struct Closed;

/// A copy of the value, from a channel that does not lend a reference to it.
pub(crate) struct Copied<T>(T);

impl<T> Deref for Copied<T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        &self.0
    }
}
