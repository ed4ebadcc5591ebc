//! An invite by mail: what it says, in one language, as text and as HTML. Nothing in it is loaded from anywhere, and opening it
//! is told to nobody.

use askama::Template;

use super::html::Html;
use super::language::Language;
use crate::config::{Colour, HostSettings};
use crate::desk::CreatedInvite;
use crate::invite::Kind;
use crate::invite::open::OpenInvites;

/// The button's colour where the site has none of its own: that of the pages.
const COLOUR: Colour = Colour([0x25, 0x4e, 0xa8]);

/// What a mail says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailText {
    /// Its language.
    pub language: &'static str,
    /// Its subject.
    pub subject: String,
    /// All of it, as text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// The mail that reminds an admin of links that are open for long: in English, as the log and the command line are.
#[must_use]
pub fn reminder(open: &OpenInvites) -> MailText {
    let (text, language) = (open.text(), Language::fallback());
    let html = ReminderMail { language, title: &open.title(), text: &text }.render().unwrap_or_default();
    MailText { language: language.tag, subject: open.title(), text, html }
}

#[derive(Template)]
#[template(path = "reminder.html")]
struct ReminderMail<'a> {
    language: &'a Language,
    title: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct PlainMail<'a> {
    title: &'a str,
    what: String,
    about: Option<&'a str>,
    link: &'a str,
    /// The address of the account, where the invite is bound to a name.
    account: Option<(&'a str, &'a str)>,
    until: String,
    help: Option<String>,
    why: String,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlMail<'a> {
    language: &'static Language,
    site: &'a str,
    title: Html<'a>,
    what: Html<'a>,
    about: Option<&'a str>,
    link: &'a str,
    colour: Colour,
    button: &'a str,
    account: Option<(&'a str, &'a str)>,
    until: &'a str,
    help: Option<Help<'a>>,
    why: Html<'a>,
}

/// A sentence with whom to ask in it.
struct Help<'a> {
    before: Html<'a>,
    link: &'a str,
    shown: &'a str,
    after: Html<'a>,
}

/// The mail that brings `created` to whoever it is for, in the language called `tag`, else in that of the site.
#[must_use]
pub fn mail(created: &CreatedInvite, site: &HostSettings, tag: Option<&str>) -> MailText {
    let named = tag.and_then(Language::named).or_else(|| Language::named(site.language));
    let language = named.unwrap_or_else(Language::fallback);
    let (draft, name) = (&created.invite.draft, site.site_name.as_str());
    let is_reset = matches!(draft.kind, Kind::Reset { .. });
    let [what, button] =
        if is_reset { ["landing-preview-reset", "mail-button-reset"] } else { ["landing-preview", "mail-button"] };
    let title = language.title(draft, name);
    let what = language.with_texts(what, &[("site", name)]);
    let (about, label, button) =
        (language.text("about-chat"), language.text("landing-username"), language.text(button));
    let about = (!is_reset).then_some(&*about);
    let account = draft.kind.username().filter(|_| !is_reset).map(|user| format!("{user}@{}", draft.host));
    let account = account.as_deref().map(|account| (&*label, account));
    let moment = language.moment(draft.expires_at);
    let until = language.with("mail-until", [("moment", moment.as_str().into())]);
    let contact = site.contact.as_deref().map(|link| (link, link.strip_prefix("mailto:").unwrap_or(link)));
    let help = contact.map(|(_, shown)| language.with_texts("mail-help", &[("contact", shown)]));
    let why = language.with_texts("mail-why", &[("site", name)]);
    let colour = site.accent.map_or(COLOUR, |accent| accent.light);
    let html = HtmlMail {
        language,
        site: name,
        title: Html::isolated(&*title),
        what: Html::isolated(&*what),
        about,
        link: &created.landing_page,
        colour,
        button: &button,
        account,
        until: &until,
        help: help.as_deref().zip(contact).map(|(text, (link, shown))| {
            let (before, after) = text.split_once(shown).unwrap_or((text, ""));
            Help { before: Html::isolated(before), link, shown, after: Html::isolated(after) }
        }),
        why: Html::isolated(&*why),
    };
    // Writing to a string cannot fail.
    let html = html.render().unwrap_or_default();
    let link = &created.landing_page;
    let text = PlainMail { title: &title, what, about, link, account, until: until.clone(), help, why };
    let text = text.render().unwrap_or_default();
    MailText { language: language.tag, subject: title, text, html }
}
