//! The pages hold together: links lead somewhere, every block is run by a test, and what is said twice is the same.

use crate::common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use common::docs::{PAGES, blocks, page, section};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Who runs the blocks that are not `sh`: page, language, how many there are, the test's file, the test. `sh` is run by
/// tests/program/readme.rs, wherever it stands.
const RUN: [(&str, &str, usize, &str, &str); 36] = [
    ("README.md", "console", 1, "tests/boot/package.py", "readme_leads_from_the_package_to_an_invite_in_five_commands"),
    ("README.md", "console", 1, "tests/boot/archive.py", "readme_leads_from_the_archive_to_an_invite"),
    ("README.md", "console", 1, "tests/release/image.py", "readme_leads_from_the_image_to_an_invite"),
    ("CONTRIBUTING.md", "console", 2, "tests/program/docs.rs", "commands_for_contributors_name_what_there_is"),
    ("docs/any-server.md", "toml", 1, "tests/xmpp/component/place.rs", "as_told"),
    (
        "docs/any-server.md",
        "toml",
        1,
        "tests/boot/service.py",
        "xmpp_server_behind_tcp_is_reached_with_the_drop_in_and_not_without",
    ),
    (
        "docs/any-server.md",
        "lua",
        1,
        "tests/xmpp/component/connection.rs",
        "the_lines_of_the_page_are_all_that_is_needed",
    ),
    (
        "docs/any-server.md",
        "yaml",
        1,
        "tests/xmpp/component/at_ejabberd.rs",
        "the_lines_of_the_page_are_all_that_is_needed",
    ),
    ("docs/ejabberd.md", "yaml", 2, "tests/xmpp/ejabberd.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/ejabberd.md", "toml", 1, "tests/xmpp/ejabberd.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/front-ends.md", "haproxy", 1, "tests/front_ends/proxy_line.rs", "haproxy_names_the_client_of_a_connection"),
    ("docs/mail.md", "toml", 1, "tests/api/mail.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/nixos.md", "nix", 3, "tests/nix/readme.rs", "nix_of_the_page_holds"),
    ("docs/nixos.md", "console", 1, "tests/nix/readme.rs", "commands_after_the_flake_are_those_of_its_machine"),
    ("docs/manage.md", "toml", 1, "tests/xmpp/manage.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/nodes.md", "toml", 1, "tests/postgresql/postgres.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/nodes.md", "console", 1, "tests/postgresql/postgres.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/nodes.md", "console", 1, "tests/boot/service.py", "commands_by_hand_run_as_the_service_does"),
    ("docs/nodes.md", "console", 1, "tests/postgresql/ledger_copy.rs", "the_commands_of_the_page_move_a_ledger"),
    (
        "docs/nodes.md",
        "console",
        1,
        "tests/postgresql/backup.rs",
        "the_commands_of_the_page_restore_what_was_recovered",
    ),
    ("docs/operations.md", "console", 2, "tests/postgresql/backup.rs", "the_commands_of_the_page_back_up_and_restore"),
    (
        "docs/operations.md",
        "console",
        2,
        "tests/program/operations.rs",
        "the_commands_of_the_page_lead_back_to_the_time_before_an_upgrade",
    ),
    (
        "docs/operations.md",
        "console",
        2,
        "tests/program/operations.rs",
        "the_commands_of_the_page_move_a_service_to_another_machine",
    ),
    (
        "docs/operations.md",
        "console",
        1,
        "tests/program/operations.rs",
        "the_commands_of_the_page_put_back_a_ledger_key_that_was_lost",
    ),
    (
        "docs/operations.md",
        "console",
        2,
        "tests/program/operations.rs",
        "the_commands_of_the_page_end_what_a_leaked_key_has_begun",
    ),
    ("nix/upstream/README.md", "console", 1, "tests/nix/upstream.rs", "the_commands_of_the_page_put_it_into_nixpkgs"),
    ("docs/pages.md", "toml", 1, "tests/pages/pages.rs", "the_page_names_the_apps_and_shows_how_to_add_one"),
    ("docs/prosody.md", "lua", 1, "tests/xmpp/in_app.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    ("docs/prosody.md", "toml", 1, "tests/xmpp/in_app.rs", "the_lines_of_the_page_are_all_that_is_needed"),
    (
        "docs/prosody.md",
        "console",
        1,
        "tests/boot/guide.py",
        "with_prosody_on_debian_a_guest_has_an_account_after_at_most_ten_commands",
    ),
    ("docs/release.md", "console", 1, "tests/program/docs.rs", "commands_for_contributors_name_what_there_is"),
    ("docs/setup.md", "console", 1, "tests/boot/package.py", "setup_leads_to_a_link_that_nginx_passes_on"),
    ("docs/webhooks.md", "toml", 1, "tests/api/webhooks.rs", "the_receiver_of_the_page_verifies_and_prints_events"),
    ("docs/webhooks.md", "python", 1, "tests/api/webhooks.rs", "the_receiver_of_the_page_verifies_and_prints_events"),
    ("docs/webhooks.md", "json", 1, "tests/api/webhooks.rs", "the_example_of_the_page_is_what_is_sent"),
    ("docs/architecture.md", "text", 1, "tests/program/docs.rs", "the_walk_is_of_functions_that_there_are"),
];

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn has_extension(path: &str, extensions: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|own| extensions.iter().any(|extension| own == *extension))
}

