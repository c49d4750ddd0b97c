//! [`Watch`], a channel in a `static`.

use core::fmt;
use core::ops::Deref;
use core::panic::{RefUnwindSafe, UnwindSafe};

use crate::sender::Sender;
use crate::sync::{Mutex, SetOnce, get_or_init};

/// A channel in a `static`. Code that can name it can send and receive, so no handle has to be
/// passed around.
///
/// It dereferences to a [`Sender`], as a `LazyLock` does to its value, and so has all of a sender's
/// methods: [`set`](Sender::set), [`subscribe`](Sender::subscribe), [`get`](Sender::get) and so on.
/// Its handles have the same types as those of [`channel`](crate::channel()), so a function that
/// takes a `Receiver<Config>` works with both.
///
/// The `Watch` itself counts as a sender. In a `static` it is never dropped, so its channel never
/// closes. In a struct, or in a local variable, it closes its channel when it is dropped, unless
/// other senders are left.
///
/// # Blocking
///
/// Its methods block as [`Sender`'s](Sender#blocking) do. In addition, the first use makes the
/// channel, and uses on other threads wait for that allocation. With the feature `std` they sleep
/// while they wait.
///
/// # Memory
///
/// The first use makes the channel on the heap, as [`channel`](crate::channel()) does, and moves
/// the value there, with one allocation. Firmware whose interrupt handlers must not allocate should
/// use it once at start-up.
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
///     let _ = READINGS.try_set(reading);
/// }
///
/// interrupt_handler(7);
/// assert_eq!(READINGS.get(), 7);
/// ```
pub struct Watch<T> {
    /// What will be the channel's first value? `None` once the channel has been made.
    init: Mutex<Option<T>>,
    /// Which channel is it? Empty until the first use.
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
    /// assert_eq!(WATCH.get(), "init");
    /// ```
    pub const fn new(init: T) -> Self {
        Self { init: Mutex::new(Some(init)), sender: SetOnce::new() }
    }

    /// Returns a new sender: a clone of the one that it dereferences to.
    ///
    /// # Blocking
    ///
    /// Waits only while another caller [makes the channel](Self#blocking).
    ///
    /// # Examples
    ///
    /// ```
    /// use watch_channel::Watch;
    ///
    /// static WATCH: Watch<u32> = Watch::new(0);
    /// let tx = WATCH.sender();
    /// tx.send_modify(|count| *count += 1);
    /// assert_eq!(WATCH.get(), 1);
    /// ```
    pub fn sender(&self) -> Sender<T> {
        Sender::clone(self)
    }
}

/// Makes the channel at the first use.
impl<T> Deref for Watch<T> {
    type Target = Sender<T>;

    fn deref(&self) -> &Sender<T> {
        get_or_init(&self.sender, || {
            let init = self.init.with(Option::take);
            Sender::new(init.expect("only the first caller makes the channel"))
        })
    }
}

// As for its handles: a panic releases the lock around the value, and leaves no value with another
// value's version.
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
