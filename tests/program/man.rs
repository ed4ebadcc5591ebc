//! The manual: every command has a page, the settings have one, and no formatter finds anything wrong with them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use invited::config::{DescribedSetting, reference};

/// All pages as `invited man DIR` writes them, by their names.
fn pages(dir: &Path) -> BTreeMap<String, String> {
    let output = Command::new(env!("CARGO_BIN_EXE_invited"))
        .arg("man")
        .arg(dir)
        // 2026-01-02T03:04:05Z
        .env("SOURCE_DATE_EPOCH", "1767323045")
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output.stdout.is_empty(), "{stderr}");
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let pages: BTreeMap<_, _> = entries
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect();
    assert_eq!(stderr, format!("wrote {} pages to {}\n", pages.len(), dir.display()));
    pages
}

/// Whether a program is there; if not, says which test is skipped.
fn is_missing(program: &str, test: &str) -> bool {
    let is_there =
        Command::new(program).arg("--version").output().is_ok() || Path::new("/usr/bin").join(program).exists();
    if !is_there {
        println!("SKIPPED {test}: needs {program}");
    }
    !is_there
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A page as a reader sees it.
fn formatted(dir: &Path, page: &str) -> String {
    let groff = ["-man", "-Tutf8", "-P-cbou", "-rLL=78n"];
    let output = Command::new("groff").args(["-k"]).args(groff).arg(dir.join(page)).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn headings(page: &str) -> Vec<&str> {
    page.lines().filter_map(|line| line.strip_prefix(".SH ")).map(|heading| heading.trim_matches('"')).collect()
}

#[test]
fn every_command_has_a_page_with_what_readers_look_for() {
    let dir = tempfile::tempdir().unwrap();
    let pages = pages(dir.path());
    for page in
        ["invited.1", "invited-key-create.1", "invited-invite-restore.1", "invited-config-show.1", "invited.toml.5"]
    {
        assert!(pages.contains_key(page), "{page} of {:?}", pages.keys());
    }
    for (name, page) in pages.iter().filter(|(name, _)| name.ends_with(".1")) {
        let headings = headings(page);
        let has = |heading: &str| headings.contains(&heading);
        let is_unconfigured = ["invited-man.1", "invited-completions.1"].contains(&name.as_str());
        for heading in ["NAME", "SYNOPSIS", "DESCRIPTION", "GLOBAL OPTIONS", "EXIT STATUS", "SEE ALSO"] {
            assert!(has(heading), "{name} has no {heading}: {headings:?}");
        }
        for heading in ["ENVIRONMENT", "FILES"] {
            assert_eq!(has(heading), !is_unconfigured, "{name}: {heading} in {headings:?}");
        }
        let is_group = pages.keys().any(|other| other.starts_with(&format!("{}-", name.trim_end_matches(".1"))));
        let has_examples = !is_group && !["invited-serve.1", "invited-demo.1"].contains(&name.as_str());
        assert_eq!(has("EXAMPLES"), has_examples || name == "invited.1", "{name}: {headings:?}");
        assert!(!has("EXTRA"), "{name}");
        assert!(page.contains("2026-01-02"), "{name} is not of the day that was set");
    }
}

#[test]
fn the_page_of_settings_has_them_all_and_what_docs_say() {
    let dir = tempfile::tempdir().unwrap();
    let pages = pages(dir.path());
    let page = &pages["invited.toml.5"];
    assert_eq!(
        headings(page),
        ["NAME", "SYNOPSIS", "DESCRIPTION", "VALUES", "VARIABLES", "SETTINGS", "FILES", "EXAMPLES", "SEE ALSO"]
    );
    if is_missing("groff", "the_page_of_settings_has_them_all_and_what_docs_say") {
        return;
    }
    let shown = formatted(dir.path(), "invited.toml.5");
    let words = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for DescribedSetting { name, default, text } in reference() {
        assert!(words.contains(&name), "no {name} in {shown}");
        let text = text.replace('`', "");
        let first: Vec<_> = text.split_whitespace().take(4).collect();
        assert!(words.contains(&first.join(" ")), "{name}: no {first:?} in {shown}");
        if let Some(default) = default {
            assert!(words.contains(&format!("{name} [default: {default}]")), "{name}: no {default}");
        }
    }
    assert!(words.contains("Durations read 90s, 10m, 12h, 7d, and have no other units"), "{shown}");
    assert!(!shown.contains("](") && !shown.contains('`'), "signs of Markdown: {shown}");
}

#[test]
fn examples_and_exit_status_stand_as_in_the_help() {
    if is_missing("groff", "examples_and_exit_status_stand_as_in_the_help") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    pages(dir.path());
    let shown = formatted(dir.path(), "invited-check.1");
    for line in [
        "invited check --connect    after a change to an XMPP server or PostgreSQL",
        "       0      valid",
        "       2      invalid configuration; every error is listed",
        "invited(1), invited.toml(5)",
    ] {
        assert!(shown.lines().any(|own| own.trim_end().ends_with(line)), "no {line:?} in\n{shown}");
    }
}

/// groff warns of all that it warns of; man(1) calls it.
#[test]
fn groff_has_nothing_to_say_of_any_page() {
    if is_missing("groff", "groff_has_nothing_to_say_of_any_page") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for name in pages(dir.path()).keys() {
        let output = Command::new("groff")
            .args(["-k", "-man", "-ww", "-z", "-Tutf8"])
            .arg(dir.path().join(name))
            .output()
            .unwrap();
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert_eq!(said(&output), "", "{name}");
    }
    let mut man = Command::new("groff")
        .args(["-k", "-man", "-ww", "-z", "-Tutf8"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let first =
        Command::new(env!("CARGO_BIN_EXE_invited")).arg("man").stdout(man.stdin.take().unwrap()).status().unwrap();
    let output = man.wait_with_output().unwrap();
    assert!(first.success() && output.status.success() && said(&output).is_empty(), "{}", said(&output));
}

#[test]
fn mandoc_has_nothing_to_say_of_any_page() {
    if is_missing("mandoc", "mandoc_has_nothing_to_say_of_any_page") {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for name in pages(dir.path()).keys() {
        let output = Command::new("mandoc").args(["-Tlint", "-Wwarning"]).arg(dir.path().join(name)).output().unwrap();
        assert_eq!(said(&output), "", "{name}");
    }
}