/// The languages of a page's blocks, in their order.
fn languages(text: &str) -> Vec<&str> {
    // Every second fence ends a block.
    text.lines().filter_map(|line| line.trim_start().strip_prefix("```")).step_by(2).collect()
}

#[test]
fn every_block_is_run_by_a_test() {
    let mut there: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (path, text) in PAGES {
        for language in languages(text).into_iter().filter(|language| *language != "sh") {
            *there.entry((path, language)).or_default() += 1;
        }
    }
    let mut run: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (path, language, count, ..) in RUN {
        *run.entry((path, language)).or_default() += count;
    }
    assert_eq!(there, run, "on the left what the pages have, on the right what a test runs");
    for (path, _, _, test_file, test) in RUN {
        let text = file(test_file);
        let defined = [format!("fn {test}("), format!("def {test}(")];
        assert!(defined.iter().any(|line| text.contains(line)), "{test_file} has no {test}");
        let name = path.rsplit('/').next().unwrap();
        assert!(text.contains(name), "{test_file} does not read {path}");
    }
}

#[test]
fn every_page_is_listed_and_found_from_the_readme() {
    let mut pages: BTreeSet<String> = BTreeSet::new();
    for entry in std::fs::read_dir(Path::new(ROOT).join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if has_extension(&name, &["md"]) {
            pages.insert(format!("docs/{name}"));
        }
    }
    let listed: BTreeSet<_> =
        PAGES.iter().map(|(path, _)| (*path).to_owned()).filter(|path| path.starts_with("docs/")).collect();
    assert_eq!(pages, listed, "on the left docs/, on the right tests/common/docs.rs");
    for path in pages {
        assert!(page("README.md").contains(&format!("]({path})")), "the README does not link to {path}");
    }
}

/// The targets of a page's links, outside of code.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        if !in_block {
            links.extend(line.split("](").skip(1).map(|rest| rest.split(')').next().unwrap()));
        }
    }
    links
}

/// What a heading is called in a link, as GitHub and others do.
fn anchor(heading: &str) -> String {
    let letters = heading.trim().chars().filter_map(|letter| match letter {
        ' ' => Some('-'),
        '-' | '_' => Some(letter),
        letter if letter.is_alphanumeric() => Some(letter.to_ascii_lowercase()),
        _ => None,
    });
    letters.collect()
}

fn anchors(text: &str) -> Vec<String> {
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// Where `target` leads from `page`, without `..`.
fn resolve(page: &str, target: &str) -> PathBuf {
    let mut path = Path::new(page).parent().unwrap().to_path_buf();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{page}: {target} leads out of the repository"),
            part => path.push(part),
        }
    }
    path
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut broken = Vec::new();
    let mut followed = 0;
    for (path, text) in PAGES {
        for link in links(text).into_iter().filter(|link| !link.starts_with("https://")) {
            followed += 1;
            let (target, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { PathBuf::from(path) } else { resolve(path, target) };
            let is_there = Path::new(ROOT).join(&target).exists();
            let has_heading =
                fragment.is_empty() || anchors(page(target.to_str().unwrap())).contains(&fragment.to_owned());
            if !is_there || !has_heading {
                broken.push(format!("{path}: {link}"));
            }
        }
    }
    assert_eq!(broken, Vec::<String>::new());
    assert!(followed > 60, "only {followed} links were found");
}

#[test]
fn commands_for_contributors_name_what_there_is() {
    let pages = ["CONTRIBUTING.md", "docs/release.md"];
    for block in pages.into_iter().flat_map(|path| blocks(page(path), "console")) {
        for line in block.lines() {
            let command = line.trim_start_matches(['$', '#', ' ']).split('#').next().unwrap();
            let words: Vec<_> = command.split_whitespace().filter(|word| !word.contains('=')).collect();
            let script = if words[0] == "bash" { words[1] } else { words[0] };
            if script != "cargo" {
                assert!(Path::new(ROOT).join(script).is_file(), "{line}: there is no {script}");
            }
            for (flag, test) in words.iter().zip(&words[1..]) {
                let has = |suffix: &str| Path::new(ROOT).join(format!("tests/{test}{suffix}")).is_file();
                assert!(*flag != "--test" || has(".rs") || has("/main.rs"), "{line}: there is no such test");
            }
        }
    }
}

