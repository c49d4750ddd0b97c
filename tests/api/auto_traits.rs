//! The types have the auto traits of tokio's: this file does not compile if one is missing. It does
//! not compile either if a type has one that it must not have (see [`is_not`]).

use std::cell::Cell;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;

use watch_channel::error::{RecvError, RecvTimeoutError, SendError, TryRecvError};
use watch_channel::{Cached, Receiver, Ref, Sender, Version, Watch, WeakSender, channel};
use watch_channel::{
    CachedChanged, Changed, Closed, Mapped, MappedChanged, MappedRecv, Opened, Recv, RecvIf, WaitFor, WaitForMap,
    WaitUntil,
};

/// Sync, but not Send.
type SyncOnly = std::sync::MutexGuard<'static, u8>;
/// Send, but not Sync.
type SendOnly = Cell<u8>;
/// Neither, nor unwind safe.
type Nothing = (Rc<Cell<u8>>, *mut u8);

macro_rules! is {
    ($($type:ty),+: $($bound:tt)+) => {
        const _: fn() = || {
            fn check<T: ?Sized + $($bound)+>() {}
            $(check::<$type>();)+
        };
    };
}

/// If one of the types has the trait, two implementations fit, and the call is ambiguous.
macro_rules! is_not {
    ($($type:ty),+: $bound:path) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn check() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $bound> Ambiguous<u8> for T {}
            $(<$type as Ambiguous<_>>::check();)+
        };
    };
}

