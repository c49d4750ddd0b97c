//! [`channel`], [`Sender`] and [`WeakSender`].

use core::fmt;
use core::mem;

use crate::channel::Channel;
use crate::channel::count::Count;
use crate::channel::state::{AtomicState, Version};
use crate::channel::wait::{Cursor, SenderWait};
use crate::error::SendError;
use crate::futures::{Closed, Opened};
use crate::guard::Ref;
use crate::lock::ValueLock;
use crate::lock::deadlock::{Detector, caller};
use crate::lock::queue::Queue;
use crate::receiver::Receiver;
use crate::sync::{Arc, RwLock, new_arc};
use crate::wake::Waiters;

/// Creates a channel that holds `init`, and returns its sender and a receiver that has seen `init`.
///
/// # Allocations
///
/// Creating a channel takes one allocation. After that, these allocate:
///
/// - The channel's first wait, and its first [`closed`](Sender::closed) or
///   [`opened`](Sender::opened).
/// - A wait for which the list of waiting tasks has no room: the list then doubles its room. When
///   far fewer tasks wait, a send or a cancelled wait moves the list to a smaller place.
/// - With the feature `std`, on 64-bit targets: the first wait that finds another thread at work in
///   the list. From then on the channel has eight lists.
/// - With the feature `std`: a thread's first blocking wait, a thread's first sleep for a value's
///   lock, and the first sleep for this channel's lock.
///
/// So sends and waits allocate nothing in the steady state. Debug builds with `std` also allocate
/// for the notes of the [deadlock detector](Sender#blocking).
///
/// # Examples
///
/// ```
/// let (tx, mut rx) = watch_channel::channel("first");
/// assert_eq!(rx.has_changed(), Ok(false));
/// tx.send("second").unwrap();
/// assert_eq!(rx.has_changed(), Ok(true));
/// assert_eq!(*rx.borrow_and_update(), "second");
/// ```
#[inline]
pub fn channel<T>(init: T) -> (Sender<T>, Receiver<T>) {
    // Built here and not in functions of `Channel` and `Value`, because each of them would copy the
    // value once more in a debug build.
    let lock = RwLock::new(init);
    let channel = new_arc!(Channel {
        state: AtomicState::default(),
        receivers: Count::new(1),
        senders: Count::new(1),
        value: ValueLock { lock, queue: Queue::new(), detector: Detector::new() },
        waiters: Waiters::default(),
    });
    // Not by `subscribe`, whose branch for `opened` would then be part of all firmware.
    let sender = Sender { channel };
    let receiver = Receiver { channel: sender.channel.clone(), cursor: Cursor::new(sender.version(), 0) };
    (sender, receiver)
}

