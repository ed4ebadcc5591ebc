//! What is HTML already, and so goes into a page as it is.

use std::borrow::Cow;
use std::fmt;

use askama::filters::{self, HtmlSafe};
use askama::{FastWritable, Template, Values};

use super::scripts::{BY_ITSELF, END, LEFT_TO_RIGHT};

/// A piece of HTML. Only a template draws one, or it is a text that was escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Html<'a>(Cow<'a, str>);

impl Html<'static> {
    /// What `template` draws.
    pub(super) fn drawn(template: &impl Template) -> Self {
        // Writing to a string cannot fail.
        Self(template.render().unwrap_or_default().into())
    }
}

impl<'a> Html<'a> {
    /// A text, escaped if it has to be. Nearly none has to, which is seen without a branch for every byte.
    pub(super) fn text(text: impl Into<Cow<'a, str>>) -> Self {
        let text = text.into();
        let is_markup = |byte: u8| matches!(byte, b'"' | b'&' | b'\'' | b'<' | b'>');
        if !text.bytes().fold(false, |found, byte| found | is_markup(byte)) {
            return Self(text);
        }
        let Ok(escaped) = filters::escape(&text, filters::Html);
        Self(escaped.to_string().into())
    }

    /// A text in which other texts are isolated by marks: they become elements, as what is copied must have no marks.
    pub(super) fn isolated(text: impl Into<Cow<'a, str>>) -> Self {
        let Self(html) = Self::text(text);
        if html.is_ascii() {
            return Self(html);
        }
        let element = |html: String, (mark, tag): (char, &str)| html.replace(mark, tag);
        let marks = [(LEFT_TO_RIGHT, "<bdi dir=\"ltr\">"), (BY_ITSELF, "<bdi>"), (END, "</bdi>")];
        Self(marks.into_iter().fold(html.into_owned(), element).into())
    }

    /// The same, lent.
    pub(super) fn borrowed(&self) -> Html<'_> {
        Html(Cow::Borrowed(&self.0))
    }
}

impl fmt::Display for Html<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html<'_> {}

impl FastWritable for Html<'_> {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<b>{{ text }}</b>{{ html }}", ext = "html")]
    struct Page<'a> {
        text: &'a str,
        html: Html<'a>,
    }

    #[test]
    fn everything_is_escaped_once() {
        let piece = Html::drawn(&Page { text: "a & b", html: Html::text("<i>") });
        assert_eq!(piece.to_string(), "<b>a &#38; b</b>&#60;i&#62;");
        let page = Page { text: "", html: piece.borrowed() };
        assert_eq!(page.render().unwrap(), "<b></b><b>a &#38; b</b>&#60;i&#62;");
    }

    #[test]
    fn marks_of_isolation_become_elements() {
        let marked = "הקוד ב־\u{2066}<example.com>\u{2069} של \u{2068}קפה\u{2069}";
        let expected = "הקוד ב־<bdi dir=\"ltr\">&#60;example.com&#62;</bdi> של <bdi>קפה</bdi>";
        assert_eq!(Html::isolated(marked).to_string(), expected);
        assert_eq!(Html::isolated("a & b").to_string(), "a &#38; b");
    }

    #[test]
    fn what_needs_no_escaping_is_what_the_template_engine_leaves_alone() {
        for byte in 0..128_u8 {
            let text = char::from(byte).to_string();
            let Ok(escaped) = filters::escape(&text, filters::Html);
            assert_eq!(Html::text(&*text).to_string(), escaped.to_string(), "{text:?}");
        }
    }
}
