//! The sizes of handles and waits, on 64-bit targets.

use std::mem::size_of;

use watch_channel::{Receiver, Sender, Version, WeakSender};

#[test]
fn handles_are_a_few_words() {
    assert_eq!(size_of::<Sender<[u64; 9]>>(), 8);
    assert_eq!(size_of::<WeakSender<[u64; 9]>>(), 8);
    assert_eq!(size_of::<Receiver<[u64; 9]>>(), 32);
    assert_eq!(size_of::<Option<Receiver<u64>>>(), size_of::<Receiver<u64>>());
    assert_eq!(size_of::<Version>(), 8);
}

#[test]
fn a_senders_waits_are_three_words() {
    assert_eq!(size_of::<watch_channel::Closed<'_, [u64; 9]>>(), 24);
    assert_eq!(size_of::<watch_channel::Opened<'_, [u64; 9]>>(), 24);
}

/// The size of the closure comes on top of that. A debug build also keeps the place of the call.
#[cfg(not(debug_assertions))]
#[test]
fn a_ref_is_five_words_and_a_receivers_waits_are_three() {
    assert_eq!(size_of::<watch_channel::Ref<'_, [u64; 9]>>(), 40);
    assert_eq!(size_of::<watch_channel::Changed<'_, [u64; 9]>>(), 24);
    assert_eq!(size_of::<watch_channel::WaitFor<'_, [u64; 9], fn(&[u64; 9]) -> bool>>(), 32);
    assert_eq!(size_of::<watch_channel::WaitForMap<'_, [u64; 9], ()>>(), 24);
    assert_eq!(size_of::<watch_channel::WaitUntil<'_, [u64; 9], ()>>(), 24);
    assert_eq!(size_of::<watch_channel::Recv<'_, [u64; 9]>>(), 24);
    assert_eq!(size_of::<watch_channel::RecvIf<'_, [u64; 9], ()>>(), 32);
    assert_eq!(size_of::<watch_channel::CachedChanged<'_, [u64; 9]>>(), 32);
    assert_eq!(size_of::<watch_channel::MappedChanged<'_, [u64; 9], u64, ()>>(), 40);
    assert_eq!(size_of::<watch_channel::MappedRecv<'_, [u64; 9], u64, ()>>(), 40);
}
