//! The map in `src/lib.rs` is true: a module uses what stands below it, never what stands above.

#[path = "common/patience.rs"]
mod patience;

use std::path::{Path, PathBuf};

use patience::PATIENCE;

/// From the top: each may use what comes after it. What stands in one row does not know each other.
const ROWS: [&[&str]; 11] = [
    &["main"],
    &["cli"],
    &["app", "component"],
    &["api", "pages"],
    &["problem", "caller"],
    &["desk"],
    &["server", "key", "ledger", "backend"],
    &["files", "config", "elements"],
    &["log", "metrics"],
    &["invite"],
    &["clock"],
];

fn row(module: &str) -> usize {
    ROWS.iter().position(|row| row.contains(&module)).unwrap_or_else(|| panic!("{module} has no place in the map"))
}

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

#[test]
fn arrows_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("lib.rs")) {
        let inside = file.strip_prefix(&root).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let text = std::fs::read_to_string(file).unwrap();
        for part in text.split("crate::").skip(1) {
            let end = part.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap();
            let used = &part[..end];
            let allowed = used == module || row(module) < row(used);
            if !allowed {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Nobody inherits `LISTEN_FDS`, `NOTIFY_SOCKET`, or a descriptor that was passed. The one who starts processes is a command
/// that an admin runs by hand.
#[test]
fn no_process_is_started_but_to_check_as_the_service() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let starts = ["process::Command", "Command::new", "CommandExt", "posix_spawn", "fork(", "execve"];
    for file in files.iter().filter(|file| !file.ends_with("cli/as_service.rs")) {
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
    for file in files.iter().filter(|file| !file.ends_with("structure.rs")) {
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
