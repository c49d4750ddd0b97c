//! What the work costs at least: the bare parts that a channel is made of, which promise next to nothing.

use std::sync::atomic::AtomicU64;
use std::sync::{PoisonError, RwLock};

use crate::workloads::parts::*;
use crate::workloads::{FAN_OUTS, Work};

pub(crate) const NOTES: [(&str, &str); 1] = [(
    "limits",
    "are bare parts: lock, a std RwLock read or written; atomic, an AtomicU64 loaded; park, two threads that pass a \
     number by an atomic, park and unpark; listener, a std RwLock, a version and event-listener, which calls wakers \
     under its lock",
)];

workloads!(with_listener, [pending_then_send pending_then_dropped fan_out ping_pong], crate::limits::listener);

/// The limits of a row.
pub(crate) fn works(row: &str) -> Vec<(&'static str, Work)> {
    if let Some((receivers, workers, ..)) = FAN_OUTS.into_iter().find(|fan_out| fan_out.2 == row) {
        return vec![("listener", Box::new(move |n| with_listener::fan_out(receivers, workers, n)))];
    }
    match row {
        "borrow" => vec![("lock", Box::new(read)), ("atomic", Box::new(load))],
        "has_changed" => vec![("atomic", Box::new(compare))],
        "Cached::get, beside tokio's borrow" => vec![("atomic", Box::new(load))],
        "send, nobody waiting" => vec![("lock", Box::new(write))],
        "changed pending, send, ready" => vec![("listener", Box::new(with_listener::pending_then_send))],
        "changed pending, dropped" => vec![("listener", Box::new(with_listener::pending_then_dropped))],
        "two threads borrow" => vec![("lock", Box::new(two_read)), ("atomic", Box::new(two_load))],
        "Cached::get on two threads, beside tokio's borrow" => vec![("atomic", Box::new(two_load))],
        "ping-pong across two threads" => {
            vec![("park", Box::new(park)), ("listener", Box::new(with_listener::ping_pong))]
        }
        "ping-pong across two threads, blocking" => vec![("park", Box::new(park))],
        _ => vec![],
    }
}

fn read_often(lock: &RwLock<u64>, n: u64) {
    for _ in 0..n {
        black_box(*black_box(lock).read().unwrap_or_else(PoisonError::into_inner));
    }
}

fn load_often(atomic: &AtomicU64, n: u64) {
    for _ in 0..n {
        black_box(black_box(atomic).load(Ordering::Acquire));
    }
}

fn read(n: u64) -> Duration {
    let lock = RwLock::new(0);
    time(|| read_often(&lock, n))
}

fn load(n: u64) -> Duration {
    let atomic = AtomicU64::new(0);
    time(|| load_often(&atomic, n))
}

/// As the row does it.
fn compare(n: u64) -> Duration {
    let (atomic, seen) = (AtomicU64::new(0), black_box(0));
    // Somebody else could write to it.
    black_box(&atomic);
    time(|| {
        let mut changes = 0u64;
        for _ in 0..n {
            if atomic.load(Ordering::Acquire) != seen {
                changes += 1;
            }
        }
        black_box(changes);
    })
}

fn write(n: u64) -> Duration {
    let lock = RwLock::new(0);
    time(|| {
        for i in 0..n {
            *black_box(&lock).write().unwrap_or_else(PoisonError::into_inner) = i;
        }
    })
}

fn two_read(n: u64) -> Duration {
    let lock = RwLock::new(0);
    at_once(2, || read_often(&lock, n))
}

fn two_load(n: u64) -> Duration {
    let atomic = AtomicU64::new(0);
    at_once(2, || load_often(&atomic, n))
}

/// `n` round trips between two threads.
fn park(n: u64) -> Duration {
    fn wait_for(value: u64, slot: &AtomicU64) {
        while slot.load(Ordering::Acquire) != value {
            thread::park();
        }
    }
    let (ping, pong) = (AtomicU64::new(0), AtomicU64::new(0));
    let this = thread::current();
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            for i in 1..=n {
                wait_for(i, &ping);
                pong.store(i, Ordering::Release);
                this.unpark();
            }
        });
        time(|| {
            for i in 1..=n {
                ping.store(i, Ordering::Release);
                echo.thread().unpark();
                wait_for(i, &pong);
            }
        })
    })
}

/// The least channel on event-listener: a lock, a version, and an event for even and one for odd versions, so that who
/// waits again during a send is not woken by it. It never closes.
pub(crate) mod listener {
    use std::convert::Infallible;
    use std::mem;
    use std::ops::Deref;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, PoisonError, RwLock};

    use event_listener::{Event, listener};

    struct Shared<T> {
        value: RwLock<T>,
        version: AtomicU64,
        changed: [Event; 2],
    }

    pub(crate) struct Sender<T>(Arc<Shared<T>>);

    #[derive(Clone)]
    pub(crate) struct Receiver<T> {
        shared: Arc<Shared<T>>,
        seen: u64,
    }

    pub(crate) fn channel<T>(value: T) -> (Sender<T>, Receiver<T>) {
        let changed = [Event::new(), Event::new()];
        let shared = Arc::new(Shared { value: RwLock::new(value), version: AtomicU64::new(0), changed });
        (Sender(shared.clone()), Receiver { shared, seen: 0 })
    }

    impl<T> Shared<T> {
        fn changed(&self, seen: u64) -> &Event {
            &self.changed[(seen % 2) as usize]
        }

        /// Whether there is news since `seen`, which is seen from then on.
        fn look(&self, seen: &mut u64) -> bool {
            let version = self.version.load(Ordering::Acquire);
            mem::replace(seen, version) != version
        }
    }

    impl<T> Sender<T> {
        pub(crate) fn send(&self, value: T) -> Result<(), Infallible> {
            let mut current = self.0.value.write().unwrap_or_else(PoisonError::into_inner);
            let old = mem::replace(&mut *current, value);
            let version = self.0.version.fetch_add(1, Ordering::AcqRel);
            drop(current);
            drop(old);
            self.0.changed(version).notify(usize::MAX);
            Ok(())
        }
    }

    impl<T> Receiver<T> {
        pub(crate) async fn changed(&mut self) -> Result<(), Infallible> {
            let Self { shared, seen } = self;
            while !shared.look(seen) {
                listener!(shared.changed(*seen) => changed);
                if shared.look(seen) {
                    break;
                }
                changed.await;
            }
            Ok(())
        }

        pub(crate) fn borrow_and_update(&mut self) -> impl Deref<Target = T> {
            let value = self.shared.value.read().unwrap_or_else(PoisonError::into_inner);
            self.seen = self.shared.version.load(Ordering::Acquire);
            value
        }
    }
}
