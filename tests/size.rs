//! How many bytes handles and waits take, on 64-bit targets.
#![cfg(target_pointer_width = "64")]

use std::mem::size_of;

use watch_channel::{Receiver, Sender, Version, WeakSender};

#[test]
fn handles_are_a_few_words() {
    assert_eq!(size_of::<Sender<[u64; 9]>>(), 8);
    assert_eq!(size_of::<WeakSender<[u64; 9]>>(), 8);
    assert_eq!(size_of::<Receiver<[u64; 9]>>(), if cfg!(feature = "event-listener") { 24 } else { 16 });
    assert_eq!(size_of::<Option<Receiver<u64>>>(), size_of::<Receiver<u64>>());
    assert_eq!(size_of::<Version>(), 8);
}

#[cfg(not(debug_assertions))]
#[test]
fn a_ref_is_two_words() {
    assert_eq!(size_of::<watch_channel::Ref<'_, [u64; 9]>>(), 16);
}

/// Not more: compilers differ in how well they pack a future.
#[test]
fn waits_are_no_more_than_they_need() {
    use std::mem::size_of_val;

    let (tx, mut rx) = watch_channel::channel([0u64; 9]);
    let changed = size_of_val(&rx.changed());
    let sizes = [changed, size_of_val(&rx.wait_for(|_| true)), size_of_val(&tx.closed())];
    println!("changed, wait_for, closed: {sizes:?} bytes");
    assert!(sizes.iter().zip([176, 192, 168]).all(|(size, at_most)| *size <= at_most), "{sizes:?}");
}
