//! What every page is drawn with: the reader's language, the links to our other pages, whose site it is.

use std::borrow::Cow;

use fluent_bundle::FluentValue;
use jiff::Timestamp;
use tide::http::headers;

use super::html::Html;
use super::language::Language;
use super::{accent, assets};
use crate::caller::{Request, path};
use crate::config::{BackendSettings, HostSettings};
use crate::invite::Invite;
use crate::invite::name::HostName;

/// The query parameter that asks for a language.
const LANGUAGE: &str = "lang";

/// What every page is drawn with.
pub(super) struct Look<'a> {
    pub(super) language: &'static Language,
    /// The reader asked for it by a link, so our links keep asking.
    is_chosen: bool,
    /// The reader asked for it at all.
    is_wanted: bool,
    /// What the paths of all pages begin with.
    pub(super) prefix: &'a str,
    /// This page, below the prefix and without its language; where a switch of language leads.
    here: String,
    /// Whose site it is, where that is known.
    pub(super) site: Option<&'a HostSettings>,
}

impl<'a> Look<'a> {
    /// For the page that `request` asks for.
    pub(super) fn of(request: &'a Request) -> Self {
        let path = path(request);
        let prefix = request.state().settings.prefixes.of_path(path);
        let path = path.strip_prefix(prefix).filter(|path| path.starts_with('/')).unwrap_or("/");
        let query = without_language(request.url().query().unwrap_or_default());
        let (wanted, is_chosen) = wanted(request);
        let (language, is_wanted) = (wanted.unwrap_or_else(Language::fallback), wanted.is_some());
        let here = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        Self { language, is_chosen, is_wanted, prefix, here, site: None }
    }

    /// For a page that stands for any address.
    pub(super) fn anywhere((language, is_chosen): (&'static Language, bool), prefix: &'a str) -> Self {
        Self { language, is_chosen, is_wanted: true, prefix, here: "/".into(), site: None }
    }

    /// The same on a site, whose language it is where the reader wants none.
    pub(super) fn on(self, site: &'a HostSettings) -> Self {
        let its = Language::named(site.language).filter(|_| !self.is_wanted);
        Self { site: Some(site), language: its.unwrap_or(self.language), ..self }
    }

    /// The same for a program that shows it to others: what it wants itself says nothing about them.
    pub(super) fn for_others(self) -> Self {
        Self { is_wanted: self.is_chosen, ..self }
    }

    /// The same on the site that is meant where there is but one, or but one at the address by which the reader came.
    pub(super) fn on_only_site(self, request: &'a Request) -> Self {
        let settings = &request.state().settings;
        let (prefix, of_all) = (self.prefix, settings.public_url.as_ref());
        let authority = request.header(headers::HOST).map_or("", |host| host.as_str());
        let is_here = move |site: &&HostSettings| {
            let own = site.public_url.as_ref().filter(|own| Some(*own) != of_all && own.prefix() == prefix);
            own.is_some_and(|own| own.authority().eq_ignore_ascii_case(authority))
        };
        match only(settings.hosts.values()).or_else(|| only(settings.hosts.values().filter(is_here))) {
            Some(site) => self.on(site),
            None => self,
        }
    }

    /// The same on the site of `host`, if it is declared.
    pub(super) fn on_site_of(self, request: &'a Request, host: &HostName) -> Self {
        match request.state().settings.hosts.get(host) {
            Some(site) => self.on(site),
            None => self,
        }
    }

    /// Whether there is a server behind the site, so that an app can get an account where we give none.
    pub(super) fn has_server(&self) -> bool {
        self.site.is_some_and(|site| site.backend != BackendSettings::Ledger)
    }

    /// What the site calls itself.
    pub(super) fn site_name(&self) -> &str {
        self.site.map_or("", |site| &site.site_name)
    }

    /// The site's own web client.
    pub(super) fn webchat(&self) -> Option<&'a str> {
        self.site.and_then(|site| site.webchat_url.as_deref())
    }

