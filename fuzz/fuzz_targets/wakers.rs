#![no_main]

use libfuzzer_sys::fuzz_target;
use watch_channel_fuzz::InWakers;

fuzz_target!(|program: InWakers| program.run());
