#![no_main]

use libfuzzer_sys::fuzz_target;
use watch_channel_fuzz::OfBoth;

fuzz_target!(|program: OfBoth| program.run());
