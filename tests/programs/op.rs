//! [`Op`], a step of a program.

/// One step. Handles are given by a number, modulo the number of handles.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Send(usize, u8),
    SendReplace(usize, u8),
    SendModify(usize, u8),
    /// Sets the value, and reports that it was modified, or that it was not.
    SendIfModified(usize, u8, bool),
    /// Sets the value, and panics.
    SendPanic(usize, u8),
    SenderLooks(usize),
    Borrow(usize),
    BorrowAndUpdate(usize),
    HasChanged(usize),
    MarkChanged(usize),
    MarkUnchanged(usize),
    StartChanged(usize),
    /// Waits for a value with this remainder when divided by 3.
    StartWaitFor(usize, u8),
    StartClosed(usize),
    PollReceiver(usize),
    /// Moves a wait to a new task, and polls it there.
    PollReceiverElsewhere(usize),
    PollSender(usize),
    PollSenderElsewhere(usize),
    CancelReceiver(usize),
    CancelSender(usize),
    CloneReceiver(usize),
    CloneSender(usize),
    Subscribe(usize),
    DropReceiver(usize),
    DropSender(usize),
    /// A step that tokio's channel does not have.
    Own(OwnOp),
}

/// A step with calls that tokio's channel does not have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum OwnOp {
    Set(usize, u8),
    SetIfChanged(usize, u8),
    TrySet(usize, u8),
    /// Tries to send while the value is borrowed.
    TrySetWhileRead(usize, u8),
    SubscribeUnseen(usize),
    StartOpened(usize),
    Downgrade(usize),
    Upgrade(usize),
    WeakSenderLooks(usize),
    DropWeakSender(usize),
    ReceiverLooks(usize),
    GetAndUpdate(usize),
    TryRecv(usize),
    /// Receives a value with this remainder when divided by 3, like the next ones.
    TryRecvIf(usize, u8),
    StartRecv(usize),
    StartRecvIf(usize, u8),
    StartWaitUntil(usize, u8),
    StartWaitForMap(usize, u8),
    PollChanged(usize),
    /// Turns a receiver into a `Cached`.
    Cache(usize),
    CachedGet(usize),
    CachedUpdate(usize),
    CachedLooks(usize),
    StartCachedChanged(usize),
    PollCached(usize),
    PollCachedElsewhere(usize),
    CancelCached(usize),
    CloneCached(usize),
    /// Turns a `Cached` into a receiver.
    Uncache(usize),
    DropCached(usize),
    /// Turns a receiver into one of the value's remainder when divided by 3.
    Map(usize),
    MappedGet(usize),
    MappedUpdate(usize),
    StartMappedChanged(usize),
    StartMappedRecv(usize),
    PollMapped(usize),
    CancelMapped(usize),
    /// Turns a mapped receiver into a receiver.
    Unmap(usize),
    DropMapped(usize),
}

/// Makes a step from the number of a handle and any other number.
type Make = fn(usize, u8) -> Op;

/// The steps that tokio's channel has as well, and how often each is chosen.
const STEPS: &[(u8, Make)] = &[
    (6, |h, v| Op::Send(h, v % 9)),
    (1, |h, v| Op::SendReplace(h, v % 9)),
    (1, |h, v| Op::SendModify(h, v % 9)),
    (2, |h, v| Op::SendIfModified(h, v % 9, v >= 128)),
    (1, |h, v| Op::SendPanic(h, v % 9)),
    (2, |h, _| Op::SenderLooks(h)),
    (2, |h, _| Op::Borrow(h)),
    (2, |h, _| Op::BorrowAndUpdate(h)),
    (2, |h, _| Op::HasChanged(h)),
    (1, |h, _| Op::MarkChanged(h)),
    (1, |h, _| Op::MarkUnchanged(h)),
    (5, |h, _| Op::StartChanged(h)),
    (4, |h, v| Op::StartWaitFor(h, v % 3)),
    (2, |h, _| Op::StartClosed(h)),
    (9, |h, _| Op::PollReceiver(h)),
    (2, |h, _| Op::PollReceiverElsewhere(h)),
    (3, |h, _| Op::PollSender(h)),
    (1, |h, _| Op::PollSenderElsewhere(h)),
    (2, |h, _| Op::CancelReceiver(h)),
    (1, |h, _| Op::CancelSender(h)),
    (2, |h, _| Op::CloneReceiver(h)),
    (1, |h, _| Op::CloneSender(h)),
    (1, |h, _| Op::Subscribe(h)),
    (3, |h, _| Op::DropReceiver(h)),
    (1, |h, _| Op::DropSender(h)),
];

