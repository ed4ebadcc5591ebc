//! Texts of the manual as roff has them. Ours are written with the few signs of Markdown that this reads: `code`,
//! `[links](…)`, paragraphs, headings, and tables.

use clap_mangen::roff::{Inline, Roff, bold, roman};

use crate::config::{DEFAULT_FILES, DEFAULT_STATE_DIR};

/// A line of text: what stands between backticks is bold, and of a link its text is left.
pub(super) fn inline(text: &str) -> Vec<Inline> {
    let parts = text.split('`').enumerate();
    let parts = parts.filter(|(_, part)| !part.is_empty());
    parts.map(|(at, part)| if at % 2 == 0 { roman(without_links(part)) } else { bold(part) }).collect()
}

fn without_links(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('[') {
        plain.push_str(before);
        match link.split_once("](").and_then(|(text, target)| Some((text, target.split_once(')')?.1))) {
            Some((text, after)) if !text.contains('[') => {
                plain.push_str(text);
                rest = after;
            }
            _ => {
                plain.push('[');
                rest = link;
            }
        }
    }
    plain + rest
}

/// A paragraph.
pub(super) fn paragraph(roff: &mut Roff, text: &str) {
    roff.control("PP", []).text(inline(text));
}

/// What something is called, and what it is.
pub(super) fn entry(roff: &mut Roff, name: Vec<Inline>, text: &str) {
    roff.control("TP", []).text(name).text(inline(text));
}

/// Lines as they stand there.
pub(super) fn verbatim<'a>(roff: &mut Roff, lines: impl IntoIterator<Item = &'a str>) {
    roff.control("PP", []).control("in", ["+4n"]).control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []).control("in", []);
}

/// Where things are.
pub(super) fn files(roff: &mut Roff) {
    let [file, dir] = DEFAULT_FILES;
    let state = DEFAULT_STATE_DIR;
    roff.control("SH", ["FILES"]);
    for (path, text) in [
        (file.to_owned(), "The configuration; see `invited.toml`(5)."),
        (format!("{dir}/*.toml"), "More of it, in the order of their names."),
        (format!("{state}/ledger.db"), "The ledger, where it is not in PostgreSQL: the record of all invites."),
        (
            format!("{state}/ledger.key"),
            "The secret that tokens are created with. A ledger without its key opens nothing.",
        ),
        (format!("{state}/keys/ID.toml"), "Keys that `invited key create` and `invited key import` stored, by digest."),
    ] {
        entry(roff, vec![bold(path)], text);
    }
}

/// A page of Markdown. Headings become sections; what stands before the first one is a text of its own.
pub(super) fn markdown(roff: &mut Roff, page: &str) {
    for block in page.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        if let Some(heading) = block.strip_prefix("## ") {
            roff.control("SH", [heading.to_uppercase().as_str()]);
        } else if block.starts_with('|') {
            // The first two rows are the head, and what parts it from the others.
            for row in block.lines().skip(2) {
                let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
                if let [name, rest @ ..] = cells.as_slice() {
                    entry(roff, inline(name), &rest.join(", "));
                }
            }
        } else if !block.starts_with('#') {
            paragraph(roff, &block.replace('\n', " "));
        }
    }
}

/// A page without what formatters warn of: a paragraph that begins where a section has just begun, and empty lines. Code is bold.
pub(super) fn tidy(page: &str) -> String {
    let mut tidied: Vec<&str> = Vec::new();
    for line in page.lines() {
        match (tidied.last(), line) {
            (Some(before), ".PP") if before.starts_with(".SH ") => {}
            (Some(&".br"), "") => _ = tidied.pop(),
            (_, "") => {}
            (_, line) => tidied.push(line),
        }
    }
    tidied
        .into_iter()
        .map(|line| if line.starts_with('.') { line.to_owned() } else { emboldened(line) } + "\n")
        .collect()
}

/// A line of roff with what stands between backticks in bold, as texts of `--help` have it.
fn emboldened(line: &str) -> String {
    let parts: Vec<_> = line.split('`').collect();
    if parts.len() % 2 == 0 {
        return line.to_owned();
    }
    let parts = parts.into_iter().enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { format!("\\fB{part}\\fR") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_markdown_reads_as_a_manual() {
        let page = "# Title\n\nOne `a-b` and\n[two](x.md#y), [three] it's.\n\n## All of it\n\n\
                    | name | |\n|---|---|\n| `x.y` | is, `z` |\n";
        let mut roff = Roff::new();
        markdown(&mut roff, page);
        let expected =
            ".PP\nOne \\fBa\\-b\\fR and two, [three] it's.\n.SH \"ALL OF IT\"\n.TP\n\\fBx.y\\fR\nis, \\fBz\\fR\n";
        assert_eq!(roff.to_roff(), expected);
    }
}
