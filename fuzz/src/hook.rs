//! A waker that calls back when it is cloned, woken or dropped.
#![expect(unsafe_code, reason = "a waker that notices its clones needs a vtable")]

use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

/// What a waker does.
pub(crate) trait Hook: Send + Sync {
    fn cloned(&self);
    fn woken(&self);
    fn dropped(&self);
}

/// Makes a waker from a hook, which lives until the last clone of the waker has been dropped.
pub(crate) fn waker(hook: Arc<dyn Hook>) -> Waker {
    // SAFETY: the pointer is `Arc::into_raw` of an `Arc<Arc<dyn Hook>>`, and the functions of the vtable treat it as such. Each
    // waker owns one reference. The hook is `Send` and `Sync`.
    unsafe { Waker::from_raw(raw(Arc::new(hook))) }
}

fn raw(hook: Arc<Arc<dyn Hook>>) -> RawWaker {
    static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop);
    RawWaker::new(Arc::into_raw(hook).cast(), &VTABLE)
}

/// Returns the reference that the waker with this pointer owns.
///
/// # Safety
///
/// `data` must be the pointer of a waker made by [`waker`], which must not be used afterwards.
unsafe fn owned(data: *const ()) -> Arc<Arc<dyn Hook>> {
    // SAFETY: as promised above.
    unsafe { Arc::from_raw(data.cast()) }
}

/// Returns another reference.
///
/// # Safety
///
/// `data` must be the pointer of a waker made by [`waker`], which must still exist.
unsafe fn another(data: *const ()) -> Arc<Arc<dyn Hook>> {
    // SAFETY: as promised above; one reference is added, and one is returned.
    unsafe {
        Arc::increment_strong_count(data.cast::<Arc<dyn Hook>>());
        owned(data)
    }
}

unsafe fn clone(data: *const ()) -> RawWaker {
    // SAFETY: only called with the pointer of a waker that exists.
    let hook = unsafe { another(data) };
    hook.cloned();
    raw(hook)
}

unsafe fn wake(data: *const ()) {
    // SAFETY: this call consumes the waker.
    let hook = unsafe { owned(data) };
    hook.woken();
}

unsafe fn wake_by_ref(data: *const ()) {
    // SAFETY: only called with the pointer of a waker that exists, and that still exists afterwards.
    let hook = unsafe { another(data) };
    hook.woken();
}

unsafe fn drop(data: *const ()) {
    // SAFETY: this call consumes the waker.
    let hook = unsafe { owned(data) };
    hook.dropped();
}
