//! One program for tokio twice: with `tokio::sync::watch`, and with this crate. The difference is the `use` line.
//!
//! ```text
//! cargo run --example tokio_port --features tokio
//! ```
//!
//! It prints what the program says with each of the two channels, and fails unless that is the same.
//!
//! The feature `tokio` lets waits take part in tokio's cooperative budget, as those of `tokio::sync::watch` do. Without it the
//! program runs as well, but a task whose waits are always ready would not let others run.

mod with_tokio {
    use tokio::sync::watch;

    include!("program.rs");
}

mod with_watch_channel {
    use watch_channel as watch;

    include!("program.rs");
}

#[tokio::main]
async fn main() {
    let before = with_tokio::run().await;
    println!("use tokio::sync::watch;\n    {}\n", before.join("\n    "));
    let after = with_watch_channel::run().await;
    println!("use watch_channel as watch;\n    {}\n", after.join("\n    "));
    assert_eq!(before, after);
    println!("both say the same");
}
