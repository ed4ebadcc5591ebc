//! What the program does with memory that it does not need any more.

use std::path::Path;

/// How the allocator is set up is compiled in; the figures are `cargo bench -- size`'s.
#[test]
fn the_allocator_is_set_up_as_cargo_is_told_to() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".cargo/config.toml");
    let cargo: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    let wanted = cargo["env"]["JEMALLOC_SYS_WITH_MALLOC_CONF"].as_str().unwrap().as_bytes();
    assert!(wanted.starts_with(b"background_thread:true,"), "nothing is given back while nobody asks");
    let program = std::fs::read(env!("CARGO_BIN_EXE_invited")).unwrap();
    assert!(program.windows(wanted.len()).any(|found| found == wanted), "it was built without it");
}
