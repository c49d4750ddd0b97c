//! A value that is not `Clone` is looked at, by `with` or `borrow`.

struct NotClone;

fn main() {
    let (_tx, rx) = watch_channel::channel(NotClone);
    rx.get();
}
