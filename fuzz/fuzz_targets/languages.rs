#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| invited_fuzz::languages(data));
