//! `invited.toml(5)`: the page of settings, from docs/settings.md and what each setting says of itself.

use clap_mangen::roff::{Roff, bold, roman};

use super::man_text::{entry, files, markdown, paragraph, tidy, verbatim};
use super::serve::SMALLEST;
use crate::config::{DEFAULT_FILES, reference};

const PAGE: &str = include_str!("../../docs/settings.md");

/// The heading below which docs/settings.md has what the program knows better.
const ALL: &str = "## All settings";

/// The page, as of a day.
///
/// # Errors
/// When docs/settings.md has another form.
pub(super) fn page(date: &str) -> anyhow::Result<String> {
    let (text, _) = PAGE.split_once(ALL).ok_or_else(|| anyhow::anyhow!("docs/settings.md has no {ALL:?}"))?;
    let [file, dir] = DEFAULT_FILES;
    let mut roff = Roff::new();
    roff.control("TH", ["INVITED.TOML", "5", date, concat!("invited ", env!("CARGO_PKG_VERSION")), "invited"]);
    roff.control("SH", ["NAME"]).text([roman("invited.toml - configuration of invited")]);
    roff.control("SH", ["SYNOPSIS"]).text([bold(file)]).control("br", []).text([bold(format!("{dir}/*.toml"))]);
    roff.control("SH", ["DESCRIPTION"]);
    markdown(&mut roff, text);
    roff.control("SH", ["SETTINGS"]);
    paragraph(
        &mut roff,
        "In a name, `*` stands for a name of your own, such as a host or the ID of a key, and `[]` for each of a list.",
    );
    for setting in reference() {
        let mut name = vec![bold(setting.name)];
        name.extend(setting.default.map(|default| roman(format!(" [default: {default}]"))));
        entry(&mut roff, name, &setting.text);
    }
    files(&mut roff);
    roff.control("SH", ["EXAMPLES"]);
    paragraph(&mut roff, "What is needed at least, and a key that is declared:");
    verbatim(&mut roff, SMALLEST.lines());
    roff.control("SH", ["SEE ALSO"]).control("BR", ["invited", "(1),"]).control("BR", ["invited\\-check", "(1),"]);
    roff.control("BR", ["invited\\-config\\-show", "(1)"]);
    Ok(tidy(&roff.render()))
}
