//! A receiver waits for one thing at a time; a clone can wait beside it.

fn main() {
    let (_tx, mut rx) = watch_channel::channel(1);
    let first = rx.changed();
    let second = rx.wait_for(|value| *value > 1);
    drop((first, second));
}
