#![no_main]

use eggtooth::sops::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eggtooth_fuzz::check(bytes, Format::Json));
