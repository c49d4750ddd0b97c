//! Calls that would wait for their own thread, which is the only one, and therefore panic. `run.mjs` makes each call in a separate
//! instance, because a panic ends the instance, and then reads the panic's message.

use std::cell::RefCell;
use std::panic;

use watch_channel::channel;

thread_local! {
    static MESSAGE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the message of the next panic.
fn keep_message() {
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let message = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        MESSAGE.set(message.unwrap_or_default().into());
    }));
}

/// Returns the address of the panic's message, which is UTF-8 text of [`message_len`] bytes.
#[unsafe(no_mangle)]
pub extern "C" fn message() -> *const u8 {
    MESSAGE.with_borrow(|message| message.as_ptr())
}

#[unsafe(no_mangle)]
pub extern "C" fn message_len() -> usize {
    MESSAGE.with_borrow(String::len)
}

#[unsafe(no_mangle)]
pub extern "C" fn set_while_a_ref_lives() {
    keep_message();
    let (tx, rx) = channel(0);
    let _value = rx.borrow();
    tx.set(1);
}

#[unsafe(no_mangle)]
pub extern "C" fn borrow_in_send_modify() {
    keep_message();
    let (tx, rx) = channel(0);
    tx.send_modify(|value| *value += *rx.borrow());
}
