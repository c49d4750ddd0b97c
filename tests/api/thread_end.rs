//! Calls that must wait at the very end of a thread: in the destructor of a pthread key, which runs
//! after the thread-locals of Rust have been destroyed. There, std's `thread::current` aborts the
//! program.
#![expect(unsafe_code, reason = "pthread keys")]

use std::ffi::c_void;
use std::ptr;
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use crate::common::must_end;
use watch_channel::channel;

type Work = Box<dyn FnOnce() + Send>;

static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
static WORK: Mutex<Option<Work>> = Mutex::new(None);

/// The destructor of the key. The first rounds destroy Rust's thread-locals.
extern "C" fn at_the_end(round: *mut c_void) {
    if round.addr() < 3 {
        // SAFETY: the key exists, and the value is never read through.
        unsafe { libc::pthread_setspecific(*KEY.get().unwrap(), ptr::without_provenance(round.addr() + 1)) };
        return;
    }
    let work = WORK.lock().unwrap().take();
    work.into_iter().for_each(|work| work());
}

extern "C" fn thread(_: *mut c_void) -> *mut c_void {
    // SAFETY: as above.
    unsafe { libc::pthread_setspecific(*KEY.get().unwrap(), ptr::without_provenance(1)) };
    // Makes the thread-locals, whose destructors run first.
    let (tx, rx) = channel(0);
    tx.set(rx.get() + 1);
    let _ = thread::current();
    ptr::null_mut()
}

/// Runs `work` at the end of a thread, and `meanwhile` 30 ms after the thread has begun.
fn at_thread_end(work: impl FnOnce() + Send + 'static, meanwhile: impl FnOnce()) {
    KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is valid, and the destructor is a function.
        assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(at_the_end)) }, 0);
        key
    });
    let (done, is_done) = mpsc::channel();
    *WORK.lock().unwrap() = Some(Box::new(move || {
        work();
        done.send(()).unwrap();
    }));
    let mut id = 0;
    // SAFETY: `id` is valid, and `thread` takes no argument.
    assert_eq!(unsafe { libc::pthread_create(&mut id, ptr::null(), thread, ptr::null_mut()) }, 0);
    thread::sleep(Duration::from_millis(30));
    meanwhile();
    is_done.recv().expect("the destructor runs");
    // SAFETY: the thread has not been joined before.
    assert_eq!(unsafe { libc::pthread_join(id, ptr::null_mut()) }, 0);
}

/// Broken by a call that asks std which thread it is on, or that needs its own thread-locals.
#[test]
fn a_thread_that_ends_waits_for_the_lock_and_for_values() {
    must_end(|| {
        let (tx, mut rx) = channel(0);
        let held = rx.borrow();
        let sender = tx.clone();
        at_thread_end(move || sender.set(1), || drop(held));
        assert_eq!(rx.get_and_update(), 1);

        let mut receiver = rx.clone();
        at_thread_end(move || assert_eq!(receiver.recv().wait(), Ok(2)), || tx.set(2));

        let (entered, is_inside) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel();
        let changing = thread::spawn(move || {
            tx.send_modify(|value| {
                entered.send(()).unwrap();
                may_leave.recv().unwrap();
                *value = 3;
            });
        });
        is_inside.recv().unwrap();
        at_thread_end(move || assert_eq!(rx.get(), 3), || leave.send(()).unwrap());
        changing.join().unwrap();
    });
}
