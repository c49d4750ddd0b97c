//! Guides: how to use a channel well, task by task. The pages of the types say what each method does.
//!
//! | guide | for |
//! |---|---|
//! | [`reading`] | choosing how to read: copies and references, changes and states, costs, pitfalls |
//! | [`waiting`] | waiting for several things, time limits, cancel safety, with each executor |
//! | [`closing`] | who closes a channel, the last value, shutdown signals |
//! | [`sharing`] | large values; channels that are made of others |
//! | [`firmware`] | microcontrollers: a manifest, interrupts, and what compiler and linker say |
//! | [`porting`] | coming from tokio, embassy-sync, async-watch, postage or eyeball |
//! | [`model_checking`] | checking your own code with loom |
//! | [`how_it_works`] | the state word, the wait list, and one send's way to a sleeping receiver |
// A link to what a feature adds is plain text in a build of the documentation without that feature.
#![cfg_attr(
    not(all(feature = "std", feature = "event-listener", feature = "stream")),
    expect(rustdoc::broken_intra_doc_links, reason = "the guides name what features add")
)]

// For the links. This module exists only for rustdoc.
use crate::*;

#[doc = include_str!("../docs/reading.md")]
pub mod reading {}

#[doc = include_str!("../docs/waiting.md")]
pub mod waiting {}

#[doc = include_str!("../docs/closing.md")]
pub mod closing {}

#[doc = include_str!("../docs/sharing.md")]
pub mod sharing {}

#[doc = include_str!("../docs/firmware.md")]
pub mod firmware {}

#[doc = include_str!("../docs/porting.md")]
pub mod porting {}

#[doc = include_str!("../docs/model_checking.md")]
pub mod model_checking {}

#[doc = include_str!("../docs/how_it_works/state_word.md")]
#[doc = include_str!("../docs/how_it_works/state_word.svg")]
#[doc = include_str!("../docs/how_it_works/wait_list.md")]
#[doc = include_str!("../docs/how_it_works/wait_list.svg")]
#[doc = include_str!("../docs/how_it_works/one_send.md")]
#[doc = include_str!("../docs/how_it_works/one_send.svg")]
#[doc = include_str!("../docs/how_it_works/end.md")]
pub mod how_it_works {}
