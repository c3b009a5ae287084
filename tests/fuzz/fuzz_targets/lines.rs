#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ouzel::fuzz::lines(data));
