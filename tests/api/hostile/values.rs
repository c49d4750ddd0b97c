//! Values whose `clone`, `==`, `Debug` or drop panics or uses the value's channel.

use std::fmt;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Waker;

use watch_channel::{Cached, Receiver, Sender, channel};

use crate::common::wakers::{panic_on_purpose, panics, register};
use crate::common::{Task, must_end, waiting};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Clone,
    Compare,
    Show,
    Drop,
}

type Hook = Box<dyn FnOnce() + Send>;

/// What the values of one test share: what they do next, and how many of them exist.
#[derive(Default)]
struct Script {
    next: Mutex<Option<(Event, usize, Hook)>>,
    live: AtomicIsize,
    done: AtomicUsize,
}

impl Script {
    /// Calls `hook` at the next `event` of any value, after `skipped` of these events.
    fn at_next(&self, event: Event, skipped: usize, hook: Hook) {
        *self.next.lock().unwrap() = Some((event, skipped, hook));
    }

    fn at(&self, event: Event) {
        let mut next = self.next.lock().unwrap();
        let Some((_, skipped, _)) = next.as_mut().filter(|next| next.0 == event) else { return };
        if *skipped > 0 {
            *skipped -= 1;
        } else {
            let (_, _, hook) = next.take().unwrap();
            drop(next);
            self.done.fetch_add(1, Ordering::SeqCst);
            hook();
        }
    }

    /// Returns `true` if the event has happened since the last call.
    fn is_done(&self) -> bool {
        self.done.swap(0, Ordering::SeqCst) == 1
    }
}

struct Value {
    number: u32,
    script: Arc<Script>,
}

impl Value {
    fn new(number: u32, script: &Arc<Script>) -> Self {
        script.live.fetch_add(1, Ordering::SeqCst);
        Self { number, script: script.clone() }
    }
}

impl Clone for Value {
    fn clone(&self) -> Self {
        self.script.at(Event::Clone);
        Self::new(self.number, &self.script)
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.script.at(Event::Compare);
        self.number == other.number
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.script.at(Event::Show);
        write!(f, "{}", self.number)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        self.script.live.fetch_sub(1, Ordering::SeqCst);
        self.script.at(Event::Drop);
    }
}

/// What a call does with values: each event with the number of the same events to skip before it.
type Events = &'static [(Event, usize)];

/// A call on a channel with an unseen value. It gets a new value to send.
type Call = fn(&Sender<Value>, &mut Receiver<Value>, Value);

/// A call that clones the value and drops the clone, and one that does so after it has made a clone
/// before.
const COPIES: Events = &[(Event::Clone, 0), (Event::Drop, 0)];
const COPIES_AGAIN: Events = &[(Event::Clone, 1), (Event::Drop, 0)];

