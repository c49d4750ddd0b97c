//! Guides to using a channel, by subject. The pages of the types say what each method does.
//!
//! Begin with [`reading`] and [`waiting`]. Each of the other guides covers one subject.

// For the links in the guides. This module exists only for rustdoc.
use crate::*;

/// Each page and its parts: texts, and pictures, which blank lines separate from the texts.
macro_rules! pages {
    ($($page:ident: $($part:literal)+;)+) => { $(
        $(#[doc = concat!("\n\n", include_str!($part))])+
        pub mod $page {}
    )+ };
}

pages! {
    reading: "../docs/reading.md";
    waiting: "../docs/waiting.md";
    closing: "../docs/closing.md";
    sharing: "../docs/sharing.md";
    derived: "../docs/derived.md";
    service: "../docs/service/start.md" "../docs/service/page.html" "../docs/service/channels.md";
    firmware: "../docs/firmware.md";
    libraries: "../docs/libraries.md";
    porting: "../docs/porting.md";
    model_checking: "../docs/model_checking.md";
    how_it_works: "../docs/how_it_works/state_word.md" "../docs/how_it_works/state_word.svg"
        "../docs/how_it_works/wait_list.md" "../docs/how_it_works/wait_list.svg"
        "../docs/how_it_works/one_send.md" "../docs/how_it_works/one_send.svg"
        "../docs/how_it_works/end.md";
}
