#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| eggtooth_fuzz::check_template(bytes));
