//! A `Watch` lives in a `static`.

fn main() {
    let watch = watch_channel::Watch::new(1);
    watch.subscribe();
}
