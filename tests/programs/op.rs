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

/// Defines an enum of calls, and a list of them with how often each is chosen.
macro_rules! calls {
    ($(#[$doc:meta])* enum $Calls:ident, $list:ident: $($often:literal: $($call:ident)+;)+ $($last:ident($of:ty))?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug)]
        pub(crate) enum $Calls {
            $($($call,)+)+
            $($last($of),)?
        }

        const $list: &[(u8, &[$Calls])] = &[$(($often, &[$($Calls::$call),+]),)+];
    };
}

calls! {
    /// The calls that tokio's channel has as well.
    ///
    /// `SendIfModified` sets the value, and reports that it was modified, or that it was not.
    /// `SendPanic` sets it and panics. `StartWaitFor` waits for a value with the step's remainder
    /// when divided by 3. The calls with `Elsewhere` move a wait to a new task, and poll it there.
    enum Call, CALLS:
    9: PollReceiver;
    6: Send;
    5: StartChanged;
    4: StartWaitFor;
    3: PollSender DropReceiver;
    2: SendIfModified SenderLooks Borrow BorrowAndUpdate HasChanged StartClosed PollReceiverElsewhere CancelReceiver
        CloneReceiver;
    1: SendReplace SendModify SendPanic MarkChanged MarkUnchanged PollSenderElsewhere CancelSender CloneSender Subscribe
        DropSender;
    Own(OwnCall)
}

calls! {
    /// The calls that tokio's channel does not have.
    ///
    /// `TrySetWhileRead` tries to send while the value is borrowed. `Cache` and `Uncache` turn a
    /// receiver into a `Cached` and back, and `Map` and `Unmap` into one of the value's remainder
    /// when divided by 3.
    enum OwnCall, OWN_CALLS:
    6: PollChanged;
    4: PollCached PollMapped;
    3: StartRecv StartRecvIf StartCachedChanged;
    2: Set SetIfChanged TrySet StartOpened ReceiverLooks TryRecv TryRecvIf StartWaitUntil StartWaitForMap Cache CachedGet
        CachedUpdate Map MappedGet MappedUpdate StartMappedChanged StartMappedRecv;
    1: TrySetWhileRead SubscribeUnseen Downgrade Upgrade WeakSenderLooks DropWeakSender GetAndUpdate CachedLooks
        PollCachedElsewhere CancelCached CloneCached Uncache DropCached CancelMapped Unmap DropMapped;
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