const CALLS: &[(&str, Events, Call)] = &[
    ("Receiver::get", COPIES, |_, rx, _| drop(rx.get())),
    ("Receiver::get_and_update", COPIES, |_, rx, _| drop(rx.get_and_update())),
    ("Sender::get", COPIES, |tx, _, _| drop(tx.get())),
    ("Receiver::try_recv", COPIES, |_, rx, _| drop(rx.try_recv())),
    ("Receiver::try_recv_if", COPIES, |_, rx, _| drop(rx.try_recv_if(|_| true))),
    ("Receiver::recv", COPIES, |_, rx, _| drop(Task::new().poll_ready(rx.recv()))),
    ("Receiver::recv_if", COPIES, |_, rx, _| {
        drop(Task::new().poll_ready(rx.recv_if(|_| true)));
    }),
    #[cfg(feature = "std")]
    ("Recv::wait", COPIES, |_, rx, _| drop(rx.recv().wait())),
    #[cfg(feature = "std")]
    ("Recv::wait_timeout", COPIES, |_, rx, _| {
        drop(rx.recv().wait_timeout(std::time::Duration::ZERO));
    }),
    ("Cached::new", COPIES, |_, rx, _| drop(Cached::new(rx.clone()))),
    ("Cached::get", COPIES_AGAIN, |tx, rx, _| {
        let mut cached = Cached::new(rx.clone());
        tx.send_modify(|value| value.number += 1);
        assert_eq!(cached.get().number, 2);
    }),
    ("Cached::changed", COPIES_AGAIN, |tx, rx, _| {
        let mut cached = Cached::new(rx.clone());
        tx.send_modify(|value| value.number += 1);
        Task::new().poll_ready(cached.changed()).unwrap();
    }),
    ("Mapped::update", COPIES_AGAIN, |tx, rx, _| {
        let mut mapped = rx.clone().map(Value::clone);
        tx.send_modify(|value| value.number += 1);
        assert!(mapped.update());
    }),
    ("Mapped::changed", COPIES_AGAIN, |tx, rx, _| {
        let mut mapped = rx.clone().map(Value::clone);
        tx.send_modify(|value| value.number += 1);
        Task::new().poll_ready(mapped.changed()).unwrap();
    }),
    #[cfg(feature = "stream")]
    ("WatchStream", COPIES, |_, rx, _| {
        drop(Task::new().poll_ready(futures_lite::StreamExt::next(&mut rx.clone().into_stream())));
    }),
    ("Sender::send", &[(Event::Drop, 0)], |tx, _, new| drop(tx.send(new))),
    ("Sender::set", &[(Event::Drop, 0)], |tx, _, new| tx.set(new)),
    ("Sender::try_set", &[(Event::Drop, 0)], |tx, _, new| drop(tx.try_set(new))),
    ("Sender::send_replace", &[(Event::Drop, 0)], |tx, _, new| drop(tx.send_replace(new))),
    ("Sender::set_if_changed", &[(Event::Compare, 0), (Event::Drop, 0)], |tx, _, new| drop(tx.set_if_changed(new))),
    ("Receiver's Debug", &[(Event::Show, 0)], |_, rx, _| drop(format!("{rx:?}"))),
    ("Sender's Debug", &[(Event::Show, 0)], |tx, _, _| drop(format!("{tx:?}"))),
    ("Ref's Debug", &[(Event::Show, 0)], |tx, _, _| drop(format!("{:?}", tx.borrow()))),
    ("WeakSender's Debug", &[(Event::Show, 0)], |tx, _, _| drop(format!("{:?}", tx.downgrade()))),
];

/// Makes each call that causes one of the `wanted` events, at which `hook` runs, and then checks
/// the channel. The channel has an unseen value and a waiting task.
fn for_each_call(wanted: &[Event], hook: impl Fn(&Sender<Value>) -> Hook + Copy + Send + 'static) {
    for &(what, events, call) in CALLS {
        for &(event, skipped) in events.iter().filter(|(event, _)| wanted.contains(event)) {
            println!("{what}, {event:?}");
            must_end(move || {
                let script = Arc::new(Script::default());
                let (tx, mut rx) = channel(Value::new(0, &script));
                let closed = waiting(tx.closed());
                tx.set(Value::new(1, &script));
                let (task, mut other) = (Task::new(), tx.subscribe());
                let new = Value::new(2, &script);
                script.at_next(event, skipped, hook(&tx));
                register(&mut other, &task.waker());
                let version = tx.version();
                let panicked = panics(|| call(&tx, &mut rx, new));
                assert!(script.is_done(), "the event has not happened");
                // The task has been woken exactly if there is a new version. A comparison that
                // panics changes nothing.
                assert_eq!(task.wakes(), usize::from(tx.version() != version));
                if panicked && event == Event::Compare {
                    assert_eq!((tx.version(), tx.borrow().number), (version, 1));
                }
                let task = Task::new();
                other.mark_unchanged();
                register(&mut other, &task.waker());
                let (tx2, values) = (tx.clone(), script.clone());
                // The send is on another thread, which hangs if a lock is held.
                must_end(move || tx2.set(Value::new(3, &values)));
                assert_eq!(task.wakes(), 1);
                assert_eq!(rx.get_and_update().number, 3);
                assert_eq!(closed.wakes(), 0);
                drop((rx, other));
                assert!(tx.receiver_count() > 0 || closed.wakes() == 1);
                drop(closed);
                drop(tx);
                *script.next.lock().unwrap() = None;
                assert_eq!(script.live.load(Ordering::SeqCst), 0, "values have leaked");
            });
        }
    }
}

