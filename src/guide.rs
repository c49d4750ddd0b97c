//! Guides to using a channel, by subject. The pages of the types say what each method does.
//!
//! Begin with [`reading`] and [`waiting`]. Each of the other guides covers one subject.

// For the links in the guides. This module exists only for rustdoc.
use crate::*;

/// A picture between two parts of a page. Blank lines begin and end a block of HTML.
macro_rules! picture {
    ($path:literal) => {
        concat!("\n\n", include_str!($path), "\n\n")
    };
}

#[doc = include_str!("../docs/reading.md")]
pub mod reading {}

#[doc = include_str!("../docs/waiting.md")]
pub mod waiting {}

#[doc = include_str!("../docs/closing.md")]
pub mod closing {}

#[doc = include_str!("../docs/sharing.md")]
pub mod sharing {}

#[doc = include_str!("../docs/derived.md")]
pub mod derived {}

#[doc = include_str!("../docs/service/start.md")]
#[doc = picture!("../docs/service/page.html")]
#[doc = include_str!("../docs/service/channels.md")]
pub mod service {}

#[doc = include_str!("../docs/firmware.md")]
pub mod firmware {}

#[doc = include_str!("../docs/libraries.md")]
pub mod libraries {}

#[doc = include_str!("../docs/porting.md")]
pub mod porting {}

#[doc = include_str!("../docs/model_checking.md")]
pub mod model_checking {}

#[doc = include_str!("../docs/how_it_works/state_word.md")]
#[doc = picture!("../docs/how_it_works/state_word.svg")]
#[doc = include_str!("../docs/how_it_works/wait_list.md")]
#[doc = picture!("../docs/how_it_works/wait_list.svg")]
#[doc = include_str!("../docs/how_it_works/one_send.md")]
#[doc = picture!("../docs/how_it_works/one_send.svg")]
#[doc = include_str!("../docs/how_it_works/end.md")]
pub mod how_it_works {}
