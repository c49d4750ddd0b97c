//! Cells of which each thread has its own.

/// Declares one, made by a constant expression.
#[cfg(not(all(loom, feature = "loom")))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        std::thread_local! { $(#[$attr])* static $name: $type = const { $init }; }
    };
}
#[cfg(all(loom, feature = "loom"))]
macro_rules! per_thread {
    ($(#[$attr:meta])* static $name:ident: $type:ty = $init:expr;) => {
        loom::thread_local! { $(#[$attr])* static $name: $type = $init; }
    };
}
pub(crate) use per_thread;
