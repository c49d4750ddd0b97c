//! Models of the channel's parts, each by itself.
#![expect(clippy::disallowed_types, reason = "outcomes are collected outside the model")]

mod count;
mod state;
