//! [`Watch`], a channel in a `static`.

use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::error::TrySendError;
use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::sync::{Mutex, SetOnce};

/// A channel in a `static`: code that can name it can send and receive, without handles being passed around.
///
/// Its handles have the same types as those of [`channel`](crate::channel()), so a function that takes a `Receiver<Config>`
/// works with both. The channel never closes, because the `Watch` itself counts as a sender. The methods of the `Watch` send
/// and read without a handle.
///
/// A `Watch` belongs in a `static`: [`sender`](Self::sender), [`subscribe`](Self::subscribe) and
/// [`subscribe_unseen`](Self::subscribe_unseen) take `&'static self`, so it outlives all handles and the channel stays open.
/// For a channel in a struct's field use [`Sender::new`] and [`Sender::subscribe`].
///
/// # Blocking
///
/// Its methods wait as those of [`Sender`](Sender#blocking) do. In addition, the first call of any method makes the channel,
/// and calls on other threads wait for that allocation. With the feature `std` they sleep while they wait.
///
/// # Memory
///
/// The first call of a method makes the channel on the heap, as [`channel`](crate::channel()) does, and moves the value
/// there, with one allocation. Firmware whose interrupt handlers must not allocate should call a method at start-up.
///
/// # Examples
///
/// ```
/// use watch_channel::{Receiver, Watch};
///
/// static BRIGHTNESS: Watch<u8> = Watch::new(50);
///
/// fn dim(brightness: &Receiver<u8>) -> bool {
///     brightness.get() < 20
/// }
///
/// let rx = BRIGHTNESS.subscribe();
/// assert!(!dim(&rx));
/// BRIGHTNESS.set(10);
/// assert!(dim(&rx));
/// ```
pub struct Watch<T> {
    /// The initial value, until the channel is made.
    init: Mutex<Option<T>>,
    /// Never dropped, so the channel never closes.
    sender: SetOnce<Sender<T>>,
}

impl<T> Watch<T> {
    /// Creates a `Watch` that holds `init`. It does not allocate.
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<&str> = Watch::new("init");
    /// assert_eq!(WATCH.subscribe().get(), "init");
    /// ```
    pub const fn new(init: T) -> Self {
        Self { init: Mutex::new(Some(init)), sender: SetOnce::new() }
    }

    /// Returns a new sender.
    ///
    /// # Blocking
    ///
    /// Waits only while another caller [makes the channel](Self#blocking).
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 4` senders, which is possible only with `mem::forget`.
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(0);
    /// WATCH.sender().send_modify(|count| *count += 1);
    /// assert_eq!(WATCH.sender().get(), 1);
    /// ```
    pub fn sender(&'static self) -> Sender<T> {
        self.own_sender().clone()
    }

    /// Returns a new receiver, which has seen the current value.
    ///
    /// # Blocking
    ///
    /// Waits only while another caller [makes the channel](Self#blocking).
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 4` receivers, which is possible only with `mem::forget`.
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(0);
    /// let rx = WATCH.subscribe();
    /// assert!(!rx.has_unseen());
    /// WATCH.sender().set(1);
    /// assert!(rx.has_unseen());
    /// ```
    pub fn subscribe(&'static self) -> Receiver<T> {
        self.own_sender().subscribe()
    }

    /// Returns a new receiver, which has not seen the current value.
    ///
    /// # Blocking
    ///
    /// Waits only while another caller [makes the channel](Self#blocking).
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 4` receivers, which is possible only with `mem::forget`.
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// assert_eq!(WATCH.subscribe_unseen().try_recv(), Ok(1));
    /// ```
    pub fn subscribe_unseen(&'static self) -> Receiver<T> {
        self.own_sender().subscribe_unseen()
    }

    /// Stores a new value, with or without receivers, and wakes all receivers that wait. This never fails. See
    /// [`Sender::set`].
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Sender#blocking).
    ///
    /// # Panics
    ///
    /// Panics if [a waker panics](Sender#wakers-that-panic), or, in debug builds, if it would [wait for its own
    /// thread](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// WATCH.set(2);
    /// assert_eq!(WATCH.get(), 2);
    /// ```
    #[track_caller]
    pub fn set(&self, value: T) {
        self.own_sender().set(value);
    }

