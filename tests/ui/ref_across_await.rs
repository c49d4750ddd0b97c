//! A `Ref` that is held across an `.await` keeps the task from moving to another thread.

fn spawn<F: Future + Send>(_: F) {}

fn main() {
    let (_tx, rx) = watch_channel::channel(1);
    spawn(async move {
        let value = rx.borrow();
        std::future::ready(()).await;
        assert_eq!(*value, 1);
    });
}
