//! What holds for the source as a whole.
//!
//! | module | what it holds |
//! |---|---|
//! | `clocks` | which clock is asked what time it is |
//! | `map` | the map in `src/lib.rs`: a module uses what stands below it, and nothing goes round in a circle |
//! | `names` | one type for one name, and the words of the glossary |
//! | `sizes` | how long a file may be |
//! | `source`, `paths` | what these read the source with |

#[path = "../common/patience.rs"]
mod patience;

mod clocks;
mod map;
mod names;
mod paths;
mod sizes;
mod source;

use std::path::{Path, PathBuf};

use patience::PATIENCE;

fn sources(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Nobody inherits `LISTEN_FDS`, `NOTIFY_SOCKET`, or a descriptor that was passed. Those who start processes are commands
/// that an admin runs by hand.
#[test]
fn no_process_is_started_but_to_check_as_the_service_to_read_as_the_owner_and_to_set_up() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let starts = ["process::Command", "Command::new", "CommandExt", "posix_spawn", "fork(", "execve"];
    let commands = ["cli/as_service.rs", "cli/apart.rs", "cli/setup/machine.rs", "cli/setup/trial.rs"];
    let of_commands = |file: &PathBuf| commands.iter().any(|command| file.ends_with(command));
    for file in files.iter().filter(|file| !of_commands(file)) {
        let text = std::fs::read_to_string(file).unwrap();
        let found: Vec<_> = starts.iter().filter(|start| text.contains(**start)).collect();
        assert!(found.is_empty(), "{}: {found:?}", file.display());
    }
}

#[test]
fn only_the_listeners_adopt_descriptors_unsafely() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let with: Vec<_> =
        files.iter().filter(|file| std::fs::read_to_string(file).unwrap().contains("unsafe_code")).collect();
    assert_eq!(with, [&root.join("server/listen.rs")]);
}

/// A limit of a test's own is one that a busy machine reaches.
#[test]
fn tests_wait_for_as_long_as_it_takes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut own = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("structure/main.rs")) {
        let text = std::fs::read_to_string(file).unwrap();
        for wait in ["recv_timeout(", "set_read_timeout(Some("] {
            let limits = text.split(wait).skip(1).map(|rest| rest.split(')').next().unwrap());
            own.extend(limits.filter(|limit| *limit != "PATIENCE").map(|limit| format!("{}: {limit}", file.display())));
        }
    }
    assert_eq!(own, Vec::<String>::new());
    // And equally long in every language.
    let seconds = PATIENCE.as_secs();
    for (file, line) in
        [("patience.py", format!("PATIENCE = {seconds}")), ("nix/boot.sh", format!("patience={seconds}"))]
    {
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        assert!(text.lines().any(|own| own == line), "{file} does not say {line}");
    }
}