    /// Sends a new value unless that would have to wait. See [`Sender::try_send`].
    ///
    /// # Blocking
    ///
    /// Never waits for the value. The first call on a `Watch` [makes the channel](Self#blocking).
    ///
    /// # Errors
    ///
    /// Returns [`TrySendError::Busy`] with the value while the value's lock is held or a thread has waited too long for it,
    /// and [`TrySendError::Closed`] with the value if there is no receiver.
    ///
    /// # Panics
    ///
    /// Panics if [a waker panics](Sender#wakers-that-panic).
    ///
    /// # Examples
    ///
    /// An interrupt handler publishes a reading:
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static READINGS: Watch<u16> = Watch::new(0);
    ///
    /// fn interrupt_handler(reading: u16) {
    ///     // If a reader is in the way, the next reading will do.
    ///     let _ = READINGS.try_send(reading);
    /// }
    ///
    /// let mut rx = READINGS.subscribe();
    /// interrupt_handler(7);
    /// assert_eq!(rx.try_recv(), Ok(7));
    /// ```
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.own_sender().try_send(value)
    }

    /// Modifies the value in place, with or without receivers, and wakes all receivers that wait. See [`Sender::send_modify`].
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Sender#blocking).
    ///
    /// # Panics
    ///
    /// Panics if `modify` panics. Also panics if [a waker panics](Sender#wakers-that-panic), or, in debug builds, if it
    /// would [wait for its own thread](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// WATCH.send_modify(|count| *count += 1);
    /// assert_eq!(WATCH.get(), 2);
    /// ```
    #[track_caller]
    pub fn send_modify(&self, modify: impl FnOnce(&mut T)) {
        self.own_sender().send_modify(modify);
    }

    /// Modifies the value in place, with or without receivers, and wakes all receivers that wait if `modify` returns `true`.
    /// Returns what `modify` returns. See [`Sender::send_if_modified`].
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Sender#blocking).
    ///
    /// # Panics
    ///
    /// Panics if `modify` panics. Also panics if [a waker panics](Sender#wakers-that-panic), or, in debug builds, if it
    /// would [wait for its own thread](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// let rx = WATCH.subscribe();
    /// assert!(!WATCH.send_if_modified(|_| false));
    /// assert!(!rx.has_unseen());
    /// ```
    #[track_caller]
    pub fn send_if_modified(&self, modify: impl FnOnce(&mut T) -> bool) -> bool {
        self.own_sender().send_if_modified(modify)
    }

    /// Stores a new value, with or without receivers, if it differs from the current one, and returns the old value. Returns
    /// `None` if the values are equal. See [`Sender::set_if_changed`].
    ///
    /// # Blocking
    ///
    /// Waits [as all senders](Sender#blocking). The values are compared while the current one is locked.
    ///
    /// # Panics
    ///
    /// Panics if the comparison panics. Also panics if [a waker panics](Sender#wakers-that-panic), or, in debug builds, if
    /// it would [wait for its own thread](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// assert_eq!(WATCH.set_if_changed(1), None);
    /// assert_eq!(WATCH.set_if_changed(2), Some(1));
    /// ```
    #[track_caller]
    pub fn set_if_changed(&self, value: T) -> Option<T>
    where
        T: PartialEq,
    {
        self.own_sender().set_if_changed(value)
    }

    /// Returns a copy of the current value. See [`Sender::get`].
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking). The value is cloned while it is locked.
    ///
    /// # Panics
    ///
    /// Panics if the value's `clone` panics; the channel stays usable. Also panics in a closure that modifies the same
    /// channel, in [debug builds](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(1);
    /// assert_eq!(WATCH.get(), 1);
    /// ```
    #[track_caller]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.own_sender().get()
    }

    /// Calls `f` with the current value, and returns the result of `f`. See [`Sender::with`].
    ///
    /// # Blocking
    ///
    /// Waits [as any read](Receiver#blocking). With the feature `critical-section`, `f` runs in a critical section: see
    /// [from interrupts](crate::guide::firmware#from-interrupts).
    ///
    /// # Panics
    ///
    /// Panics if `f` panics; the channel stays usable. Also panics in a closure that modifies the same channel, in [debug
    /// builds](Sender#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<&str> = Watch::new("hello");
    /// assert_eq!(WATCH.with(|value| value.len()), 5);
    /// ```
    #[track_caller]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.own_sender().with(f)
    }

    fn own_sender(&self) -> &Sender<T> {
        self.sender.get_or_init(|| {
            let init = self.init.with(Option::take);
            Sender::new(init.expect("only the first caller makes the channel"))
        })
    }
}

// As for its handles: a panic releases the lock around the value, and leaves no value with another value's version.
impl<T> UnwindSafe for Watch<T> {}
impl<T> RefUnwindSafe for Watch<T> {}

impl<T: Default> Default for Watch<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Shows the channel if it has been made. It never waits.
impl<T: fmt::Debug> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("sender", &self.sender.get()).finish_non_exhaustive()
    }
}
