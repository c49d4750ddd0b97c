//! The same program for tokio twice: with `tokio::sync::watch`, and with this crate. Only the `use` line differs.
//!
//! ```text
//! cargo run --example tokio_port --features tokio
//! ```
//!
//! It prints the program's output with each of the two channels, and fails unless both are the same.
//!
//! With the feature `tokio`, waits take part in tokio's cooperative budget, as those of `tokio::sync::watch` do. The program also
//! runs without it, but then a task whose waits are always ready does not let other tasks run.

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
