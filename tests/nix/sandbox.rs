//! The package's check phase, where a build of Nix has it: the tests that the package runs, in a sandbox that has no more
//! than Nix's.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::evaluate::{ROOT, evaluate, has, has_nix};

/// The tests that `cargo test` has with these flags, built.
fn test_programs(flags: &[String]) -> Vec<PathBuf> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["test", "--locked", "--offline", "--no-run", "--message-format=json"]).args(flags).current_dir(ROOT);
    // What cargo tells this test of itself would have some dependencies built anew.
    let own = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "LD_LIBRARY_PATH"];
    for (name, _) in std::env::vars_os() {
        if own.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
    messages.filter_map(|message: Value| message["executable"].as_str().map(PathBuf::from)).collect()
}

/// What the compiler read of the source for it.
fn sources(program: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(program.with_extension("d")).unwrap();
    let (_, names) = text.lines().find_map(|line| line.split_once(": ")).unwrap();
    names.split(' ').map(|name| Path::new(ROOT).join(name)).filter(|path| path.starts_with(ROOT)).collect()
}

#[test]
fn tests_of_the_package_pass_in_a_sandbox_like_nixs() {
    let test = "tests_of_the_package_pass_in_a_sandbox_like_nixs";
    if !has_nix(test) || !has(test, "unshare", "util-linux") || !has(test, "ip", "iproute2") {
        return;
    }
    if !rustix::process::geteuid().is_root() {
        println!("SKIPPED {test}: needs root");
        return;
    }
    let package = "nixos.self.packages.x86_64-linux.default";
    let package =
        evaluate(&format!("{{ inherit ({package}) cargoTestFlags; inherit ({package}.src) files; }}")).unwrap();
    let strings = |name: &str| serde_json::from_value::<Vec<String>>(package[name].clone()).unwrap();
    let files = strings("files");
    let programs = test_programs(&strings("cargoTestFlags"));
    assert_eq!(programs.len(), 1, "{programs:?}");

    for program in programs {
        let read = sources(&program);
        assert!(read.len() > 50, "{read:?}");
        // What it was made from in `target` is made there, too.
        let missing: BTreeSet<_> = read
            .iter()
            .filter(|path| !path.starts_with(Path::new(ROOT).join("target")))
            .filter(|path| !files.iter().any(|file| path.starts_with(file)))
            .collect();
        assert!(missing.is_empty(), "nix/package.nix leaves out {missing:?}");

        let mut sandbox = Command::new("bash");
        sandbox.arg(Path::new(ROOT).join("tests/nix/sandbox.sh")).arg(ROOT).arg(&program);
        let mut sandbox = sandbox.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        sandbox.stdin.take().unwrap().write_all(files.join("\n").as_bytes()).unwrap();
        let output = sandbox.wait_with_output().unwrap();
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("{}", stdout.trim_end().lines().last().unwrap_or_default());
        assert!(output.status.success(), "{stdout}\n{stderr}");
    }
}
