//! [`Watch`], a channel in a `static`.

use core::fmt;

use crate::receiver::Receiver;
use crate::sender::Sender;
use crate::sync::{Mutex, SetOnce};

/// A channel in a `static`: code that can name it can send and receive, without handles being passed around.
///
/// Its handles have the same types as those of [`channel`](crate::channel()), so a function that takes a `Receiver<Config>`
/// need not know where it comes from. It never closes, because the `Watch` itself counts as one sender.
///
/// # Memory
///
/// The first call of [`sender`](Self::sender) or [`subscribe`](Self::subscribe) makes the channel on the heap, as
/// [`channel`](crate::channel()) does, and moves the value there: one allocation. Firmware whose interrupts must not allocate
/// calls one of them at start-up.
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
/// BRIGHTNESS.sender().set(10);
/// assert!(dim(&rx));
/// ```
pub struct Watch<T> {
    /// Until the channel is made, its value.
    init: Mutex<Option<T>>,
    /// Never dropped, so the channel never closes.
    sender: SetOnce<Sender<T>>,
}

impl<T> Watch<T> {
    /// Creates a channel that holds `init`.
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
    /// Waits while another caller makes the channel, for the time of one allocation. With the feature `std` the thread sleeps.
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 4` senders, which takes `mem::forget`.
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
    /// Waits while another caller makes the channel, for the time of one allocation. With the feature `std` the thread sleeps.
    ///
    /// # Panics
    ///
    /// Panics if there are more than `usize::MAX / 4` receivers, which takes `mem::forget`.
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

    fn own_sender(&self) -> &Sender<T> {
        self.sender.get_or_init(|| {
            let init = self.init.with(Option::take);
            Sender::new(init.expect("only the first caller makes the channel"))
        })
    }
}

impl<T: Default> Default for Watch<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

/// Shows the channel once it has been made. It never waits.
impl<T: fmt::Debug> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("sender", &self.sender.get()).finish_non_exhaustive()
    }
}
