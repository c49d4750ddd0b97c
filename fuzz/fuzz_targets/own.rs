#![no_main]

use libfuzzer_sys::fuzz_target;
use watch_channel_fuzz::OfAll;

fuzz_target!(|program: OfAll| program.run());
