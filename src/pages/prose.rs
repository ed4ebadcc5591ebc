//! Texts of the description of the API, in paragraphs, lists and code.

/// A text. Of Markdown it has what our own texts have: paragraphs, lists by `- `, and code between backticks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Prose(pub(super) Vec<ProseBlock>);

/// A paragraph, or the items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProseBlock {
    pub(super) is_list: bool,
    pub(super) lines: Vec<Vec<TextPart>>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TextPart {
    Plain(String),
    Code(String),
    /// The name of a type, which stands elsewhere on the page.
    Type(String),
}

impl Prose {
    pub(super) fn of(text: &str) -> Self {
        let mut blocks: Vec<(bool, Vec<String>)> = vec![];
        let mut is_new = true;
        for line in text.lines().map(str::trim) {
            let item = line.strip_prefix("- ");
            match (blocks.last_mut(), item) {
                _ if line.is_empty() => is_new = true,
                (Some((true, lines)), Some(item)) if !is_new => lines.push(item.to_owned()),
                (Some((_, lines)), None) if !is_new => {
                    if let Some(last) = lines.last_mut() {
                        last.push(' ');
                        last.push_str(line);
                    }
                }
                _ => {
                    blocks.push((item.is_some(), vec![item.unwrap_or(line).to_owned()]));
                    is_new = false;
                }
            }
        }
        let block = |(is_list, lines): (bool, Vec<String>)| {
            let lines = lines.iter().map(|line| parts(line)).collect();
            ProseBlock { is_list, lines }
        };
        Self(blocks.into_iter().map(block).collect())
    }
}

/// What stands between backticks is code.
fn parts(line: &str) -> Vec<TextPart> {
    let piece = |(number, text): (usize, &str)| match number % 2 {
        0 => TextPart::Plain(text.to_owned()),
        _ => TextPart::Code(text.to_owned()),
    };
    line.split('`').enumerate().filter(|(_, text)| !text.is_empty()).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_paragraphs_lists_and_code() {
        let plain = |text: &str| TextPart::Plain(text.into());
        let code = |text: &str| TextPart::Code(text.into());
        let text = "One\ntwo.\n\n- `a`: the\n  first\n- b\nThree `c`.";
        assert_eq!(
            Prose::of(text).0,
            [
                ProseBlock { is_list: false, lines: vec![vec![plain("One two.")]] },
                ProseBlock {
                    is_list: true,
                    lines: vec![vec![code("a"), plain(": the first")], vec![plain("b Three "), code("c"), plain(".")]]
                },
            ]
        );
        assert_eq!(Prose::of(" \n"), Prose::default());
    }
}
