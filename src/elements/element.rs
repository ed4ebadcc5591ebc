//! Elements that are sent, and their bytes.

use minidom::Element;
use rxml::{Namespace, NcName};

/// An element with attributes.
#[must_use]
pub fn element(name: &str, namespace: &str, attributes: &[(&str, &str)]) -> Element {
    let mut element = Element::bare(name, namespace);
    for (name, value) in attributes {
        set(&mut element, name, value);
    }
    element
}

/// Gives an element an attribute.
pub fn set(element: &mut Element, name: &str, value: &str) {
    if let Ok(name) = NcName::try_from(name) {
        element.set_attr(Namespace::NONE, name, value.to_owned());
    }
}

/// Says in which language the texts of an element are (BCP 47).
pub fn set_language(element: &mut Element, tag: &str) {
    if let Ok(name) = NcName::try_from("lang") {
        element.set_attr(Namespace::XML, name, tag.to_owned());
    }
}

/// An element as it is sent, and blanks after it, which mean nothing (RFC 6120, 4.6.1): since CVE-2023-52425, Expat, which
/// Prosody and ejabberd read with, looks at a tag that came in pieces only when there is twice as much as when it last
/// looked. Without more to come it would wait, and with it what was written.
///
/// # Errors
/// When it holds what XML has no place for.
pub fn to_bytes(element: &Element) -> Result<Vec<u8>, minidom::Error> {
    let mut bytes = Vec::new();
    element.write_to(&mut bytes)?;
    bytes.resize(bytes.len() + longest_tag(&bytes), b' ');
    Ok(bytes)
}

/// How many bytes the longest tag has.
fn longest_tag(xml: &[u8]) -> usize {
    let tags = xml.split(|byte| *byte == b'<').filter_map(|rest| rest.iter().position(|byte| *byte == b'>'));
    tags.max().map_or(0, |inside| inside + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_tag_is_found() {
        for (xml, length) in
            [("", 0), ("<a/>", 4), ("<a b='c'>text that is longer</a>", 9), ("<a><bcd e='&gt;'/></a>", 15)]
        {
            assert_eq!(longest_tag(xml.as_bytes()), length, "{xml}");
        }
    }
}
