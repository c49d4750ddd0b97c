//! [`Op`], a step of a program.

use std::fmt;

/// One step: a call, with a handle and a number for those that need one.
#[derive(Clone, Copy)]
pub(crate) struct Op {
    pub(crate) call: Call,
    /// The number of the handle, modulo the number of handles.
    pub(crate) handle: usize,
    number: u8,
}

/// The calls that tokio's channel has as well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Send,
    SendReplace,
    SendModify,
    /// Sets the value, and reports that it was modified, or that it was not.
    SendIfModified,
    /// Sets the value, and panics.
    SendPanic,
    SenderLooks,
    Borrow,
    BorrowAndUpdate,
    HasChanged,
    MarkChanged,
    MarkUnchanged,
    StartChanged,
    /// Waits for a value with this remainder when divided by 3.
    StartWaitFor,
    StartClosed,
    PollReceiver,
    /// Moves a wait to a new task, and polls it there.
    PollReceiverElsewhere,
    PollSender,
    PollSenderElsewhere,
    CancelReceiver,
    CancelSender,
    CloneReceiver,
    CloneSender,
    Subscribe,
    DropReceiver,
    DropSender,
    /// A call that tokio's channel does not have.
    Own(OwnCall),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnCall {
    Set,
    SetIfChanged,
    TrySet,
    /// Tries to send while the value is borrowed.
    TrySetWhileRead,
    SubscribeUnseen,
    StartOpened,
    Downgrade,
    Upgrade,
    WeakSenderLooks,
    DropWeakSender,
    ReceiverLooks,
    GetAndUpdate,
    TryRecv,
    /// Receives a value with this remainder when divided by 3, as the next ones do.
    TryRecvIf,
    StartRecv,
    StartRecvIf,
    StartWaitUntil,
    StartWaitForMap,
    PollChanged,
    /// Turns a receiver into a `Cached`.
    Cache,
    CachedGet,
    CachedUpdate,
    CachedLooks,
    StartCachedChanged,
    PollCached,
    PollCachedElsewhere,
    CancelCached,
    CloneCached,
    /// Turns a `Cached` into a receiver.
    Uncache,
    DropCached,
    /// Turns a receiver into one of the value's remainder when divided by 3.
    Map,
    MappedGet,
    MappedUpdate,
    StartMappedChanged,
    StartMappedRecv,
    PollMapped,
    CancelMapped,
    /// Turns a mapped receiver into a receiver.
    Unmap,
    DropMapped,
}

impl Call {
    /// Is called on a sender, and does nothing while that waits.
    pub(crate) fn needs_idle_sender(self) -> bool {
        use OwnCall::{Downgrade, Set, SetIfChanged, SubscribeUnseen, TrySet, TrySetWhileRead};

        match self {
            Self::Send | Self::SendReplace | Self::SendModify | Self::SendIfModified | Self::SendPanic => true,
            Self::SenderLooks | Self::CloneSender | Self::Subscribe => true,
            Self::Own(own) => {
                matches!(own, Set | SetIfChanged | TrySet | TrySetWhileRead | SubscribeUnseen | Downgrade)
            }
            _ => false,
        }
    }
}

/// How often each call is chosen.
#[rustfmt::skip]
const CALLS: &[(u8, &[Call])] = &[
    (9, &[Call::PollReceiver]),
    (6, &[Call::Send]),
    (5, &[Call::StartChanged]),
    (4, &[Call::StartWaitFor]),
    (3, &[Call::PollSender, Call::DropReceiver]),
    (2, &[Call::SendIfModified, Call::SenderLooks, Call::Borrow, Call::BorrowAndUpdate, Call::HasChanged,
        Call::StartClosed, Call::PollReceiverElsewhere, Call::CancelReceiver, Call::CloneReceiver]),
    (1, &[Call::SendReplace, Call::SendModify, Call::SendPanic, Call::MarkChanged, Call::MarkUnchanged,
        Call::PollSenderElsewhere, Call::CancelSender, Call::CloneSender, Call::Subscribe, Call::DropSender]),
];

#[rustfmt::skip]
const OWN_CALLS: &[(u8, &[OwnCall])] = &[
    (6, &[OwnCall::PollChanged]),
    (4, &[OwnCall::PollCached, OwnCall::PollMapped]),
    (3, &[OwnCall::StartRecv, OwnCall::StartRecvIf, OwnCall::StartCachedChanged]),
    (2, &[OwnCall::Set, OwnCall::SetIfChanged, OwnCall::TrySet, OwnCall::StartOpened, OwnCall::ReceiverLooks,
        OwnCall::TryRecv, OwnCall::TryRecvIf, OwnCall::StartWaitUntil, OwnCall::StartWaitForMap, OwnCall::Cache,
        OwnCall::CachedGet, OwnCall::CachedUpdate, OwnCall::Map, OwnCall::MappedGet, OwnCall::MappedUpdate,
        OwnCall::StartMappedChanged, OwnCall::StartMappedRecv]),
    (1, &[OwnCall::TrySetWhileRead, OwnCall::SubscribeUnseen, OwnCall::Downgrade, OwnCall::Upgrade,
        OwnCall::WeakSenderLooks, OwnCall::DropWeakSender, OwnCall::GetAndUpdate, OwnCall::CachedLooks,
        OwnCall::PollCachedElsewhere, OwnCall::CancelCached, OwnCall::CloneCached, OwnCall::Uncache,
        OwnCall::DropCached, OwnCall::CancelMapped, OwnCall::Unmap, OwnCall::DropMapped]),
];

fn calls() -> impl Iterator<Item = (u8, Call)> + Clone {
    CALLS.iter().flat_map(|(often, calls)| calls.iter().map(|call| (*often, *call)))
}

impl Op {
    /// How many bytes encode one step.
    pub(crate) const BYTES: usize = 3;

    /// Returns the step that these bytes encode, with a call that tokio's channel has as well.
    pub(crate) fn of_both(bytes: [u8; Op::BYTES]) -> Self {
        Self::decode(calls(), bytes)
    }

    /// Returns the step that these bytes encode, with any call.
    pub(crate) fn of_all(bytes: [u8; Op::BYTES]) -> Self {
        let own = OWN_CALLS.iter().flat_map(|(often, calls)| calls.iter().map(|call| (*often, Call::Own(*call))));
        Self::decode(calls().chain(own), bytes)
    }

    fn decode(calls: impl Iterator<Item = (u8, Call)> + Clone, [kind, handle, number]: [u8; Op::BYTES]) -> Self {
        let mut kind = kind % calls.clone().map(|(often, _)| often).sum::<u8>();
        for (often, call) in calls {
            match kind.checked_sub(often) {
                None => return Self { call, handle: usize::from(handle % 6), number },
                Some(rest) => kind = rest,
            }
        }
        unreachable!("it is less than the sum of all");
    }

    /// The value to send.
    pub(crate) fn value(self) -> u8 {
        self.number % 9
    }

    /// The remainder of the value to wait for, when divided by 3.
    pub(crate) fn remainder(self) -> u8 {
        self.number % 3
    }

    /// What `send_if_modified` is told.
    pub(crate) fn modifies(self) -> bool {
        self.number >= 128
    }
}

impl fmt::Debug for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({}, {})", self.call, self.handle, self.number)
    }
}
