//! The program at a terminal of so many columns: script(1) has one made for it.

#![allow(dead_code, reason = "every test file uses a part of it")]

use std::process::{Command, Stdio};

use crate::common::Scratch;

/// A word as sh reads it.
pub fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Runs a subcommand that must succeed, at a terminal, in a zone five hours before UTC; gives what is shown there of stdout.
pub fn at_terminal(scratch: &Scratch, columns: u16, arguments: &[&str]) -> String {
    let command = scratch.command();
    let words = std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_str().unwrap());
    let line: Vec<_> = words.chain(arguments.iter().copied()).map(quoted).collect();
    let errors = scratch.path().join("stderr-of-terminal");
    let script = format!("stty rows 50 cols {columns} && {} 2>{}", line.join(" "), quoted(errors.to_str().unwrap()));
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &script, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("TZ", "XYZ-5")
        .env_remove("STATE_DIRECTORY")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("needs script(1), of bsdutils: {error}"));
    let shown = String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n");
    let told = std::fs::read_to_string(errors).unwrap_or_default();
    assert!(output.status.success(), "{arguments:?} ended with {}: {shown}{told}", output.status);
    shown
}
