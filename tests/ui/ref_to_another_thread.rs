//! A `Ref` stays on the thread that took it.

fn main() {
    let (_tx, rx) = watch_channel::channel(1);
    std::thread::scope(|scope| {
        let value = rx.borrow();
        scope.spawn(move || assert_eq!(*value, 1));
    });
}
