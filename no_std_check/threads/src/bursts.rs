//! Values that every receiver must see before the next ones are sent.
//!
//! The next send would hide a lost wake-up. So here the next send waits until every receiver has seen the last value, and then
//! comes while the receivers begin to wait.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use watch_channel::{Receiver, Sender, WeakSender, channel};

use crate::{HANG, rounds, spin};

/// A receiver on its own thread.
pub struct Follower {
    pub rx: Receiver<u64>,
    /// For subscribing again.
    pub tx: WeakSender<u64>,
    last_seen: Arc<AtomicU64>,
}

impl Follower {
    /// Reads the value and reports that it has been seen.
    pub fn see(&mut self) {
        let value = self.rx.get_and_update();
        self.has_seen(value);
    }

    /// Reports that a value has been seen.
    pub fn has_seen(&self, value: u64) {
        self.last_seen.store(value, Ordering::Release);
    }
}

/// The work of a receiver's thread: it sees values until the channel is closed.
pub type Follow = fn(Follower);

struct Followers(Vec<(&'static str, Arc<AtomicU64>, JoinHandle<()>)>);

impl Followers {
    fn new(follow: &[(&'static str, Follow)]) -> (Sender<u64>, Self) {
        let (tx, rx) = channel(0);
        let followers = follow.iter().map(|&(name, follow)| {
            let last_seen = Arc::default();
            let follower = Follower { rx: rx.clone(), tx: tx.downgrade(), last_seen: Arc::clone(&last_seen) };
            (name, last_seen, thread::spawn(move || follow(follower)))
        });
        let followers = Self(followers.collect());
        (tx, followers)
    }

    /// Waits until all receivers have seen this value.
    #[track_caller]
    fn must_see(&self, last: u64) {
        let deadline = Instant::now() + HANG / 2;
        for (name, last_seen, _) in &self.0 {
            while last_seen.load(Ordering::Acquire) != last {
                let seen = last_seen.load(Ordering::Acquire);
                assert!(
                    Instant::now() < deadline,
                    "{name}: the receiver sleeps after {seen} although {last} has been sent"
                );
                thread::yield_now();
            }
        }
    }

    /// Sends one more value and closes the channel at once.
    fn must_see_the_value_before_the_close(self, tx: Sender<u64>) {
        let last = u64::MAX;
        tx.set(last);
        drop(tx);
        for (name, last_seen, thread) in self.0 {
            thread.join().unwrap();
            assert_eq!(last_seen.load(Ordering::Acquire), last, "{name}: the value before the close");
        }
    }
}

/// Starts a thread for each receiver in `follow`, and sends one value at a time.
///
/// # Panics
///
/// Panics if a receiver does not see a value.
pub fn run_one_by_one(follow: &[(&'static str, Follow)]) {
    let (tx, followers) = Followers::new(follow);
    rounds(|value| {
        // This is before, while or after the receivers begin to wait.
        spin(Duration::from_micros(value % 64));
        tx.set(value);
        followers.must_see(value);
    });
    followers.must_see_the_value_before_the_close(tx);
}

const SENDERS: usize = 3;

struct Senders {
    tx: Sender<u64>,
    /// No value is sent twice.
    last_taken: AtomicU64,
    is_over: AtomicBool,
    /// All senders and [`run`] meet here before each burst and after it.
    barrier: Barrier,
}

impl Senders {
    /// The thread of one sender. In each burst it sends in different ways, until a value is a multiple of three.
    fn run(&self) {
        loop {
            self.barrier.wait();
            if self.is_over.load(Ordering::Relaxed) {
                return;
            }
            let tx = self.tx.clone();
            loop {
                let value = self.last_taken.fetch_add(1, Ordering::Relaxed) + 1;
                match value % 5 {
                    0 => tx.set(value),
                    1 => tx.send_modify(|stored| *stored = value),
                    // This is refused while another thread holds the lock.
                    2 => drop(tx.try_set(value)),
                    _ => tx.send(value).expect("there are receivers"),
                }
                if value.is_multiple_of(3) {
                    break;
                }
            }
            drop(tx);
            self.barrier.wait();
        }
    }
}

/// Starts a thread for each receiver in `follow`, and threads for senders that each send several values at the same time.
///
/// # Panics
///
/// Panics if a receiver does not see the last one of these values.
pub fn run(follow: &[(&'static str, Follow)]) {
    let (tx, followers) = Followers::new(follow);
    let senders = Arc::new(Senders {
        tx: tx.clone(),
        last_taken: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        barrier: Barrier::new(SENDERS + 1),
    });
    let threads = [(); SENDERS].map(|()| {
        let senders = senders.clone();
        thread::spawn(move || senders.run())
    });
    rounds(|_| {
        senders.barrier.wait();
        senders.barrier.wait();
        followers.must_see(tx.get());
    });
    senders.is_over.store(true, Ordering::Relaxed);
    senders.barrier.wait();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    drop(senders);
    followers.must_see_the_value_before_the_close(tx);
}
