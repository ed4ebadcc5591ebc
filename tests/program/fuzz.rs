//! What reads the words of strangers, over the corpora of `fuzz/` and mutations of them: the same functions that libFuzzer
//! runs for as long as one lets it.
//!
//! The seed is fixed, so that a failure is one for everybody; `FUZZ_SEED=N` tries others.

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const SEED: u64 = 13;
const MUTATIONS: usize = 10_000;
/// Bytes that mean something to one of the readers.
const TELLING: &[u8] = b"\0\t\r\n \"'<>&=;,.:/\\[]{}-0Aa\x7f\xff";
/// More than a head may have, so that this is found, too.
const MAX_BYTES: usize = 20 << 10;

/// What is in a folder of `fuzz/`, by the names of files without their extension.
fn names(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(folder);
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// One of the corpus, changed in a few places. By hand: mutatis, which would do for bytes, takes no parts from others, and
/// makes tide be compiled twice, by a feature of rand 0.8.
fn mutated(corpus: &[Vec<u8>], rng: &mut StdRng) -> Vec<u8> {
    let mut bytes = corpus[rng.random_range(..corpus.len())].clone();
    for _ in 0..rng.random_range(1..6) {
        let at = rng.random_range(..=bytes.len());
        match rng.random_range(0..6) {
            // What another one has, put in or in the place of something.
            0 => {
                let other = &corpus[rng.random_range(..corpus.len())];
                bytes.splice(some(&bytes, rng), other[some(other, rng)].iter().copied());
            }
            1 => drop(bytes.splice(at..at, bytes[some(&bytes, rng)].to_vec())),
            2 => drop(bytes.drain(some(&bytes, rng))),
            3 => bytes.insert(at, rng.random()),
            4 if at < bytes.len() => bytes[at] ^= 1 << rng.random_range(0..8),
            5 if at < bytes.len() => bytes[at] = TELLING[rng.random_range(..TELLING.len())],
            _ => bytes.truncate(at),
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}

/// Some of these bytes: a word or a few, from where one begins or ends, or any.
fn some(bytes: &[u8], rng: &mut StdRng) -> std::ops::Range<usize> {
    if rng.random() {
        let start = rng.random_range(..=bytes.len());
        return start..rng.random_range(start..=bytes.len());
    }
    let is_edge = |at: &usize| {
        let is_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
        *at == 0 || is_word(*at) != is_word(at - 1)
    };
    let edges: Vec<_> = (0..=bytes.len()).filter(is_edge).collect();
    let start = rng.random_range(..edges.len());
    let end = edges.len().min(start + rng.random_range(1..8)) - 1;
    edges[start]..edges[end]
}

/// The first input that `target` panics at, and how to have it again.
fn failure(name: &str, target: fn(&[u8]), corpus: &[Vec<u8>], seed: u64) -> Option<String> {
    let fails = |bytes: &[u8]| catch_unwind(AssertUnwindSafe(|| target(bytes))).is_err();
    if let Some(bytes) = corpus.iter().find(|bytes| fails(bytes)) {
        return Some(format!("{name} fails at b\"{}\", which is in its corpus", bytes.escape_ascii()));
    }
    let mut rng = StdRng::seed_from_u64(seed);
    let mut mutations = (1..=MUTATIONS).map(|count| (count, mutated(corpus, &mut rng)));
    let (count, bytes) = mutations.find(|(_, bytes)| fails(bytes))?;
    Some(format!("{name} fails at mutation {count} of FUZZ_SEED={seed}: b\"{}\"", bytes.escape_ascii()))
}

fn run(name: &str) {
    let (_, target) = targets::TARGETS.into_iter().find(|(target, _)| *target == name).unwrap();
    let seed = std::env::var("FUZZ_SEED").map_or(SEED, |seed| seed.parse().expect("FUZZ_SEED is a number"));
    if let Some(failure) = failure(name, target, &corpus(name), seed) {
        panic!("{failure}");
    }
}

#[test]
fn cursors_hold_for_every_input() {
    run("cursors");
}

#[test]
fn elements_hold_for_every_input() {
    run("elements");
}

#[test]
fn forwarded_holds_for_every_input() {
    run("forwarded");
}

#[test]
fn heads_hold_for_every_input() {
    run("head");
}

#[test]
fn languages_hold_for_every_input() {
    run("languages");
}

#[test]
fn lua_holds_for_every_input() {
    run("lua");
}

#[test]
fn proxy_lines_hold_for_every_input() {
    run("proxy_protocol");
}

#[test]
fn tokens_hold_for_every_input() {
    run("tokens");
}

#[test]
fn toml_holds_for_every_input() {
    run("toml");
}

/// In the list, for libFuzzer, with a corpus, and above.
#[test]
fn every_target_is_run_everywhere() {
    let targets: BTreeSet<_> = targets::TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), targets);
    assert_eq!(names("corpus"), targets);
    let tests =
        include_str!("fuzz.rs").lines().filter_map(|line| line.trim().strip_prefix("run(\"")?.split('"').next());
    assert_eq!(tests.map(String::from).collect::<BTreeSet<_>>(), targets);
}

#[test]
fn a_bug_is_found_and_told_so_that_it_can_be_had_again() {
    // What two of the corpus have must come together.
    let buggy = |bytes: &[u8]| assert!(!(bytes.starts_with(b"GET") && bytes.windows(4).any(|part| part == b"host")));
    let corpus = [b"GET /".to_vec(), b"host: a".to_vec()];
    let found = failure("buggy", buggy, &corpus, 1).unwrap();
    assert!(found.contains("of FUZZ_SEED=1: b\"GET"), "{found}");
    assert_eq!(failure("buggy", buggy, &corpus, 1), Some(found));
    assert_eq!(failure("sound", |_| {}, &corpus, 1), None);
}