/// Changes the value of a channel.
///
/// Clones send on the same channel. When the last sender is dropped, the channel is closed:
/// receivers see the last value first, and then get an error.
///
/// # Blocking
///
/// The value is behind a lock. A method that changes the value needs the lock for itself. Reads
/// share it, and a [`Ref`] holds it for as long as it lives. So a method that changes the value
/// waits until all `Ref`s of the channel have been dropped and other changes are done. Checking for
/// a new version, waiting for one, and counting handles do not need this lock. Each method says
/// whether it waits.
///
/// With the feature `std`:
///
/// - A thread that waits spins for a few microseconds, joins the channel's queue, and sleeps. A
///   thread that releases the lock wakes the first thread in the queue.
/// - No thread starves. Threads that have just arrived can overtake the queue at first. The first
///   thread in it *demands* the lock once it has been the first for 0.2 milliseconds, or in the
///   queue for 4. Threads that arrive then join the queue as well, and [calls that never
///   wait](#calls-that-never-wait) fail.
/// - A free lock is not kept for a thread that gets no processor, for example because of its
///   priority. If that thread has not run for 3 milliseconds, other threads take its turn. After
///   200 milliseconds, calls that never wait do so as well.
/// - A second read on a thread that reads the channel already, through a `Ref` or in a closure,
///   never waits. This holds for up to seven channels at a time. For a second read of any other
///   channel, the next rule applies.
/// - A thread that holds a `Ref` of *another* channel, or runs in a closure of one, waits for the
///   queue, but for no longer than the first thread in it had waited already. So two threads that
///   read each other's channel, while senders wait for both, do not deadlock.
/// - With debug assertions, a call that would wait for its own thread panics: a send, or a [wait on
///   a thread](crate#waiting-on-a-thread) for a new value, while the thread holds a `Ref` of the
///   channel. The message names the place of the call, and where the `Ref` was taken or the closure
///   was passed. Without debug assertions the call waits forever.
///
/// These can still deadlock or wait long:
///
/// - A thread that holds a `Ref` and waits for *another thread* that reads the same channel
///   (`thread::scope`, rayon). If a sender waits, the other thread waits for the sender, and the
///   sender for the `Ref`. tokio's channel does the same.
/// - Readers, while a sender waits for the `Ref` of a slow reader.
/// - A panic hook that uses the channel whose closure has panicked: the value is still locked.
/// - A child process after `fork`, if another thread held the lock.
///
/// Without `std` there are no threads that could sleep, and there is no queue: a call that waits
/// tries again until it succeeds, and a stream of readers can keep a sender waiting. With
/// `critical-section`, each attempt to change the value is a critical section, and nothing is
/// locked between two attempts. A call panics if it would wait for the closure that makes it: a
/// send inside [`with`](Self::with), or any access in a closure that changes the value. [The
/// firmware guide](crate::guide::firmware) says which calls may be used in interrupts. On
/// WebAssembly without threads, a call that would have to wait panics.
///
/// # Calls that never wait
///
/// [`try_borrow`](Self::try_borrow), [`try_set`](Self::try_set),
/// [`Receiver::try_recv`] and [`Receiver::try_recv_if`] never wait for the lock. They fail while
/// another caller changes the value, and `try_set` also fails while one reads it. With the feature
/// `std`, all of them fail while a queued thread demands the lock.
///
/// A call that meets a demand yields the processor once before it fails, as
/// [`std::thread::yield_now`] does. Without that, a loop of such calls could keep the processor
/// from the thread that demands the lock, or from the one that holds it. A thread that already
/// reads the channel meets no demand.
///
/// [`std::thread::yield_now`]: https://doc.rust-lang.org/std/thread/fn.yield_now.html
///
/// # With and without receivers
///
/// [`send`](Self::send) is for a sender that has nothing to do when there is no receiver: it then
/// stores nothing and returns the value in an error. All other methods store the value for
/// receivers that [`subscribe`](Self::subscribe) later.
///
/// # Wakers that panic
///
/// A send calls the wakers of all tasks that wait for a new version, with no lock held. If one
/// panics, all others are still called, and the panic is propagated from the send. If several
/// panic, the first panic is propagated and the others are caught; without `std` the second one
/// aborts the program. The value has been sent by then.
///
/// # Examples
///
/// ```
/// let tx = watch_channel::Sender::new(1);
/// let (other, rx) = (tx.clone(), tx.subscribe());
/// other.set(2);
/// assert_eq!(rx.get(), 2);
/// drop((tx, other));
/// assert!(rx.is_closed());
/// ```
pub struct Sender<T> {
    /// On which channel does it send?
    pub(crate) channel: Arc<Channel<T>>,
}

impl<T> Sender<T> {
    /// Creates a channel without a receiver. See [`subscribe`](Self::subscribe).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.receiver_count(), 0);
    /// let rx = tx.subscribe();
    /// assert_eq!(*rx.borrow(), 1);
    /// ```
    pub fn new(init: T) -> Self {
        channel(init).0
    }