#[test]
fn g4_a_value_that_panics_leaves_the_channel_usable_and_leaks_nothing() {
    for_each_call(&[Event::Clone, Event::Compare, Event::Show, Event::Drop], |_| Box::new(|| panic_on_purpose()));
}

/// Does everything that is allowed while the value is locked for reading.
fn read_and_register(tx: &Sender<Value>) {
    let mut rx = tx.subscribe_unseen();
    assert!(rx.try_borrow().is_some());
    assert_eq!(rx.borrow().number, rx.get().number);
    assert_eq!(rx.with(|value| value.number), tx.borrow().number);
    assert!(rx.try_recv().is_ok());
    Task::new().poll_pending(rx.changed());
    Task::new().poll_pending(tx.closed());
    register(&mut rx, Waker::noop());
    assert!(tx.clone().downgrade().upgrade().is_some());
    assert!(!format!("{tx:?} {rx:?}").contains("<locked>"));
}

#[test]
fn a_value_may_read_its_channel_when_it_is_cloned_shown_or_dropped() {
    for_each_call(&[Event::Clone, Event::Show, Event::Drop], |tx| {
        let tx = tx.clone();
        Box::new(move || read_and_register(&tx))
    });
}

#[test]
fn g3_a_value_may_send_on_its_channel_when_it_is_dropped() {
    for_each_call(&[Event::Drop], |tx| {
        let tx = tx.clone();
        Box::new(move || {
            read_and_register(&tx);
            tx.send_modify(|value| value.number += 10);
            let number = tx.borrow().number;
            assert_eq!(tx.subscribe_unseen().try_recv().unwrap().number, number);
        })
    });
}

#[test]
fn a_value_may_use_its_channel_when_it_is_compared_if_that_does_not_wait() {
    for_each_call(&[Event::Compare], |tx| {
        let (tx, new) = (tx.clone(), tx.get());
        Box::new(move || {
            let mut rx = tx.subscribe_unseen();
            assert!(rx.try_borrow().is_none() && rx.try_recv().is_err() && rx.has_unseen());
            assert!(tx.try_set(new).is_err());
            rx.mark_unchanged();
            Task::new().poll_pending(rx.changed());
            Task::new().poll_pending(tx.closed());
            assert!(format!("{tx:?} {rx:?}").contains("<locked>"));
        })
    });
}

/// The value owns the last handles of other channels, whose values own the last handles of further
/// channels, and so on.
#[test]
fn g1_values_that_own_the_last_handles_of_other_channels_close_them() {
    struct Owns(Option<Box<dyn Send + Sync>>);

    let ways: [fn(Sender<Owns>); 3] = [drop, |tx| tx.set(Owns(None)), |tx| tx.send_modify(|value| value.0 = None)];
    for drop_all in ways {
        must_end(move || {
            let ((last_tx, mut rx), (tx, last_rx)) = (channel(()), channel(()));
            let mut first: Box<dyn Send + Sync> = Box::new((last_tx, last_rx));
            for _ in 0..100 {
                first = Box::new(Sender::new(Owns(Some(first))));
            }
            let (changed, closed) = (Task::new(), waiting(tx.closed()));
            register(&mut rx, &changed.waker());
            drop_all(Sender::new(Owns(Some(first))));
            assert_eq!((changed.wakes(), closed.wakes()), (1, 1));
        });
    }
}
