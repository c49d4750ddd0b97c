//! The synchronous API: a channel as a cell with a version. With `critical-section`, an interrupt sends while the value is read.

use alloc::format;
use alloc::string::String;

use watch_channel::{Ref, Sender, channel};

use crate::timer;

pub(crate) async fn run() -> String {
    handles();
    let sent = reads_between_sends();
    format!("{sent} values sent between reads")
}

/// Checks the results of calls, one after the other.
fn handles() {
    let (tx, mut rx) = channel(1);
    let other = tx.clone();
    let mut late = other.subscribe();
    assert_eq!(rx.has_changed(), Ok(false));
    tx.send(2).expect("there are receivers");
    assert!(rx.has_unseen() && late.has_unseen());
    assert_eq!((rx.get_and_update(), rx.has_unseen()), (2, false));
    tx.send_modify(|value| *value += 1);
    assert!(!tx.send_if_modified(|_| false));
    assert_eq!((tx.set_if_changed(3), tx.set_if_changed(4)), (None, Some(3)));
    {
        let value = late.borrow_and_update();
        assert_eq!((*value, Ref::has_changed(&value)), (4, true));
        assert_eq!(tx.try_set(5), Err(5), "a Ref lives");
    }
    assert_eq!(tx.try_set(5), Ok(()));
    rx.mark_unchanged();
    assert!(!rx.has_unseen());
    rx.mark_changed();
    assert!(rx.has_unseen());
    let weak = tx.downgrade();
    drop((tx, other));
    assert!(rx.is_closed() && weak.upgrade().is_none());
    assert_eq!(rx.with_and_update(|value| *value), 5);
    assert!(rx.has_changed().is_err());
}

/// Reads as fast as it can while every interrupt sends. Without `critical-section` it sends by itself between the reads.
fn reads_between_sends() -> u32 {
    const LAST: u32 = 5_000;
    let tx = Sender::new(0);
    let mut rx = tx.subscribe();
    let mut send = {
        let mut next = 0;
        move || {
            if next < LAST {
                next += 1;
                tx.set(next);
                timer::progress();
            }
        }
    };
    let mut seen = 0;
    let mut last = (rx.version(), 0);
    let mut read = || {
        let (version, value) = (rx.version(), rx.get());
        if rx.version() == version {
            assert_eq!(version == last.0, value == last.1, "a value has another value's version");
            last = (version, value);
        }
        let (unseen, before) = (rx.has_unseen(), rx.with(|value| *value));
        let value = rx.get_and_update();
        assert!(last.1 <= before && before <= value, "values go backwards");
        assert!(!unseen || value > seen, "an unseen version, but no new value");
        seen = value;
        value < LAST
    };
    if cfg!(feature = "critical-section") {
        let _timer = timer::start(timer::OFTEN, send);
        while read() {}
    } else {
        let _timer = timer::start(timer::OFTEN, || ());
        while read() {
            send();
        }
    }
    LAST
}