    /// Sends a new value: stores it and wakes all receivers that wait.
    ///
    /// If there is no receiver, nothing is stored, and the error contains the value: see [with and
    /// without receivers](Self#with-and-without-receivers), and [`set`](Self::set). `Ok` does not
    /// mean that a receiver will see the value, because the last receiver may be dropped at the
    /// same moment.
    ///
    /// The old value is dropped after all receivers have been woken, with no lock held.
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`SendError`] with the value if there is no receiver.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// drop(rx);
    /// assert_eq!(tx.send(3).unwrap_err().0, 3);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send(&self, mut value: T) -> Result<(), SendError<T>> {
        if self.receiver_count() == 0 {
            return Err(SendError(value));
        }
        self.send_modify(|current| mem::swap(current, &mut value));
        Ok(())
    }

    /// Stores a new value, with or without receivers, and wakes all receivers that wait. This never
    /// fails.
    ///
    /// The old value is dropped after all receivers have been woken, with no lock held.
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// tx.set(2);
    /// assert_eq!(tx.subscribe().get(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn set(&self, mut value: T) {
        self.send_modify(|current| mem::swap(current, &mut value));
    }

    /// Modifies the value in place, with or without receivers, wakes all receivers that wait, and
    /// returns what `modify` returns.
    ///
    /// This is a new version even if `modify` changes nothing. `modify` runs while the value is
    /// locked: keep it short.
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// Panics if `modify` panics. Its changes up to then stay, without a new version or a wake-up.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow_and_update(), [1, 2]);
    /// assert_eq!(tx.send_modify(|list| list.pop()), Some(2));
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_modify<R>(&self, modify: impl FnOnce(&mut T) -> R) -> R {
        self.channel.modify(caller(), |value| (modify(value), true))
    }

    /// Modifies the value in place, with or without receivers, and wakes all receivers that wait if
    /// `modify` returns `true`. Returns what `modify` returns.
    ///
    /// Only `true` makes a new version. If `modify` changes the value and returns `false`, the
    /// change stays and can be read, but there is no new version, and no receiver is woken.
    ///
    /// `modify` runs while the value is locked: keep it short.
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking).
    ///
    /// # Panics
    ///
    /// Panics if `modify` panics. Its changes up to then stay, without a new version or a wake-up.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, mut rx) = watch_channel::channel(10);
    /// let raise = |to: i32| move |value: &mut i32| {
    ///     let higher = to > *value;
    ///     if higher {
    ///         *value = to;
    ///     }
    ///     higher
    /// };
    /// assert!(!tx.send_if_modified(raise(5)));
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// assert!(tx.send_if_modified(raise(20)));
    /// assert_eq!(*rx.borrow_and_update(), 20);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_if_modified<F: FnOnce(&mut T) -> bool>(&self, modify: F) -> bool {
        self.channel.modify(caller(), |value| {
            let is_modified = modify(value);
            (is_modified, is_modified)
        })
    }

    /// Stores a new value, with or without receivers, wakes all receivers that wait, and returns
    /// the old value.
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.send_replace(2), 1);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    #[inline]
    #[track_caller]
    pub fn send_replace(&self, mut value: T) -> T {
        self.send_modify(|current| mem::swap(current, &mut value));
        value
    }

    /// Stores a new value, with or without receivers, if it differs from the current one, and
    /// returns the old value.
    ///
    /// If the values are equal, it returns `None`: there is no new version, no receiver is woken,
    /// and `value` is dropped. If the value changes and then changes back, a receiver that has seen
    /// neither change still finds an unseen value. (eyeball calls this method `set_if_not_eq`.)
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Self#blocking). The values are compared while the current one is
    /// locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel("on");
    /// assert_eq!(tx.set_if_changed("on"), None);
    /// assert!(!rx.has_unseen());
    /// assert_eq!(tx.set_if_changed("off"), Some("on"));
    /// assert!(rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn set_if_changed(&self, mut value: T) -> Option<T>
    where
        T: PartialEq,
    {
        let changed = self.send_if_modified(|old| {
            let differs = *old != value;
            if differs {
                mem::swap(old, &mut value);
            }
            differs
        });
        changed.then_some(value)
    }

    /// Stores a new value, with or without receivers, and wakes all receivers that wait. If it
    /// would have to wait for the value's lock, it does neither.
    ///
    /// This method is for interrupt handlers (with the feature `critical-section`: see [from
    /// interrupts](crate::guide::firmware#from-interrupts)), and for code that may itself hold a
    /// [`Ref`] of the channel.
    ///
    /// # Blocking
    ///
    /// [Never waits](Self#calls-that-never-wait) for the value. Waking receivers takes internal
    /// locks for a few instructions at a time. With the feature `critical-section` these are
    /// critical sections. Without it, an interrupt handler spins forever if the code that it
    /// interrupts holds such a lock.
    ///
    /// # Errors
    ///
    /// Returns the value if a `Ref` of the channel lives, if another caller holds the value's lock,
    /// or if a queued thread has demanded it.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let value = rx.borrow();
    /// assert_eq!(tx.try_set(2), Err(2));
    /// drop(value);
    /// drop(rx);
    /// assert_eq!(tx.try_set(3), Ok(()));
    /// assert_eq!(tx.get(), 3);
    /// ```
    #[doc(alias = "try_send")]
    #[track_caller]
    pub fn try_set(&self, mut value: T) -> Result<(), T> {
        if self.channel.try_swap(caller(), &mut value) { Ok(()) } else { Err(value) }
    }

    /// Creates a receiver that has seen the current value.
    ///
    /// If you have read the value before this call, a value that was sent in between is lost.
    /// Subscribe first, or use [`subscribe_unseen`](Self::subscribe_unseen).
    ///
    /// The first receiver wakes all senders that wait in [`opened`](Self::opened).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// tx.send_replace(2);
    /// let rx = tx.subscribe();
    /// assert_eq!(rx.has_changed(), Ok(false));
    /// assert_eq!(*rx.borrow(), 2);
    /// ```
    pub fn subscribe(&self) -> Receiver<T> {
        // The version comes before the count. A send in between then finds no receiver, or its
        // value is unseen.
        let seen = self.version();
        let before = self.channel.receivers.add();
        let receiver = Receiver { channel: self.channel.clone(), cursor: Cursor::new(seen, before.0) };
        if before == (0, true) { receiver.announced() } else { receiver }
    }

    /// Creates a receiver that has not seen the current value, so its first wait returns at once.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let tx = watch_channel::Sender::new(1);
    /// let mut rx = tx.subscribe_unseen();
    /// rx.changed().await.unwrap();
    /// assert_eq!(rx.get_and_update(), 1);
    /// # });
    /// ```
    pub fn subscribe_unseen(&self) -> Receiver<T> {
        let mut receiver = self.subscribe();
        receiver.mark_changed();
        receiver
    }

    /// Waits until there is no receiver. A later [`subscribe`](Self::subscribe) can create one
    /// again.
    ///
    /// # Blocking
    ///
    /// Suspends the task until the last receiver is dropped. Checking for receivers never waits for
    /// readers or senders.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let (tx, rx) = watch_channel::channel(());
    /// drop(rx);
    /// tx.closed().await;
    /// assert!(tx.is_closed());
    /// # });
    /// ```
    #[doc(alias("closed_blocking", "closed_timeout", "closed_deadline"))]
    pub fn closed(&self) -> Closed<'_, T> {
        Closed { wait: SenderWait::new(&self.channel) }
    }

    /// Waits until there is a receiver: the mirror of [`closed`](Self::closed).
    ///
    /// It returns at once if there is one already. With both methods, a task can produce values
    /// only while there is a receiver: see [work only while there is a
    /// receiver](crate::guide::closing#work-only-while-there-is-a-receiver). A receiver that is
    /// dropped before the task runs goes unnoticed, and the wait goes on.
    ///
    /// # Blocking
    ///
    /// Suspends the task until a receiver subscribes. Checking for receivers never waits for
    /// readers or senders.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe.
    ///
    /// # Examples
    ///
    /// ```
    /// # futures_lite::future::block_on(async {
    /// let tx = watch_channel::Sender::new(());
    /// let rx = tx.subscribe();
    /// tx.opened().await;
    /// assert_eq!(tx.receiver_count(), 1);
    /// # });
    /// ```
    pub fn opened(&self) -> Opened<'_, T> {
        Opened { wait: SenderWait::new(&self.channel) }
    }

    /// Returns `true` if there is no receiver. A later [`subscribe`](Self::subscribe) can create
    /// one again.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// assert!(!tx.is_closed());
    /// drop(rx);
    /// assert!(tx.is_closed());
    /// ```
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// Returns a reference to the current value.
    ///
    /// [`get`](Self::get) and [`with`](Self::with) return no [`Ref`] that could be held too long.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking). All senders wait while the [`Ref`] lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(*tx.borrow(), 1);
    /// ```
    #[track_caller]
    pub fn borrow(&self) -> Ref<'_, T> {
        let (value, version) = self.channel.read(caller());
        Ref::new(value, version, false)
    }

    /// Returns a copy of the current value.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking). The value is cloned while it is locked.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(tx.get(), 1);
    /// ```
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Calls `f` with the current value, and returns the result of `f`.
    ///
    /// Senders wait while `f` runs: keep it short, and do not send on the same channel in it.
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking). With the feature `critical-section`, `f` runs in a
    /// critical section: see [from interrupts](crate::guide::firmware#from-interrupts).
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(vec![1, 2]);
    /// assert_eq!(tx.with(|list| list.len()), 2);
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.channel.with(caller(), |value, _| f(value))
    }

    /// Returns a reference to the current value, or `None` if a sender holds the value's lock or a
    /// queued thread has demanded it.
    ///
    /// # Blocking
    ///
    /// [Never waits](Self#calls-that-never-wait). All senders wait while the [`Ref`] lives.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// assert_eq!(*tx.try_borrow().unwrap(), 1);
    /// tx.send_modify(|_| assert!(tx.try_borrow().is_none()));
    /// ```
    #[track_caller]
    pub fn try_borrow(&self) -> Option<Ref<'_, T>> {
        let (value, version) = self.channel.try_read(caller())?;
        Some(Ref::new(value, version, false))
    }

    /// Returns the number of receivers at this moment.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(());
    /// let other = rx.clone();
    /// assert_eq!(tx.receiver_count(), 2);
    /// ```
    pub fn receiver_count(&self) -> usize {
        self.channel.receivers.get()
    }

    /// Returns the number of senders at this moment, this one included.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let other = tx.clone();
    /// assert_eq!(tx.sender_count(), 2);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.channel.senders.get()
    }

    /// Returns the version of the current value.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(1);
    /// let before = tx.version();
    /// tx.set(2);
    /// assert_ne!(tx.version(), before);
    /// ```
    pub fn version(&self) -> Version {
        self.channel.state.load().version()
    }

    /// Creates a sender that does not keep the channel open.
    ///
    /// # Examples
    ///
    /// ```
    /// let (tx, rx) = watch_channel::channel(1);
    /// let weak = tx.downgrade();
    /// drop(tx);
    /// assert!(rx.is_closed());
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn downgrade(&self) -> WeakSender<T> {
        WeakSender { channel: self.channel.clone() }
    }

    /// Returns `true` if both send on the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// assert!(tx.same_channel(&tx.clone()));
    /// assert!(!tx.same_channel(&watch_channel::Sender::new(())));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.channel.senders.add();
        Self { channel: self.channel.clone() }
    }
}

