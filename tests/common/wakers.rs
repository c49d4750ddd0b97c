//! Wakers that act when they are cloned, woken or dropped.
#![expect(unsafe_code, reason = "a waker that notices its clones needs a vtable")]

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

use watch_channel::Receiver;

/// What happens to a waker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Clone,
    Wake,
    Drop,
}

type Listener = Arc<dyn Fn(Event) + Send + Sync>;

/// Returns a waker that calls `f` whenever it or a clone of it is cloned, woken or dropped. A
/// wake-up that takes the waker is no drop. `f` is dropped with the last of the wakers.
pub(crate) fn on_each_event(f: impl Fn(Event) + Send + Sync + 'static) -> Waker {
    // The data is a `Box<Listener>` that the waker owns.
    unsafe fn listener<'a>(data: *const ()) -> &'a Listener {
        // SAFETY: the box lives as long as its waker.
        unsafe { &*data.cast::<Listener>() }
    }
    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: called with the waker's data. The waker can be dropped in the call, so this keeps
        // the listener.
        let listener = unsafe { listener(data) }.clone();
        listener(Event::Clone);
        raw(listener)
    }
    unsafe fn wake(data: *const ()) {
        // SAFETY: made by `Box::into_raw`, and `wake` takes the waker.
        let listener = unsafe { Box::from_raw(data.cast_mut().cast::<Listener>()) };
        listener(Event::Wake);
    }
    unsafe fn wake_by_ref(data: *const ()) {
        // SAFETY: called with the waker's data.
        let listener = unsafe { listener(data) }.clone();
        listener(Event::Wake);
    }
    unsafe fn drop(data: *const ()) {
        // SAFETY: made by `Box::into_raw`, and dropped once.
        let listener = unsafe { Box::from_raw(data.cast_mut().cast::<Listener>()) };
        listener(Event::Drop);
    }
    fn raw(listener: Listener) -> RawWaker {
        static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);
        RawWaker::new(Box::into_raw(Box::new(listener)).cast_const().cast(), &VTABLE)
    }
    // SAFETY: the vtable's functions fit the data.
    unsafe { Waker::from_raw(raw(Arc::new(f))) }
}

/// Does something once.
struct Once<F>(Mutex<Option<F>>);

impl<F: FnOnce()> Once<F> {
    fn new(f: F) -> Self {
        Self(Mutex::new(Some(f)))
    }

    /// Calls the function without holding a lock, unless it has been called before.
    fn call(&self) {
        let f = self.0.lock().unwrap().take();
        f.into_iter().for_each(|f| f());
    }
}

/// Returns a waker that calls `f` when it is first woken.
pub(crate) fn on_wake(f: impl FnOnce() + Send + 'static) -> Waker {
    let once = Once::new(f);
    on_each_event(move |event| {
        if event == Event::Wake {
            once.call()
        }
    })
}

/// Returns a waker that calls `f` when the last of its clones is dropped.
pub(crate) fn on_last_drop(f: impl FnOnce() + Send + 'static) -> Waker {
    struct OnDrop<F: FnOnce()>(Once<F>);

    impl<F: FnOnce() + Send> Wake for OnDrop<F> {
        fn wake(self: Arc<Self>) {}
    }

    impl<F: FnOnce()> Drop for OnDrop<F> {
        fn drop(&mut self) {
            self.0.call();
        }
    }

    Arc::new(OnDrop(Once::new(f))).into()
}

/// The other side of a waker that keeps the thread that wakes it.
pub(crate) struct HeldUp {
    is_woken: mpsc::Receiver<()>,
    go_on: mpsc::Sender<()>,
}

/// Returns a waker that keeps the thread that wakes it until [`HeldUp::go_on`].
pub(crate) fn held_up() -> (Waker, HeldUp) {
    let (woken, is_woken) = mpsc::channel();
    let (go_on, goes_on) = mpsc::channel();
    let waker = on_wake(move || {
        woken.send(()).unwrap();
        goes_on.recv().unwrap();
    });
    (waker, HeldUp { is_woken, go_on })
}

impl HeldUp {
    pub(crate) fn wait_until_woken(&self) {
        self.is_woken.recv().unwrap();
    }

    pub(crate) fn go_on(&self) {
        self.go_on.send(()).unwrap();
    }
}

/// Polls for a change with this waker, and checks that there is none. The channel keeps the waker.
#[track_caller]
pub(crate) fn register<T>(rx: &mut Receiver<T>, waker: &Waker) {
    assert!(rx.poll_changed(&mut Context::from_waker(waker)).is_pending());
}

/// The payload of a panic that prints no message.
struct OnPurpose;

pub(crate) fn panic_on_purpose() -> ! {
    resume_unwind(Box::new(OnPurpose))
}

/// Calls `f`. Returns `true` if it panics on purpose.
pub(crate) fn panics(f: impl FnOnce()) -> bool {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => false,
        Err(panic) if panic.is::<OnPurpose>() => true,
        Err(panic) => resume_unwind(panic),
    }
}
