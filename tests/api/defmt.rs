//! What handles and errors show in defmt's logs. A frame has the number of a text and the text's
//! arguments. Only the linker script of firmware assigns the numbers, so these tests check the
//! arguments, and that different texts have different numbers.
#![expect(unsafe_code, reason = "defmt needs a global logger; this one keeps the frames")]

use std::cell::RefCell;

use watch_channel::channel;
use watch_channel::error::TryRecvError;

#[defmt::global_logger]
struct Logger;

thread_local! {
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

// SAFETY: each thread has its own log, so frames of several threads are not mixed.
unsafe impl defmt::Logger for Logger {
    fn acquire() {}

    unsafe fn flush() {}

    unsafe fn release() {}

    unsafe fn write(bytes: &[u8]) {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
    }
}

defmt::timestamp!("");

/// Returns what a value logs, without the parts that are the same for all values: two numbers at
/// the start, and a zero at the end.
fn frame(value: impl defmt::Format) -> Vec<u8> {
    defmt::println!("{}", value);
    let mut frame = LOGGED.take().split_off(4);
    assert_eq!(frame.split_off(frame.len() - 2), [0, 0]);
    frame
}

/// Returns the arguments of a value's text, which take `LEN` bytes.
fn arguments<const LEN: usize>(value: impl defmt::Format) -> [u8; LEN] {
    let frame = frame(value);
    assert_eq!(frame.len(), 2 + LEN, "{frame:?}");
    frame[2..].try_into().unwrap()
}

fn number(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes.try_into().unwrap())
}

#[test]
fn handles_show_their_counts_and_versions() {
    let (tx, rx) = channel(());
    let other = rx.clone();
    for version in 0..3 {
        assert_eq!(number(&arguments::<4>(tx.version())), version);
        // The version has its own text and argument, between a number and a zero.
        let shown: [u8; 14] = arguments(&tx);
        assert_eq!((number(&shown[4..8]), number(&shown[10..])), (version, 2));
        tx.set(());
    }
    let weak = tx.downgrade();
    assert_eq!(number(&arguments::<4>(&weak)), 1);
    assert_eq!(arguments(&rx), [1, 0]);
    assert_eq!(arguments(tx.subscribe()), [0, 0]);
    drop((tx, other));
    assert_eq!(number(&arguments::<4>(&weak)), 0);
    assert_eq!(arguments(&rx), [1, 1]);
}

#[test]
fn each_error_has_its_own_text() {
    assert_ne!(frame(TryRecvError::Empty), frame(TryRecvError::Closed));
    let (tx, rx) = channel(());
    drop(tx);
    let _: [u8; 0] = arguments(rx.has_changed().unwrap_err());
    let (tx, _) = channel(());
    let _: [u8; 0] = arguments(tx.send(()).unwrap_err());
}

#[cfg(feature = "std")]
#[test]
fn a_timeout_is_not_a_close() {
    use watch_channel::error::RecvTimeoutError;

    assert_ne!(frame(RecvTimeoutError::Timeout), frame(RecvTimeoutError::Closed));
}
