//! `Watch`: a channel in a `static`.

use std::sync::{Barrier, LazyLock};
use std::thread;

use crate::common::Task;
use crate::common::must_end;
use watch_channel::error::TryRecvError;
use watch_channel::{Receiver, Sender, Watch};

#[test]
fn in_a_static_it_never_closes_and_its_handles_are_those_of_an_ordinary_channel() {
    static WATCH: Watch<u32> = Watch::new(1);
    let (sender, receiver): (Sender<u32>, Receiver<u32>) = (WATCH.sender(), WATCH.subscribe());
    assert!(WATCH.sender().same_channel(&sender) && WATCH.subscribe().same_channel(&receiver));
    sender.set(2);
    drop(sender);
    assert_eq!((receiver.get(), receiver.is_closed()), (2, false));
    assert_eq!(WATCH.sender().sender_count(), 2, "the `Watch` counts as one");
    drop(receiver);
    assert!(WATCH.sender().send(3).is_err());
}

#[test]
fn threads_that_race_to_be_first_make_one_channel() {
    static WATCHES: [Watch<u32>; 100] = [const { Watch::new(7) }; 100];
    must_end(|| {
        for watch in &WATCHES {
            let start = Barrier::new(4);
            let subscribe = || {
                start.wait();
                watch.subscribe()
            };
            let receivers =
                thread::scope(|scope| [(); 4].map(|()| scope.spawn(subscribe)).map(|it| it.join().unwrap()));
            assert!(receivers.iter().all(|rx| rx.same_channel(&receivers[0]) && rx.get() == 7));
        }
    });
}

#[test]
fn debug_shows_the_value_once_there_is_a_channel() {
    static WATCH: Watch<u32> = Watch::new(5);
    assert_eq!(format!("{WATCH:?}"), "Watch { sender: None, .. }");
    WATCH.sender();
    assert!(format!("{WATCH:?}").contains("value: 5"), "{WATCH:?}");
}

#[test]
fn it_sends_and_reads_without_a_handle() {
    static WATCH: Watch<u32> = Watch::new(1);
    assert_eq!(WATCH.get(), 1);
    assert_eq!(WATCH.try_set(2), Ok(()), "it stores without receivers");
    assert_eq!(WATCH.get(), 2);
    let mut rx = WATCH.subscribe();
    let mut unseen = WATCH.subscribe_unseen();
    assert_eq!((rx.try_recv(), unseen.try_recv()), (Err(TryRecvError::Empty), Ok(2)));
    let sends: [fn(); 5] = [
        || assert_eq!(WATCH.try_set(3), Ok(())),
        || WATCH.set(4),
        || WATCH.send_modify(|value| *value += 1),
        || assert!(WATCH.send_if_modified(|value| std::mem::replace(value, 6) == 5)),
        || assert_eq!(WATCH.set_if_changed(7), Some(6)),
    ];
    for (i, send) in (3..).zip(sends) {
        let task = Task::new();
        let mut changed = Box::pin(rx.changed());
        assert!(task.poll(&mut changed).is_pending());
        send();
        assert_eq!(task.wakes(), 1);
        assert!(task.poll(&mut changed).is_ready());
        drop(changed);
        assert_eq!((rx.get(), WATCH.get(), WATCH.with(|value| *value)), (i, i, i));
    }
    assert_eq!(WATCH.set_if_changed(7), None);
    assert!(!WATCH.send_if_modified(|_| false));
    assert!(!rx.has_unseen());
    assert_eq!(WATCH.sender_count(), 1, "no handle has been made for these calls");
    let held = rx.borrow();
    assert_eq!(WATCH.try_set(8), Err(8));
    drop(held);
}

#[test]
fn a_default_channel_has_the_default_value() {
    static WATCH: LazyLock<Watch<Option<u8>>> = LazyLock::new(Watch::default);
    assert_eq!(WATCH.get(), None);
    WATCH.set(Some(1));
    assert_eq!(WATCH.subscribe().get(), Some(1));
}

#[test]
fn in_a_struct_it_works_and_closes_with_it() {
    struct Device {
        level: Watch<u32>,
    }

    let device = Device { level: Watch::new(1) };
    let (task, mut rx) = (Task::new(), device.level.subscribe());
    device.level.set(2);
    assert_eq!(task.poll_ready(rx.recv()), Ok(2));
    let mut recv = Box::pin(rx.recv());
    assert!(task.poll(&mut recv).is_pending());
    device.level.set(3);
    drop(device);
    assert_eq!(task.wakes(), 1);
    assert_eq!(task.poll_ready(recv), Ok(3), "the last value comes before the close");
    assert!(task.poll_ready(rx.recv()).is_err());
}

#[test]
fn in_a_struct_it_leaves_the_channel_open_for_other_senders() {
    let watch = Watch::new(String::from("a"));
    let (tx, rx) = (watch.sender(), watch.subscribe());
    drop(watch);
    assert!(!rx.is_closed());
    tx.set("b".into());
    assert_eq!(rx.get(), "b");
    drop(tx);
    assert!(rx.is_closed());
    // Without a use there is no channel, and only the value is dropped.
    drop(Watch::new(String::from("unused")));
}

#[test]
fn it_can_do_what_a_sender_can() {
    fn publish(tx: &Sender<u32>) {
        tx.set(2);
    }

    static WATCH: Watch<u32> = Watch::new(1);
    publish(&WATCH);
    assert_eq!(*WATCH.borrow(), 2);
    assert_eq!((WATCH.send_replace(3), WATCH.receiver_count()), (2, 0));
    assert_eq!(WATCH.downgrade().upgrade().unwrap().get(), 3);
    Task::new().poll_ready(WATCH.closed());
}
