//! Names for the conditions that recur in this crate, for use in `cfg_if!`:
//!
//! | name | the condition | what is compiled |
//! |---|---|---|
//! | `threads` | `std`, but not on WebAssembly | locks that sleep, and waits on threads |
//! | `listeners` | `event-listener`, unless `--cfg loom` keeps it from compiling | `listen` |
//! | `budget` | `tokio` without `--cfg loom` | tokio's cooperative budget |
//! | `detector` | `std` and debug assertions, but not `model` | the deadlock detector |
//! | `model` | `loom` with `--cfg loom` | loom's types instead of the real ones |
//!
//! With `--cfg loom`, event-listener compiles only with its own feature `loom`, which
//! `--cfg loom_event_listener` announces, and tokio has no runtime.
//!
//! A condition that is used once is written where it is used.

/// Keeps the items of one branch: `cfg_if! { if #[NAME] { ITEMS } else { ITEMS } }`, or without an
/// `else`, or `cfg_if! { if #[not(NAME)] { ITEMS } }`.
///
/// rustfmt finds the modules that are declared in a macro only if the macro has this name and this
/// form, which are those of the crate cfg-if. It does not format the invocation itself, so keep
/// functions out of it.
macro_rules! cfg_if {
    (if #[not($name:ident)] { $($no:item)* }) => { cfg_if! { if #[$name] {} else { $($no)* } } };
    (if #[threads] $($branches:tt)+) => { cfg_if! { @all(feature = "std", not(target_family = "wasm")) => $($branches)+ } };
    (if #[listeners] $($branches:tt)+) => {
        cfg_if! { @all(feature = "event-listener", any(not(loom), loom_event_listener)) => $($branches)+ }
    };
    (if #[budget] $($branches:tt)+) => { cfg_if! { @all(feature = "tokio", not(loom)) => $($branches)+ } };
    (if #[detector] $($branches:tt)+) => {
        cfg_if! { @all(feature = "std", debug_assertions, not(all(loom, feature = "loom"))) => $($branches)+ }
    };
    (if #[model] $($branches:tt)+) => { cfg_if! { @all(loom, feature = "loom") => $($branches)+ } };
    (@$condition:meta => { $($yes:item)* } $(else { $($no:item)* })?) => {
        $(#[cfg($condition)] $yes)*
        $($(#[cfg(not($condition))] $no)*)?
    };
}