/// Checks this crate's types and tokio's in the same way.
macro_rules! like_tokio {
    ($Sender:ident, $Receiver:ident, $Ref:ident, $SendError:ident, $RecvError:ident) => {
        is!($Sender<String>, $Receiver<String>, $SendError<String>, $RecvError: Send + Sync);
        is!($Sender<String>, $Receiver<String>, $SendError<String>, $RecvError: Unpin + UnwindSafe + RefUnwindSafe);
        is!($Sender<Nothing>, $Receiver<Nothing>: Unpin + UnwindSafe + RefUnwindSafe);
        is!($Sender<std::marker::PhantomPinned>, $Receiver<std::marker::PhantomPinned>: Unpin);
        is_not!($Sender<SyncOnly>, $Sender<SendOnly>, $Receiver<SyncOnly>, $Receiver<SendOnly>: Send);
        is_not!($Sender<SyncOnly>, $Sender<SendOnly>, $Receiver<SyncOnly>, $Receiver<SendOnly>: Sync);
        is!($Ref<'static, String>: Sync + Unpin + UnwindSafe + RefUnwindSafe);
        is_not!($Ref<'static, String>: Send);
        is_not!($Ref<'static, SendOnly>: Sync);
        is_not!($Ref<'static, SendOnly>: UnwindSafe);
        is_not!($Ref<'static, SendOnly>: RefUnwindSafe);
    };
}

like_tokio!(Sender, Receiver, Ref, SendError, RecvError);

/// A guard of a value with a longer lifetime can be used where a guard of a value with a shorter
/// lifetime is expected.
macro_rules! is_covariant {
    ($Ref:ident, $name:ident) => {
        fn $name<'short, 'a>(long: $Ref<'a, &'static str>) -> $Ref<'a, &'short str> {
            long
        }
    };
}
is_covariant!(Ref, shorten);
is_covariant!(TokioRef, shorten_tokios);

#[test]
fn a_ref_is_covariant() {
    fn first_word<'a>(_: &'a str, value: &Ref<'_, &'a str>) -> Option<&'a str> {
        value.split(' ').next()
    }
    let text = String::from("lives shorter");
    let (_tx, rx) = channel("two words");
    assert_eq!(first_word(&text, &shorten(rx.borrow())), Some("two"));
    let (_tx, rx) = tokio::sync::watch::channel("two words");
    assert_eq!(*shorten_tokios(rx.borrow()), "two words");
}

mod tokios {
    pub(crate) use tokio::sync::watch::error::{RecvError as TokioRecvError, SendError as TokioSendError};
    pub(crate) use tokio::sync::watch::{Receiver as TokioReceiver, Ref as TokioRef, Sender as TokioSender};
}
use tokios::*;
like_tokio!(TokioSender, TokioReceiver, TokioRef, TokioSendError, TokioRecvError);

is!(WeakSender<String>, Cached<String>, Watch<String>: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe);
is!(Mapped<String, String, fn(&String) -> String>: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe);
is!(WeakSender<Nothing>, Watch<Nothing>: Unpin + UnwindSafe + RefUnwindSafe);
is_not!(WeakSender<SyncOnly>: Send);
is_not!(WeakSender<SendOnly>, Cached<SendOnly>, Mapped<SendOnly, u8, fn(&SendOnly) -> u8>: Sync);
is_not!(Watch<SendOnly>, Watch<SyncOnly>: Sync);
is!(Version: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + Copy + Eq + std::hash::Hash);
is!(TryRecvError: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe + std::error::Error);
is!(RecvTimeoutError: Send + Sync + Unpin + std::error::Error + From<RecvError>);

#[cfg(feature = "stream")]
mod stream {
    use super::*;
    use watch_channel::WatchStream;

    is!(WatchStream<String>: Send + Sync + Unpin + UnwindSafe + RefUnwindSafe);
    is!(WatchStream<Nothing>: Unpin + futures_core::FusedStream + From<Receiver<Nothing>>);
    is!(WatchStream<Nothing>: Clone + std::fmt::Debug);
    is_not!(WatchStream<SyncOnly>: Send);
}

#[cfg(feature = "defmt")]
mod logged {
    use super::*;

    is!(Sender<Nothing>, Receiver<Nothing>, WeakSender<Nothing>, Version: defmt::Format);
    is!(SendError<Nothing>, RecvError, TryRecvError, RecvTimeoutError: defmt::Format);
}

is!(Changed<'static, String>: Send + Sync + Unpin);
is!(Recv<'static, String>: Send + Sync + Unpin);
is!(RecvIf<'static, String, fn(&String) -> bool>: Send + Sync + Unpin);
is!(WaitFor<'static, String, fn(&String) -> bool>: Send + Sync + Unpin);
is!(WaitUntil<'static, String, fn(&String) -> bool>: Send + Sync + Unpin);
is!(WaitForMap<'static, String, fn(&String) -> Option<u8>>: Send + Sync + Unpin);
is!(CachedChanged<'static, String>: Send + Sync + Unpin);
is!(MappedChanged<'static, String, u8, fn(&String) -> u8>: Send + Sync + Unpin);
is!(MappedRecv<'static, String, u8, fn(&String) -> u8>: Send + Sync + Unpin);
is!(Closed<'static, String>: Send + Sync + Unpin);
is!(Opened<'static, String>: Send + Sync + Unpin);
is_not!(Changed<'static, SendOnly>: Send);
is_not!(Closed<'static, SendOnly>: Send);

fn is_send_and_sync<T: Send + Sync>(_: &T) {}

#[test]
fn a_task_that_waits_can_be_sent_and_shared() {
    let (tx, mut rx) = channel(String::new());
    is_send_and_sync(&async move {
        rx.changed().await.unwrap();
        let _ = rx.borrow_and_update().len();
        let empty = rx.wait_for(|value| value.is_empty()).await.is_ok();
        tx.closed().await;
        empty
    });
}

#[test]
fn a_value_that_is_not_static_or_not_send_is_fine() {
    let text = String::from("borrowed");
    let (tx, rx) = channel(text.as_str());
    assert_eq!(rx.borrow().len(), 8);
    drop(tx);
    let (tx, rx) = channel(Rc::new(1));
    tx.send(Rc::new(2)).unwrap();
    assert_eq!(**rx.borrow(), 2);
}
