//! What a request is refused with (RFC 6120, 8.3). It is read as servers write it: whatever is missing or unknown says less,
//! and is no error of its own.

use std::borrow::Cow;

use minidom::Element;

use super::element::element;

/// Of the conditions, and of the text beside them.
const CONDITIONS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StanzaError {
    /// `auth`, `cancel`, `continue`, `modify` or `wait`; empty where none is said.
    pub kind: Cow<'static, str>,
    /// Such as `forbidden` (RFC 6120, 8.3.3).
    pub condition: Cow<'static, str>,
    /// In words.
    pub text: Option<String>,
    /// What the protocol that was spoken calls it, and its namespace (RFC 6120, 8.3.4). Not read.
    pub specific: Option<(&'static str, &'static str)>,
}

impl StanzaError {
    /// An error that says no more than these.
    #[must_use]
    pub fn new(kind: &'static str, condition: &'static str) -> Self {
        Self { kind: kind.into(), condition: condition.into(), text: None, specific: None }
    }

    /// The same, and why.
    #[must_use]
    pub fn because(self, text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..self }
    }

    /// Whether it may work later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        self.kind == "wait" || self.condition == "resource-constraint"
    }

    /// The error in a stanza that has one.
    #[must_use]
    pub fn read(stanza: &Element) -> Self {
        let error = stanza.get_child("error", stanza.ns().as_str());
        let mut parts = error.into_iter().flat_map(Element::children).filter(|child| child.has_ns(CONDITIONS));
        let condition = parts.find(|part| part.name() != "text").map_or("undefined-condition", Element::name);
        Self {
            kind: error.and_then(|error| error.attr("type")).unwrap_or_default().to_owned().into(),
            condition: condition.to_owned().into(),
            text: error.and_then(|error| error.get_child("text", CONDITIONS)).map(Element::text),
            specific: None,
        }
    }

    /// As it is sent, in a stanza of `namespace`.
    #[must_use]
    pub fn write(&self, namespace: &str) -> Element {
        let mut error = element("error", namespace, &[("type", &self.kind)]);
        error.append_child(Element::bare(self.condition.as_ref(), CONDITIONS));
        if let Some(text) = &self.text {
            let mut words = Element::bare("text", CONDITIONS);
            words.append_text(text.as_str());
            error.append_child(words);
        }
        if let Some((name, namespace)) = self.specific {
            error.append_child(Element::bare(name, namespace));
        }
        error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(error: &str) -> StanzaError {
        StanzaError::read(&format!("<iq xmlns='jabber:client' type='error'>{error}</iq>").parse().unwrap())
    }

    #[test]
    fn errors_are_read_however_servers_write_them() {
        let conflict = StanzaError::new("cancel", "conflict");
        let prosody = format!("<error type='cancel'><conflict xmlns='{CONDITIONS}'/></error>");
        assert_eq!(read(&prosody), conflict);
        let ejabberd = format!(
            "<query xmlns='jabber:iq:register'/><error code='409' type='cancel'><text xmlns='{CONDITIONS}' \
             xml:lang='en'>taken</text><x xmlns='y'/><conflict xmlns='{CONDITIONS}'/></error>"
        );
        assert_eq!(read(&ejabberd), conflict.because("taken"));
        // No type, a condition that no RFC has, a code alone, another namespace, nothing.
        let payment = format!("<error><payment-required xmlns='{CONDITIONS}'/></error>");
        assert_eq!(read(&payment), StanzaError::new("", "payment-required"));
        assert_eq!(read("<error code='409' type='wait'/>"), StanzaError::new("wait", "undefined-condition"));
        let other = format!("<error xmlns='x'><conflict xmlns='{CONDITIONS}'/></error>");
        assert_eq!((read(&other), read("")), (StanzaError::new("", "undefined-condition"), read(&other)));
    }

    #[test]
    fn what_is_written_is_read() {
        let error = StanzaError::new("modify", "bad-request").because("a < b");
        let with =
            StanzaError { specific: Some(("bad-action", "http://jabber.org/protocol/commands")), ..error.clone() };
        let mut iq = element("iq", "jabber:component:accept", &[]);
        iq.append_child(with.write("jabber:component:accept"));
        assert_eq!(StanzaError::read(&iq), error);
        assert!(
            iq.get_child("error", "jabber:component:accept")
                .unwrap()
                .children()
                .any(|part| part.name() == "bad-action")
        );
    }
}
