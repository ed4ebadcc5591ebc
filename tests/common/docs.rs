//! README and docs/ as tests read them. Whose each block is stands in `tests/program/docs.rs`.

#![allow(dead_code, reason = "every test file uses a part of it")]

/// Every page, by its path.
pub const PAGES: [(&str, &str); 27] = [
    ("README.md", include_str!("../../README.md")),
    ("CONTRIBUTING.md", include_str!("../../CONTRIBUTING.md")),
    ("SECURITY.md", include_str!("../../SECURITY.md")),
    ("docs/any-server.md", include_str!("../../docs/any-server.md")),
    ("docs/api.md", include_str!("../../docs/api.md")),
    ("docs/architecture.md", include_str!("../../docs/architecture.md")),
    ("docs/artwork.md", include_str!("../../docs/artwork.md")),
    ("docs/capacity.md", include_str!("../../docs/capacity.md")),
    ("docs/container.md", include_str!("../../docs/container.md")),
    ("docs/ejabberd.md", include_str!("../../docs/ejabberd.md")),
    ("docs/front-ends.md", include_str!("../../docs/front-ends.md")),
    ("docs/languages.md", include_str!("../../docs/languages.md")),
    ("docs/mail.md", include_str!("../../docs/mail.md")),
    ("docs/manage.md", include_str!("../../docs/manage.md")),
    ("docs/nixos.md", include_str!("../../docs/nixos.md")),
    ("docs/nodes.md", include_str!("../../docs/nodes.md")),
    ("docs/operations.md", include_str!("../../docs/operations.md")),
    ("docs/pages.md", include_str!("../../docs/pages.md")),
    ("docs/prosody.md", include_str!("../../docs/prosody.md")),
    ("docs/release.md", include_str!("../../docs/release.md")),
    ("docs/setup.md", include_str!("../../docs/setup.md")),
    ("docs/settings.md", include_str!("../../docs/settings.md")),
    ("docs/systemd.md", include_str!("../../docs/systemd.md")),
    ("docs/threat-model.md", include_str!("../../docs/threat-model.md")),
    ("docs/webhooks.md", include_str!("../../docs/webhooks.md")),
    ("nix/upstream/README.md", include_str!("../../nix/upstream/README.md")),
    ("tests/advisories/README.md", include_str!("../advisories/README.md")),
];

/// The text of a page.
pub fn page(path: &str) -> &'static str {
    PAGES.iter().find(|(own, _)| *own == path).unwrap_or_else(|| panic!("no page {path}")).1
}

/// What stands below a heading of a page, up to the next one of the second level.
pub fn section(path: &str, heading: &str) -> &'static str {
    let below = page(path).split_once(&format!("\n## {heading}\n"));
    let (_, below) = below.unwrap_or_else(|| panic!("{path} has no section {heading:?}"));
    below.split("\n## ").next().unwrap()
}

/// The blocks of a text in that language, without their fences.
pub fn blocks(text: &'static str, language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The only block of a text in that language.
pub fn block(text: &'static str, language: &str) -> &'static str {
    let [block] = blocks(text, language)[..] else { panic!("not one block of {language} in:\n{text}") };
    block
}

/// Holds a file against what it is made from, or with `UPDATE_DOCS` set writes it.
pub fn hold(path: &str, expected: &str) {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let is_so = std::fs::read_to_string(&file).is_ok_and(|text| text == expected);
    assert!(is_so, "{path} is not what the program says; UPDATE_DOCS=1 cargo test writes it");
}
