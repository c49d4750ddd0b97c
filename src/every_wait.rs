//! The list of all futures, for macros that implement something for each of them.

use core::fmt;

/// Calls the macro `for_receivers` with the futures of receivers, as `FUTURE [BOUNDS] => RESULT;`,
/// and `for_senders` with those of senders, as `FUTURE [BOUNDS];`. The bounds are those with which
/// it is a future.
macro_rules! every_wait {
    ($for_receivers:ident, $for_senders:ident) => {
        $for_receivers! {
            Changed<'_, T> [T] => ();
            Recv<'_, T> [T: Clone] => T;
            RecvIf<'_, T, F> [T: Clone, F: FnMut(&T) -> bool] => T;
            WaitFor<'a, T, F> ['a, T, F: FnMut(&T) -> bool] => crate::Ref<'a, T>;
            WaitUntil<'_, T, F> [T, F: FnMut(&T) -> bool] => ();
            WaitForMap<'_, T, F> [T, R, F: FnMut(&T) -> Option<R>] => R;
            CachedChanged<'_, T> [T: Clone] => ();
            MappedChanged<'_, T, U, F> [T, U: PartialEq, F: FnMut(&T) -> U] => ();
            MappedRecv<'_, T, U, F> [T, U: PartialEq + Clone, F: FnMut(&T) -> U] => U;
        }
        $for_senders! {
            Closed<'_, T> [T];
            Opened<'_, T> [T];
        }
    };
}

/// Implements `Debug` with the name alone, which needs no bounds.
macro_rules! debug {
    ($($future:ident<$lifetime:lifetime, $($parameter:ident),+> $bounds:tt $(=> $result:ty)?;)+) => { $(
        impl<$($parameter),+> fmt::Debug for crate::$future<'_, $($parameter),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($future)).finish_non_exhaustive()
            }
        }
    )+ };
}
every_wait!(debug, debug);