/// The steps that tokio's channel does not have, and how often each is chosen.
const OWN_STEPS: &[(u8, Make)] = &[
    (2, |h, v| Op::Own(OwnOp::Set(h, v % 9))),
    (2, |h, v| Op::Own(OwnOp::SetIfChanged(h, v % 9))),
    (2, |h, v| Op::Own(OwnOp::TrySet(h, v % 9))),
    (1, |h, v| Op::Own(OwnOp::TrySetWhileRead(h, v % 9))),
    (1, |h, _| Op::Own(OwnOp::SubscribeUnseen(h))),
    (2, |h, _| Op::Own(OwnOp::StartOpened(h))),
    (1, |h, _| Op::Own(OwnOp::Downgrade(h))),
    (1, |h, _| Op::Own(OwnOp::Upgrade(h))),
    (1, |h, _| Op::Own(OwnOp::WeakSenderLooks(h))),
    (1, |h, _| Op::Own(OwnOp::DropWeakSender(h))),
    (2, |h, _| Op::Own(OwnOp::ReceiverLooks(h))),
    (1, |h, _| Op::Own(OwnOp::GetAndUpdate(h))),
    (2, |h, _| Op::Own(OwnOp::TryRecv(h))),
    (2, |h, v| Op::Own(OwnOp::TryRecvIf(h, v % 3))),
    (3, |h, _| Op::Own(OwnOp::StartRecv(h))),
    (3, |h, v| Op::Own(OwnOp::StartRecvIf(h, v % 3))),
    (2, |h, v| Op::Own(OwnOp::StartWaitUntil(h, v % 3))),
    (2, |h, v| Op::Own(OwnOp::StartWaitForMap(h, v % 3))),
    (6, |h, _| Op::Own(OwnOp::PollChanged(h))),
    (2, |h, _| Op::Own(OwnOp::Cache(h))),
    (2, |h, _| Op::Own(OwnOp::CachedGet(h))),
    (2, |h, _| Op::Own(OwnOp::CachedUpdate(h))),
    (1, |h, _| Op::Own(OwnOp::CachedLooks(h))),
    (3, |h, _| Op::Own(OwnOp::StartCachedChanged(h))),
    (4, |h, _| Op::Own(OwnOp::PollCached(h))),
    (1, |h, _| Op::Own(OwnOp::PollCachedElsewhere(h))),
    (1, |h, _| Op::Own(OwnOp::CancelCached(h))),
    (1, |h, _| Op::Own(OwnOp::CloneCached(h))),
    (1, |h, _| Op::Own(OwnOp::Uncache(h))),
    (1, |h, _| Op::Own(OwnOp::DropCached(h))),
    (2, |h, _| Op::Own(OwnOp::Map(h))),
    (2, |h, _| Op::Own(OwnOp::MappedGet(h))),
    (2, |h, _| Op::Own(OwnOp::MappedUpdate(h))),
    (2, |h, _| Op::Own(OwnOp::StartMappedChanged(h))),
    (2, |h, _| Op::Own(OwnOp::StartMappedRecv(h))),
    (4, |h, _| Op::Own(OwnOp::PollMapped(h))),
    (1, |h, _| Op::Own(OwnOp::CancelMapped(h))),
    (1, |h, _| Op::Own(OwnOp::Unmap(h))),
    (1, |h, _| Op::Own(OwnOp::DropMapped(h))),
];

impl Op {
    /// How many bytes encode one step.
    pub(crate) const BYTES: usize = 3;

    /// Returns the step that these bytes encode, one of those that tokio's channel has as well.
    pub(crate) fn of_both(bytes: [u8; Op::BYTES]) -> Self {
        Self::decode(STEPS, &[], bytes)
    }

    /// Returns the step that these bytes encode, one of all steps.
    pub(crate) fn of_all(bytes: [u8; Op::BYTES]) -> Self {
        Self::decode(STEPS, OWN_STEPS, bytes)
    }

    fn decode(steps: &[(u8, Make)], own_steps: &[(u8, Make)], [kind, handle, value]: [u8; Op::BYTES]) -> Self {
        let steps = || steps.iter().chain(own_steps);
        let mut kind = kind % steps().map(|(weight, _)| weight).sum::<u8>();
        for (weight, make) in steps() {
            match kind.checked_sub(*weight) {
                None => return make(usize::from(handle % 6), value),
                Some(rest) => kind = rest,
            }
        }
        unreachable!("it is less than the sum of all weights");
    }
}