/// The walk names each step as `file.rs: function`.
#[test]
fn the_walk_is_of_functions_that_there_are() {
    let walk = section("docs/architecture.md", "The walk of POST /invites_api");
    let steps: Vec<_> = blocks(walk, "text").concat().lines().map(str::to_owned).collect();
    assert!((1..=9).contains(&steps.len()), "{} steps", steps.len());
    for step in steps {
        let (place, function) = step.split_once(": ").unwrap_or_else(|| panic!("{step:?}"));
        let place = place.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.' || letter == ' ');
        let name = function.split_whitespace().next().unwrap();
        let text = file(place);
        assert!(
            text.contains(&format!("fn {name}(")) || text.contains(&format!("fn {name}<")),
            "{place} has no {name}"
        );
    }
}

/// `file: test`, below tests/ where it does not begin with src/.
#[test]
fn tests_that_the_pages_name_are_there() {
    assert!(named_tests(page("docs/threat-model.md")) > 40);
    let table = section("docs/nodes.md", "What happens when");
    let rows: Vec<_> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 8, "{rows:?}");
    for row in rows {
        assert!(named_tests(row) > 0, "{row} names no test");
    }
}

/// How many tests a text names; all of them have to be there.
fn named_tests(page: &str) -> usize {
    let mut named = 0;
    for code in page.split('`').skip(1).step_by(2) {
        let (place, test) = code.split_once(": ").unwrap_or((code, ""));
        if !has_extension(place, &["rs", "py"]) {
            continue;
        }
        let place = if place.starts_with("src/") { place.to_owned() } else { format!("tests/{place}") };
        let source = file(&place);
        let defined = [format!("fn {test}("), format!("def {test}(")];
        assert!(test.is_empty() || defined.iter().any(|line| source.contains(line)), "{place} has no {test}");
        named += 1;
    }
    named
}

/// The page has a row for each event that the program logs, and all of them are logged in one place.
#[test]
fn events_of_the_log_are_listed() {
    fn sources(dir: &Path, all: &mut String) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let mut source = String::new();
    sources(&Path::new(ROOT).join("src"), &mut source);
    let named = |text: &str| -> BTreeSet<String> {
        let names = text.split("event = \"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        names.collect()
    };
    let events = named(&file("src/log/events.rs"));
    assert_eq!(named(&source), events, "on the left the whole source");
    let rows = section("docs/operations.md", "Logs").lines().filter_map(|line| line.strip_prefix("| `"));
    let of_the_page: BTreeSet<_> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_end_matches(" |").split(" | ").collect();
            assert!(cells.len() == 3 && cells.iter().all(|cell| !cell.is_empty()), "{row}");
            cells[0].trim_end_matches('`').to_owned()
        })
        .collect();
    assert_eq!(of_the_page, events, "on the left docs/operations.md, on the right the source");
}

/// Where the project lives is not decided, and will change in one place.
#[test]
fn only_cargo_toml_says_where_the_project_lives() {
    let manifest: toml::Table = file("Cargo.toml").parse().unwrap();
    let package = |name: &str| manifest["package"][name].as_str().unwrap().to_owned();
    let (home, repository) = (package("homepage"), package("repository"));
    for path in [
        "README.md",
        "SECURITY.md",
        "CONTRIBUTING.md",
        "flake.nix",
        "nix/package.nix",
        "debian/control",
        "debian/tree",
        "release/oci",
    ] {
        let text = file(path);
        assert!(!text.contains(&home) && !text.contains(&repository), "{path} repeats what Cargo.toml says");
    }
    assert!(
        file("nix/package.nix").contains("inherit (cargo) description homepage;"),
        "its meta.homepage is elsewhere"
    );
}

/// Each section is a version, the newest one first, which is Cargo.toml's, with the day of its release.
#[test]
fn changes_have_versions() {
    let changes = file("CHANGELOG.md");
    let mut versions = Vec::new();
    for heading in changes.lines().filter_map(|line| line.strip_prefix("## ")) {
        let (version, released) = heading.split_once(" (").unwrap_or_else(|| panic!("{heading:?} has no date"));
        let released = released.strip_suffix(')').unwrap_or_else(|| panic!("{heading:?}"));
        let is_newest = versions.is_empty();
        assert!(
            (is_newest && released == "unreleased") || released.parse::<jiff::civil::Date>().is_ok(),
            "{heading:?}"
        );
        versions.push(version.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>());
    }
    assert!(versions.is_sorted_by(|newer, older| newer > older), "{versions:?}");
    let newest = versions[0].iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
    assert_eq!(newest, env!("CARGO_PKG_VERSION"));
}
