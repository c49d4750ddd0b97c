//! The list of all futures, for macros that implement something for each of them.

/// Calls the macro `for_receivers` with the futures of receivers, as `impl[PARAMETERS] FUTURE => RESULT;`, and `for_senders` with
/// those of senders, as `impl[PARAMETERS] FUTURE;`.
macro_rules! every_wait {
    ($for_receivers:ident, $for_senders:ident) => {
        $for_receivers! {
            impl[T] crate::Changed<'_, T> => ();
            impl[T: Clone] crate::Recv<'_, T> => T;
            impl[T: Clone, F: FnMut(&T) -> bool] crate::RecvIf<'_, T, F> => T;
            impl['a, T, F: FnMut(&T) -> bool] crate::WaitFor<'a, T, F> => crate::Ref<'a, T>;
            impl[T, F: FnMut(&T) -> bool] crate::WaitUntil<'_, T, F> => ();
            impl[T, R, F: FnMut(&T) -> Option<R>] crate::WaitForMap<'_, T, F> => R;
            impl[T: Clone] crate::CachedChanged<'_, T> => ();
            impl[T, U: PartialEq, F: FnMut(&T) -> U] crate::MappedChanged<'_, T, U, F> => ();
            impl[T, U: PartialEq + Clone, F: FnMut(&T) -> U] crate::MappedRecv<'_, T, U, F> => U;
        }
        $for_senders! {
            impl[T] crate::Closed<'_, T>;
            impl[T] crate::Opened<'_, T>;
        }
    };
}
pub(crate) use every_wait;
