//! What users of a host are told by messages, in one language, as plain text.

use fluent_bundle::FluentValue;

use super::language::Language;
use crate::desk::TrueNews;
use crate::invite::Invite;

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageText {
    /// Its language.
    pub language: &'static str,
    /// All of it.
    pub text: String,
}

/// The message that tells `news` to a user, in the language called `tag`. `manage` is the page on which they see their invites, if there is one.
#[must_use]
pub fn message(news: &TrueNews, tag: &str, manage: Option<&str>) -> MessageText {
    let language = Language::named(tag).unwrap_or_else(Language::fallback);
    let mut lines = Vec::new();
    if let Some((first, others)) = news.joined.split_first() {
        let first = first.to_string();
        let first = language.isolated("address", &first);
        let address = ("address", FluentValue::from(&*first));
        lines.push(match others.len() {
            0 => language.with("news-joined", [address]),
            count => language.with("news-joined-more", [address, ("count", count.into())]),
        });
    }
    if let Some((first, others)) = news.expiring.split_first() {
        let expires_at = |invite: &Invite| invite.draft.expires_at;
        let soonest = others.iter().map(expires_at).min().map_or(expires_at(first), |at| at.min(expires_at(first)));
        let moment = language.moment(soonest);
        let moment = ("moment", FluentValue::from(moment.as_str()));
        lines.push(if others.is_empty() {
            let created = language.moment(first.draft.created_at);
            let text = language.with("news-expiring", [("created", created.as_str().into()), moment]);
            format!("{text} {}", language.with("uses-left", [("count", first.uses_left().into())]))
        } else {
            language.with("news-expiring-more", [("count", news.expiring.len().into()), moment])
        });
        lines.extend(manage.map(str::to_owned));
    }
    if let Some(open) = &news.open {
        lines.push(open.text().trim_end().to_owned());
    }
    MessageText { language: language.tag, text: lines.join("\n") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::tests::{draft, moment};
    use crate::invite::{Draft, InviteId};

    fn joined(count: usize) -> TrueNews {
        let all = ["juliet", "nurse", "paris"].map(|name| format!("{name}@example.com").parse().unwrap());
        TrueNews { joined: all.into_iter().take(count).collect(), ..TrueNews::default() }
    }

    fn expiring(count: usize) -> TrueNews {
        let at = moment("2026-01-01T12:30:00Z");
        let invite = |day| {
            let draft = Draft { created_at: at, expires_at: moment(day), ..draft() };
            Invite::from((InviteId::after(None, at, 7), draft))
        };
        let all = ["2026-01-08T00:00:00Z", "2026-01-07T18:05:00Z"].map(invite);
        TrueNews { expiring: all.into_iter().take(count).collect(), ..TrueNews::default() }
    }

    fn said(tag: &'static str, news: &TrueNews, manage: Option<&str>) -> String {
        let MessageText { language, text } = message(news, tag, manage);
        assert_eq!(language, tag);
        text
    }

    #[test]
    fn whoever_invited_is_told_who_has_joined() {
        for (tag, count, expected) in [
            ("en", 1, "juliet@example.com has joined with your invite."),
            ("en", 2, "juliet@example.com and one more person have joined with your invites."),
            ("en", 3, "juliet@example.com and 2 more people have joined with your invites."),
            ("de", 1, "juliet@example.com ist über deine Einladung dazugekommen."),
            ("pl", 3, "Z Twoich zaproszeń powstało konto juliet@example.com i jeszcze 2 inne."),
            ("ar", 3, "انضم \u{2066}juliet@example.com\u{2069} وشخصان آخران بدعواتك."),
            ("he", 1, "החשבון \u{2066}juliet@example.com\u{2069} נוצר בעזרת ההזמנה שלכם."),
        ] {
            assert_eq!(said(tag, &joined(count), Some("https://invite.example.com/manage")), expected, "{tag} {count}");
        }
    }

    #[test]
    fn whoever_invited_is_told_until_when_it_works_and_where_to_see_it() {
        let one = "Your invite (created: 1 January 2026, 12:30 UTC) works only until 8 January 2026, 00:00 UTC. It works \
                   for 2 more people.";
        assert_eq!(said("en", &expiring(1), None), one);
        let two = "2 of your invites expire soon, the first: 7 January 2026, 18:05 UTC.\nhttps://example.com/manage";
        assert_eq!(said("en", &expiring(2), Some("https://example.com/manage")), two);
        let german = "Deine Einladung (erstellt: 1. Januar 2026, 12:30 Uhr UTC) gilt nur noch bis 8. Januar 2026, \
                      00:00 Uhr UTC. Sie reicht noch für 2 Personen.";
        assert_eq!(said("de", &expiring(1), None), german);
    }

    #[test]
    fn all_that_waits_is_one_message() {
        let all = TrueNews { expiring: expiring(1).expiring, ..joined(1) };
        let text = said("en", &all, None);
        let lines: Vec<_> = text.lines().collect();
        assert!(matches!(lines[..], [one, other] if one.contains("joined") && other.contains("works only")), "{text}");
        for language in Language::all() {
            let text = said(language.tag, &all, None);
            assert!(text.lines().count() == 2 && text.contains("juliet@example.com"), "{text}");
            assert!(!text.contains("news-") && !text.contains(['{', '$']), "{text}");
        }
    }
}
