//! What is filled in for a new invite: in the form, or in a link that fills it in.

use std::time::Duration;

use crate::caller::Request;
use crate::config::value::Span;
use crate::invite::KindName;
use crate::invite::field::Given;
use crate::invite::request::{Idempotency, InviteRequest};
use crate::pages::query::parameter;
use crate::problem::Problem;

/// The fields, as they are called in the form and in links.
pub(super) const INPUTS: [&str; 9] = ["kind", "host", "name", "contact", "note", "uses", "ttl", "groups", "mail"];

/// A longer one is none of ours.
const MAX_ONCE_BYTES: usize = 64;

/// What is filled in.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct InviteInput {
    pub(super) kind: String,
    pub(super) host: String,
    pub(super) name: String,
    pub(super) contact: String,
    pub(super) note: String,
    pub(super) uses: String,
    pub(super) ttl: String,
    pub(super) groups: String,
    pub(super) mail: String,
}

impl From<[String; 9]> for InviteInput {
    fn from([kind, host, name, contact, note, uses, ttl, groups, mail]: [String; 9]) -> Self {
        Self { kind, host, name, contact, note, uses, ttl, groups, mail }
    }
}

impl InviteInput {
    /// What a link fills in.
    pub(super) fn of_link(request: &Request) -> Self {
        INPUTS.map(|name| parameter(request, name).unwrap_or_default()).into()
    }

    fn all(&self) -> [&str; 9] {
        let Self { kind, host, name, contact, note, uses, ttl, groups, mail } = self;
        [kind, host, name, contact, note, uses, ttl, groups, mail]
    }

    /// The query of a link that fills it in.
    pub(super) fn to_query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in INPUTS.into_iter().zip(self.all()).filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
    }

    /// The kind that is meant, if it is one.
    pub(super) fn kind(&self) -> Option<KindName> {
        [KindName::Account, KindName::Contact, KindName::Reset].into_iter().find(|kind| kind.word() == self.kind)
    }

    /// Whether the invite is for one name alone.
    pub(super) fn is_for_one_name(&self) -> bool {
        !given(&self.name).is_absent() || self.kind() == Some(KindName::Reset)
    }

    /// What is asked for. `once` is the form's own: sent twice, it is one request.
    ///
    /// # Errors
    /// When the form is none of ours.
    pub(super) fn request(&self, once: String) -> Result<InviteRequest, Problem> {
        if once.is_empty() || once.len() > MAX_ONCE_BYTES {
            return Err(Problem::BadRequest("The form is malformed."));
        }
        let kind = self.kind();
        let (name, is_reset) = (given(&self.name), kind == Some(KindName::Reset));
        let groups: Vec<_> = self.groups.split(',').map(str::trim).filter(|group| !group.is_empty()).collect();
        let body = serde_json::to_vec(&self.all()).map_err(Problem::internal)?;
        let needed = |given: Given<String>| if given.is_absent() { Given::Is(String::new()) } else { given };
        Ok(InviteRequest {
            host: given(&self.host),
            kind: kind.map_or(Given::Malformed, Given::Is),
            username: if is_reset { Given::Absent } else { name.clone() },
            reset: if is_reset { needed(name) } else { Given::Absent },
            // For whom it is nobody's contact, it is not said whose.
            contact: if kind == Some(KindName::Contact) { given(&self.contact) } else { Given::Absent },
            uses: given(&self.uses).and_read(|text| text.parse().ok()),
            ttl: span(&self.ttl),
            // Nor is somebody put into a group who has an account.
            groups: if is_reset || groups.is_empty() {
                Given::Absent
            } else {
                Given::Is(groups.into_iter().map(str::to_owned).collect())
            },
            note: given(&self.note),
            mail: given(&self.mail),
            idempotency: Some(Idempotency { path: "/manage/new", key: once, body }),
            ..InviteRequest::default()
        })
    }
}

/// What is in a field; an empty one is left out.
fn given(text: &str) -> Given<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned).into()
}

/// A length of time.
pub(super) fn span(text: &str) -> Given<Duration> {
    given(text).and_read(|text| text.parse::<Span>().ok().map(|span| span.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(pairs: &[(&str, &str)]) -> InviteInput {
        let value = |name| pairs.iter().find(|(other, _)| *other == name).map_or("", |(_, value)| value).to_owned();
        INPUTS.map(value).into()
    }

    #[test]
    fn what_is_filled_in_is_asked_for_and_nothing_else() {
        let plain = input(&[("kind", "account"), ("uses", "3"), ("ttl", " 12h "), ("note", " for the choir ")]);
        let request = plain.request("once".into()).unwrap();
        assert_eq!((request.kind, request.uses), (Given::Is(KindName::Account), Given::Is(3)));
        assert_eq!(request.ttl, Given::Is(Duration::from_hours(12)));
        assert_eq!(request.note, Given::Is("for the choir".into()));
        assert!(request.username.is_absent() && request.contact.is_absent() && request.groups.is_absent());
        let reset = input(&[("kind", "reset"), ("contact", "romeo@example.com"), ("groups", "friends")]);
        let reset = reset.request("once".into()).unwrap();
        assert_eq!(
            (&reset.reset, &reset.username, &reset.contact),
            (&Given::Is(String::new()), &Given::Absent, &Given::Absent)
        );
        assert!(reset.groups.is_absent());
        let wrong = input(&[("kind", "x"), ("uses", "many"), ("ttl", "12")]).request("once".into()).unwrap();
        assert_eq!((wrong.kind, wrong.uses, wrong.ttl), (Given::Malformed, Given::Malformed, Given::Malformed));
        let groups = input(&[("kind", "account"), ("groups", " friends,, family ")]).request("once".into()).unwrap();
        assert_eq!(groups.groups, Given::Is(vec!["friends".into(), "family".into()]));
        for none in [String::new(), "x".repeat(65)] {
            assert!(plain.request(none).is_err());
        }
    }

    #[test]
    fn a_link_says_the_same() {
        let filled = input(&[("kind", "contact"), ("note", "a & b=c"), ("uses", "2")]);
        assert_eq!(filled.to_query(), "kind=contact&note=a+%26+b%3Dc&uses=2");
    }
}