    /// The language that a link asked for, for forms that would forget it.
    pub(super) fn chosen_language(&self) -> Option<&'static str> {
        self.is_chosen.then_some(self.language.tag)
    }

    /// A message.
    pub(super) fn text(&self, id: &str) -> Html<'static> {
        Html::text(self.language.text(id))
    }

    /// A message with a variable.
    pub(super) fn with(&self, id: &str, name: &str, text: &str) -> Html<'static> {
        Html::text(self.language.with_texts(id, &[(name, text)]))
    }

    /// The same where its text may be copied or typed: kept apart by an element and not by marks among the letters.
    pub(super) fn with_typed(&self, id: &str, name: &str, text: &str) -> Html<'static> {
        Html::isolated(self.language.with_texts(id, &[(name, text)]))
    }

    /// A message with a link in it: what comes before it, what it says, what comes after it.
    pub(super) fn linked(&self, id: &str) -> (String, String, String) {
        let text = self.language.text(id);
        let (before, rest) = text.split_once('[').unwrap_or((&text, ""));
        let (inside, after) = rest.split_once(']').unwrap_or((rest, ""));
        (before.to_owned(), inside.to_owned(), after.to_owned())
    }

    /// A message about a number of things.
    pub(super) fn count(&self, id: &str, count: usize) -> Html<'static> {
        Html::text(self.language.with(id, [("count", FluentValue::from(count))]))
    }

    /// This page, below the prefix and without its language.
    pub(super) fn here(&self) -> &str {
        &self.here
    }

    /// Until when an invite is good, and how long that is from `now` on.
    pub(super) fn until(&self, invite: &Invite, now: Timestamp) -> Html<'static> {
        self.language.until(invite.draft.expires_at, now)
    }

    /// The link to one of our pages: its path below the prefix, with its query.
    pub(super) fn link(&self, page: &str) -> String {
        if self.is_chosen { self.in_language(page, self.language.tag) } else { format!("{}{page}", self.prefix) }
    }

    /// The same for many pages, whose paths and queries differ in what comes between `before` and `after`.
    pub(super) fn around(&self, before: &str, after: &str) -> Around {
        let language = if self.is_chosen { format!("&{LANGUAGE}={}", self.language.tag) } else { String::new() };
        Around {
            before: Html::text(format!("{}{before}", self.prefix)),
            after: Html::text(format!("{after}{language}")),
        }
    }

    fn in_language(&self, page: &str, tag: &str) -> String {
        let mark = if page.contains('?') { '&' } else { '?' };
        format!("{}{page}{mark}{LANGUAGE}={tag}", self.prefix)
    }

    /// What the file that pages call `name` is called in links.
    #[expect(clippy::unused_self, reason = "templates know nothing else")]
    pub(super) fn asset(&self, name: &str) -> &'static str {
        assets::name(name)
    }

    /// The link to a file that is called so in links.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{}/assets/{name}", self.prefix)
    }

    /// The link to the colour of the site, if it has one of its own.
    pub(super) fn accent(&self) -> Option<String> {
        let accent = self.site?.accent?;
        Some(self.file(&accent::name(accent)))
    }

    /// Every language.
    pub(super) fn languages() -> &'static [Language] {
        Language::all()
    }

    /// The link to this page in a language, but for its tag.
    pub(super) fn switch(&self) -> Html<'static> {
        Html::text(self.in_language(&self.here, ""))
    }
}

fn only<'a>(mut sites: impl Iterator<Item = &'a HostSettings>) -> Option<&'a HostSettings> {
    sites.next().filter(|_| sites.next().is_none())
}

/// The query of a link without what asks for a language.
fn without_language(query: &str) -> Cow<'_, str> {
    if !query.contains("lang=") {
        return query.into();
    }
    query.split('&').filter(|part| !part.starts_with("lang=")).collect::<Vec<_>>().join("&").into()
}

/// A link in which something is still missing.
pub(super) struct Around {
    pub(super) before: Html<'static>,
    pub(super) after: Html<'static>,
}

/// The language that `request` is answered in, and whether a link asked for it.
#[must_use]
pub fn language<State>(request: &tide::Request<State>) -> (&'static Language, bool) {
    let (wanted, is_chosen) = wanted(request);
    (wanted.unwrap_or_else(Language::fallback), is_chosen)
}

/// The language that the reader wants, and whether a link asked for it.
fn wanted<State>(request: &tide::Request<State>) -> (Option<&'static Language>, bool) {
    let query = request.url().query().unwrap_or_default();
    let asked = query.split('&').find_map(|part| part.strip_prefix("lang=")).and_then(Language::asked_for);
    if asked.is_some() {
        return (asked, true);
    }
    let header = request.header(headers::ACCEPT_LANGUAGE);
    (header.and_then(|values| Language::accepted(values.as_str())), false)
}