/// Closes the channel and wakes all receivers that wait, if this is the last sender.
impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.remove_sender();
    }
}

impl<T: Default> Default for Sender<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Shows the version and the value, or `<locked>` where [`try_borrow`](Sender::try_borrow) would
/// return `None`. It never waits.
impl<T: fmt::Debug> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("shared", &self.channel).finish()
    }
}

/// A sender that does not keep the channel open, made by [`Sender::downgrade`].
///
/// To send, call [`upgrade`](Self::upgrade), which returns a [`Sender`] until the channel is
/// closed. The last value stays in memory as long as any handle of the channel lives, including
/// weak senders.
///
/// # Examples
///
/// ```
/// let (tx, rx) = watch_channel::channel(1);
/// let weak = tx.downgrade();
/// weak.upgrade().unwrap().set(2);
/// assert_eq!(rx.get(), 2);
/// drop(tx);
/// assert!(weak.upgrade().is_none());
/// ```
pub struct WeakSender<T> {
    /// Which channel may it upgrade to?
    channel: Arc<Channel<T>>,
}

impl<T> WeakSender<T> {
    /// Returns a sender, or `None` once the last sender has been dropped: a closed channel stays
    /// closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert!(weak.upgrade().is_some_and(|upgraded| upgraded.same_channel(&tx)));
    /// drop(tx);
    /// assert!(weak.upgrade().is_none());
    /// ```
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.senders.add_unless_zero().then(|| Sender { channel: self.channel.clone() })
    }

    /// Returns the number of senders at this moment, without the weak senders.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert_eq!(weak.sender_count(), 1);
    /// ```
    pub fn sender_count(&self) -> usize {
        self.channel.senders.get()
    }

    /// Returns `true` if both belong to the same channel.
    ///
    /// # Examples
    ///
    /// ```
    /// let tx = watch_channel::Sender::new(());
    /// let weak = tx.downgrade();
    /// assert!(weak.same_channel(&tx.clone().downgrade()));
    /// ```
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.channel, &other.channel)
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self { channel: self.channel.clone() }
    }
}

/// Shows the version and the value, or `<locked>` where [`try_borrow`](Sender::try_borrow) would
/// return `None`. It never waits.
impl<T: fmt::Debug> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").field("shared", &self.channel).finish()
    }
}
