//! A static of which nobody else touches the value while [`Scratch::alone`] runs.
//!
//! With threads each has a value of its own. Without, there is one: behind a critical section, or behind a lock.

/// Declares one, made by a constant expression.
#[cfg(feature = "std")]
macro_rules! scratch {
    (static $name:ident: $type:ty = $init:expr;) => {
        // Not a static, through which other crates would call the key and not see into it.
        const $name: $crate::sync::Scratch<$type> = {
            $crate::sync::per_thread! {
                static EACH: core::mem::ManuallyDrop<$type> = core::mem::ManuallyDrop::new($init);
            }
            $crate::sync::Scratch::new(&EACH)
        };
    };
}
#[cfg(not(feature = "std"))]
macro_rules! scratch {
    (static $name:ident: $type:ty = $init:expr;) => {
        static $name: $crate::sync::Scratch<$type> = $crate::sync::Scratch::new($init);
    };
}
pub(crate) use scratch;

#[cfg(all(feature = "std", loom, feature = "loom"))]
type LocalKey<T> = loom::thread::LocalKey<T>;
#[cfg(all(feature = "std", not(all(loom, feature = "loom"))))]
type LocalKey<T> = std::thread::LocalKey<T>;

/// Not dropped with its thread: the destructors of other thread-locals may still need it.
#[cfg(feature = "std")]
pub(crate) struct Scratch<T: 'static>(&'static LocalKey<core::mem::ManuallyDrop<T>>);

#[cfg(feature = "std")]
impl<T> Scratch<T> {
    pub(crate) const fn new(each: &'static LocalKey<core::mem::ManuallyDrop<T>>) -> Self {
        Self(each)
    }

    #[inline]
    pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
        f()
    }

    #[inline]
    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(|value| f(value))
    }
}

#[cfg(all(not(feature = "std"), feature = "critical-section"))]
pub(crate) struct Scratch<T>(crate::sync::Mutex<T>);

#[cfg(all(not(feature = "std"), feature = "critical-section"))]
impl<T> Scratch<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(crate::sync::Mutex::new(value))
    }

    pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
        crate::sync::uninterrupted(f)
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }
}

#[cfg(all(not(feature = "std"), not(feature = "critical-section")))]
pub(crate) struct Scratch<T> {
    turn: crate::sync::Mutex<()>,
    value: crate::sync::Mutex<T>,
}

#[cfg(all(not(feature = "std"), not(feature = "critical-section")))]
impl<T> Scratch<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self { turn: crate::sync::Mutex::new(()), value: crate::sync::Mutex::new(value) }
    }

    pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
        self.turn.with(|()| f())
    }

    pub(crate) fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        self.value.with(f)
    }
}
