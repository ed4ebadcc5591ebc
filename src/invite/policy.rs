//! What may be asked for: the one place that says what is wrong with a request, of every field at once and in its own words.

pub mod mail;
mod uses;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::field::{FieldError, FieldErrorKind, FieldErrors, Given};
use super::name::{Account, HostName, Jid, MAX_NEW_NAME_BYTES, NameError, Username};
use super::redemption::Change;
use super::request::{ChangeRequest, InviteRequest, RedeemRequest, WHICH_HOST};
use super::text::{is_control, turns_text};
use super::{Draft, Invite, Kind, KindName, Source};
pub use uses::{MAX_COUNT, MAX_USES, whole_number};

/// A password reset lives this long by default.
pub const RESET_TTL: Duration = Duration::from_hours(24);
const MAX_NOTE_CHARS: usize = 1_000;
const NOTE_EXPECTED: &str = "expected at most 1000 characters, without NUL and bidirectional controls";
const MAX_LIST: usize = 32;
const MAX_WORD_CHARS: usize = 128;
/// What the name of a kind is to be.
pub const KIND_EXPECTED: &str = "expected account, contact or reset";

/// What bounds a request: the limits of the host and of whoever asks, already brought together.
#[derive(Clone, Debug)]
pub struct Bounds<'a> {
    /// The host that is meant; none where what was given can be none, or nothing was and there are several.
    pub host: Option<HostRules<'a>>,
    /// Who asks.
    pub source: Source,
    /// Default lifetime.
    pub ttl: Duration,
    /// Longest lifetime.
    pub max_ttl: Duration,
    /// Most uses.
    pub max_uses: u32,
    /// Whether mail can be sent.
    pub has_mail: bool,
}

/// What bounds invites of one host.
#[derive(Clone, Copy, Debug)]
pub struct HostRules<'a> {
    /// Which.
    pub name: &'a HostName,
    /// Names that no invite may claim.
    pub reserved: &'a BTreeSet<Username>,
    /// Its XMPP server, if it has one.
    pub server: Option<ServerRules>,
}

/// What an XMPP server can give to whoever redeems an invite: better refused now than promised.
#[derive(Clone, Copy, Debug)]
pub struct ServerRules {
    /// The kind of its backend.
    pub kind: &'static str,
    /// Contacts.
    pub contacts: bool,
    /// New passwords.
    pub resets: bool,
    /// Groups and roles.
    pub groups: bool,
    /// Whether it takes a name as it is.
    pub keeps: fn(&Username) -> bool,
}

/// A length of time in the largest unit up to days that divides it: `7d`, not `1week`.
#[must_use]
pub fn span_text(span: Duration) -> String {
    if span.subsec_nanos() != 0 {
        return format!("{}ms", span.as_millis());
    }
    match span.as_secs() {
        s if s % 86_400 == 0 => format!("{}d", s / 86_400),
        s if s % 3_600 == 0 => format!("{}h", s / 3_600),
        s if s % 60 == 0 => format!("{}m", s / 60),
        s => format!("{s}s"),
    }
}

fn note(errors: &mut FieldErrors, note: &Given<String>) -> Option<String> {
    // PostgreSQL has no place for NUL. A note may have several lines.
    let fits = |note: &String| note.chars().count() <= MAX_NOTE_CHARS && !note.contains(|c| c == '\0' || turns_text(c));
    errors.read("note", note, NOTE_EXPECTED, |note| fits(note).then(|| note.clone()))
}

/// Turns a request for invites into a draft of each of them.
///
/// # Errors
/// Every field that is wrong.
pub fn validate(request: &InviteRequest, bounds: &Bounds<'_>, now: Timestamp) -> Result<Draft, Vec<FieldError>> {
    let mut errors = FieldErrors::from(request.errors.as_slice());
    if bounds.host.is_none() {
        errors.refuse("host", if request.host.is_absent() { WHICH_HOST.into() } else { NameError::Host.to_string() });
    }
    let kind = kind(&mut errors, request, bounds);
    let (uses, expires_at) =
        (uses::of_new(&mut errors, request, bounds.max_uses), expires_at(&mut errors, request, bounds, now));

    uses::check_count(&mut errors, request, &kind);
    errors.read("uri", &request.minting, "expected true or false", |minting| Some(*minting));
    mail::delivery(&mut errors, request, bounds.has_mail);

    let note = note(&mut errors, &request.note);
    let is_word =
        |word: &String| !word.is_empty() && word.chars().count() <= MAX_WORD_CHARS && !word.chars().any(is_control);
    let expected = format!("expected 1 to {MAX_WORD_CHARS} characters, without control characters");
    let inviter =
        errors.read("inviter", &request.inviter, expected, |inviter| is_word(inviter).then(|| inviter.clone()));
    let [groups, roles] = [("groups", &request.groups), ("roles", &request.roles)].map(|(field, given)| {
        let expected = format!(
            "expected at most {MAX_LIST} names of 1 to {MAX_WORD_CHARS} characters, without control characters"
        );
        let fits = |words: &Vec<String>| words.len() <= MAX_LIST && words.iter().all(is_word);
        errors.read(field, given, expected, |words| fits(words).then(|| words.clone())).unwrap_or_default()
    });
    let of_accounts = [("groups", &groups), ("roles", &roles)].into_iter().filter(|(_, names)| !names.is_empty());
    for (field, _) in of_accounts.filter(|_| !request.reset.is_absent()) {
        errors.refuse(field, "these are for a new account, and a password reset creates none");
    }
    if let Some(HostRules { name, server: Some(server), .. }) = bounds.host {
        for (field, what, is_wanted, is_had) in [
            ("contact", "contacts", !request.contact.is_absent(), server.contacts),
            ("reset", "new passwords", !request.reset.is_absent(), server.resets),
            ("groups", "groups", !groups.is_empty(), server.groups),
            ("roles", "roles", !roles.is_empty(), server.groups),
        ] {
            if is_wanted && !is_had {
                let kind = server.kind;
                errors.refuse(field, format!("{what} cannot be had on {name}: its backend is of kind {kind}"));
            }
        }
    }

    match (bounds.host, expires_at) {
        (Some(host), Some(expires_at)) if errors.is_empty() => Ok(Draft {
            inviter: inviter.or_else(|| kind.contact().map(ToString::to_string)),
            kind,
            host: host.name.clone(),
            uses,
            created_at: now,
            expires_at,
            groups,
            roles,
            note,
            source: bounds.source.clone(),
            app_token: None,
        }),
        _ => Err(errors.sorted()),
    }
}

/// What the invites lead to, as far as that can be told.
fn kind(errors: &mut FieldErrors, request: &InviteRequest, Bounds { host, source, .. }: &Bounds<'_>) -> Kind {
    let host = *host;
    let mut name = |field, given| errors.read_name(field, given, host.map(|host| host.name));
    let (username, reset) = (name("username", &request.username), name("reset", &request.reset));
    let contact = errors.read("contact", &request.contact, NameError::Jid.to_string(), |text| text.parse::<Jid>().ok());
    if let Some(host) = host {
        // An admin may have one of these names, and may need a new password.
        let reset = reset.as_ref().filter(|_| source != &Source::Cli);
        for (field, name) in [("username", username.as_ref()), ("reset", reset)] {
            if let Some(name) = name.filter(|name| host.reserved.contains(*name)) {
                let reason = format!("{name} is reserved on {}", host.name);
                errors.add(FieldError { kind: FieldErrorKind::Reserved, ..FieldError::new(field, reason) });
            }
        }
        if contact.as_ref().is_some_and(|contact| contact.host != *host.name) {
            errors.refuse("contact", format!("expected an address at {}", host.name));
        }
    }
    agree(errors, request);
    let names = [
        ("username", username.as_ref()),
        ("contact", contact.as_ref().map(|jid| &jid.user)),
        ("reset", reset.as_ref()),
    ];
    for (field, name) in names {
        if let (Some(name), Some(server)) = (name, host.and_then(|host| host.server))
            && !(server.keeps)(name)
        {
            let reason = format!(
                "{name} is not what an XMPP server makes of it (Nodeprep, RFC 6122 appendix A); choose another name, \
                 such as one with ss for ß"
            );
            errors.add(FieldError { kind: FieldErrorKind::NotForServer, ..FieldError::new(field, reason) });
        }
    }
    if let Some(name) =
        username.as_ref().filter(|name| name.is_long() && host.is_some_and(|host| host.server.is_some()))
    {
        let reason =
            format!("{name} is too long for a new account: expected at most {MAX_NEW_NAME_BYTES} bytes of UTF-8");
        errors.add(FieldError { kind: FieldErrorKind::NotForServer, ..FieldError::new("username", reason) });
    }
    match (reset, contact) {
        (Some(username), _) => Kind::Reset { username },
        (None, Some(contact)) => Kind::Contact { contact, username },
        (None, None) => Kind::Account { username },
    }
}

/// Whether the fields that make the kind agree with each other.
fn agree(errors: &mut FieldErrors, request: &InviteRequest) {
    let [is_contact, is_reset] = [&request.contact, &request.reset].map(|given| !given.is_absent());
    if is_reset && (is_contact || !request.username.is_absent()) {
        errors.refuse("reset", "a password reset has neither username nor contact");
    }
    let follows = match (is_contact, is_reset) {
        (_, true) => KindName::Reset,
        (true, false) => KindName::Contact,
        (false, false) => KindName::Account,
    };
    match errors.read("kind", &request.kind, KIND_EXPECTED, |kind| Some(*kind)) {
        Some(KindName::Contact) if !is_contact => errors.refuse("contact", "expected with kind contact"),
        Some(KindName::Reset) if !is_reset => errors.refuse("reset", "expected with kind reset"),
        Some(kind) if kind != follows => {
            errors.refuse("kind", format!("expected {}, which follows from contact and reset", follows.word()));
        }
        Some(_) | None => {}
    }
}

fn expires_at(
    errors: &mut FieldErrors,
    request: &InviteRequest,
    bounds: &Bounds<'_>,
    now: Timestamp,
) -> Option<Timestamp> {
    let usual = if request.reset.is_absent() { bounds.ttl } else { RESET_TTL.min(bounds.ttl) };
    let ttl = if request.ttl.is_absent() { Given::Is(usual.min(bounds.max_ttl)) } else { request.ttl };
    let expected = format!(
        "expected a duration such as \"90s\", \"10m\" or \"7d\", or a number of seconds, at most {}",
        span_text(bounds.max_ttl)
    );
    errors.read("ttl", &ttl, expected, |ttl| (*ttl <= bounds.max_ttl).then(|| after(now, *ttl)).flatten())
}

/// When so much time has passed, if there is such a time.
fn after(now: Timestamp, time: Duration) -> Option<Timestamp> {
    SignedDuration::try_from(time).ok().and_then(|time| now.checked_add(time).ok())
}

/// Turns a request to change `invite` into the change.
///
/// # Errors
/// Every field that is wrong.
pub fn validate_change(
    request: &ChangeRequest,
    invite: &Invite,
    bounds: &Bounds<'_>,
    now: Timestamp,
) -> Result<Change, Vec<FieldError>> {
    let mut errors = FieldErrors::from(request.errors.as_slice());
    let latest = after(now, bounds.max_ttl).unwrap_or(Timestamp::MAX);
    let expected =
        format!("expected a time such as \"2027-01-01T00:00:00Z\", in the future and {latest} at the latest");
    let change = Change {
        note: note(&mut errors, &request.note),
        expires_at: errors.read("expires_at", &request.expires_at, expected, |end| {
            // The ledger counts milliseconds.
            let end = Timestamp::from_millisecond(end.as_millisecond()).unwrap_or(*end);
            (end > now && end <= latest).then_some(end)
        }),
        uses: uses::read(&mut errors, request.uses, bounds.max_uses),
        revoked: errors.read("status", &request.revoked, "expected pending or revoked", |revoked| Some(*revoked)),
    };
    let mut changed = invite.clone();
    match change.clone().apply(&mut changed, now) {
        Err(error) => errors.add(error.into()),
        Ok(_) => uses::check_kept_alive(&mut errors, &change, changed.draft.uses, bounds.max_uses),
    }
    if errors.is_empty() { Ok(change) } else { Err(errors.sorted()) }
}

/// Turns a request to redeem a use into a token and whose account it is, if that is told.
///
/// # Errors
/// Every field that is wrong.
pub fn validate_redeem(request: &RedeemRequest) -> Result<(&str, Option<&Account>), Vec<FieldError>> {
    let mut errors = FieldErrors::from(request.errors.as_slice());
    let expected = "expected the user name of the account, or its address";
    errors.read("account", &request.account, expected, |_| Some(()));
    match request.token.value() {
        Some(token) if errors.is_empty() => Ok((token, request.account.value())),
        Some(_) => Err(errors.sorted()),
        None => {
            errors.refuse("token", "expected the token of a link");
            Err(errors.sorted())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invite::InviteId;
    use crate::invite::field::join;
    use crate::invite::tests::{draft, moment};

    const DAY: Duration = Duration::from_hours(24);

    fn now() -> Timestamp {
        moment("2026-01-01T00:00:00Z")
    }

    fn bounds(host: Option<HostRules<'_>>) -> Bounds<'_> {
        Bounds { host, source: Source::Cli, ttl: 7 * DAY, max_ttl: 30 * DAY, max_uses: 5, has_mail: true }
    }

    /// For a host with that server.
    fn try_draft(request: &InviteRequest, server: Option<ServerRules>) -> Result<Draft, Vec<FieldError>> {
        let reserved = BTreeSet::from(["admin".parse().unwrap()]);
        let name = "example.com".parse().unwrap();
        validate(request, &bounds(Some(HostRules { name: &name, reserved: &reserved, server })), now())
    }

    fn wrong(request: &InviteRequest) -> String {
        join(&try_draft(request, None).unwrap_err())
    }

    fn given(text: &str) -> Given<String> {
        Given::Is(text.into())
    }

    #[test]
    fn an_empty_request_takes_the_defaults() {
        let draft = try_draft(&InviteRequest::default(), None).unwrap();
        assert_eq!(draft.kind, Kind::Account { username: None });
        assert_eq!((draft.uses, draft.expires_at), (1, moment("2026-01-08T00:00:00Z")));
    }

    #[test]
    fn a_mail_has_one_address_one_link_and_a_language() {
        let mailed = |mail: &str| InviteRequest { mail: given(mail), ..InviteRequest::default() };
        let request = InviteRequest { language: Given::Is("de"), ..mailed("juliet@example.net") };
        assert!(try_draft(&request, None).is_ok());
        let to = "juliet@example.net".parse().unwrap();
        assert_eq!(mail::delivery_of(&request), Some(crate::invite::mail::Delivery { to, language: Some("de") }));
        assert_eq!(mail::delivery_of(&InviteRequest::default()), None);
        assert_eq!(
            wrong(&mailed("Juliet <juliet@example.net>")),
            "mail: expected one mail address such as \"juliet@example.com\", without a name beside it"
        );
        let many = InviteRequest { count: Given::Is(2), ..mailed("juliet@example.net") };
        assert_eq!(wrong(&many), "mail: a mail has one link: expected without `count`, or with `count` 1");
        let alone = InviteRequest { language: Given::Is("de"), ..InviteRequest::default() };
        assert_eq!(wrong(&alone), "language: it is the language of a mail: expected with `mail`");
        let unknown = InviteRequest { language: Given::Malformed, ..mailed("juliet@example.net") };
        assert!(wrong(&unknown).starts_with("language: expected a language of the pages, such as \"de\""));
        let (name, reserved) = ("example.com".parse().unwrap(), BTreeSet::new());
        let rules = HostRules { name: &name, reserved: &reserved, server: None };
        let none = Bounds { has_mail: false, ..bounds(Some(rules)) };
        let errors = validate(&mailed("juliet@example.net"), &none, now()).unwrap_err();
        assert_eq!(join(&errors), "mail: no mail is sent here: the configuration has no [mail]");
        assert_eq!(errors[0].kind, FieldErrorKind::NotForServer);
    }

    #[test]
    fn a_reset_lives_a_day() {
        let draft = try_draft(&InviteRequest { reset: given("Romeo"), ..InviteRequest::default() }, None).unwrap();
        assert_eq!(draft.kind, Kind::Reset { username: "romeo".parse().unwrap() });
        assert_eq!(draft.expires_at, moment("2026-01-02T00:00:00Z"));
    }

    /// So that no name reads as another where a page, an app or a terminal shows it.
    #[test]
    fn characters_that_turn_text_are_refused_in_every_field() {
        for c in
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
        {
            let text = || given(&format!("ro{c}meo"));
            let words = || Given::Is(vec![format!("ro{c}meo")]);
            let empty = InviteRequest::default;
            let address = || given(&format!("ro{c}meo@example.com"));
            for (field, request) in [
                ("username", InviteRequest { username: text(), ..empty() }),
                ("reset", InviteRequest { reset: text(), ..empty() }),
                ("contact", InviteRequest { contact: address(), ..empty() }),
                ("inviter", InviteRequest { inviter: text(), ..empty() }),
                ("note", InviteRequest { note: text(), ..empty() }),
                ("groups", InviteRequest { groups: words(), ..empty() }),
                ("roles", InviteRequest { roles: words(), ..empty() }),
            ] {
                let errors = try_draft(&request, None).unwrap_err();
                let fields: Vec<_> = errors.iter().map(|error| &*error.field).collect();
                assert_eq!(fields, [field], "{c:?}");
            }
            assert!(format!("exam{c}ple.com").parse::<HostName>().is_err(), "{c:?}");
        }
        // Letters that are written from right to left are letters, and lines of a note are lines.
        let request = InviteRequest {
            inviter: given("\u{5e9}\u{5dc}\u{5d5}\u{5dd}"),
            note: given("a\nb"),
            ..InviteRequest::default()
        };
        assert!(try_draft(&request, None).is_ok());
    }

    #[test]
    fn who_becomes_a_contact_invites() {
        let contact = given("Romeo@example.com");
        let request = InviteRequest { contact: contact.clone(), ..InviteRequest::default() };
        assert_eq!(try_draft(&request, None).unwrap().inviter.as_deref(), Some("romeo@example.com"));
        let request = InviteRequest { contact, inviter: given("Romeo"), ..InviteRequest::default() };
        assert_eq!(try_draft(&request, None).unwrap().inviter.as_deref(), Some("Romeo"));
    }

    #[test]
    fn every_field_that_is_out_of_bounds_is_named_at_once() {
        let request = InviteRequest {
            kind: Given::Is(KindName::Account),
            username: given("ADMIN"),
            contact: given("romeo@elsewhere.example"),
            uses: Given::Is(6),
            ttl: Given::Is(31 * DAY),
            groups: Given::Is(vec![String::new()]),
            roles: Given::Is(vec!["a\nb".into()]),
            note: Given::Is("x".repeat(1_001)),
            inviter: given(""),
            count: Given::Is(1_001),
            errors: vec![FieldError::new("colour", "unknown")],
            ..InviteRequest::default()
        };
        assert_eq!(
            wrong(&request),
            "colour: unknown; contact: expected an address at example.com; count: expected a whole number from 1 to 1000; \
             groups: expected at most 32 names of 1 to 128 characters, without control characters; \
             inviter: expected 1 to 128 characters, without control characters; \
             kind: expected contact, which follows from contact and reset; \
             note: expected at most 1000 characters, without NUL and bidirectional controls; \
             roles: expected at most 32 names of 1 to 128 characters, without control characters; \
             ttl: expected a duration such as \"90s\", \"10m\" or \"7d\", or a number of seconds, at most 30d; \
             username: admin is reserved on example.com; uses: expected at most 5, which is the key's max_uses; more is \
             given where the key is declared, or by --max-uses when it is created by command"
        );
    }

    #[test]
    fn every_field_that_cannot_be_read_is_named_at_once_and_none_follows_from_it() {
        let request = InviteRequest {
            host: Given::Malformed,
            kind: Given::Malformed,
            username: Given::Malformed,
            contact: Given::Malformed,
            reset: Given::Malformed,
            uses: Given::Malformed,
            ttl: Given::Malformed,
            groups: Given::Malformed,
            roles: Given::Malformed,
            note: Given::Malformed,
            inviter: Given::Malformed,
            minting: Given::Malformed,
            count: Given::Malformed,
            mail: Given::Malformed,
            language: Given::Malformed,
            idempotency: None,
            errors: vec![],
        };
        let errors = validate(&request, &bounds(None), now()).unwrap_err();
        assert_eq!(
            join(&errors),
            "contact: expected an address such as \"romeo@example.com\"; \
             count: expected a whole number from 1 to 1000; \
             groups: expected at most 32 names of 1 to 128 characters, without control characters; \
             host: expected a domain such as \"example.com\"; \
             inviter: expected 1 to 128 characters, without control characters; \
             kind: expected account, contact or reset; \
             language: expected a language of the pages, such as \"de\"; docs/languages.md lists them; \
             mail: expected one mail address such as \"juliet@example.com\", without a name beside it; \
             note: expected at most 1000 characters, without NUL and bidirectional controls; \
             reset: expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @; \
             roles: expected at most 32 names of 1 to 128 characters, without control characters; \
             ttl: expected a duration such as \"90s\", \"10m\" or \"7d\", or a number of seconds, at most 30d; \
             uri: expected true or false; \
             username: expected a user name: letters, digits and . _ - without blanks or any of \" & ' / : < > @; \
             uses: expected a whole number from 1 to 5"
        );
        let request =
            InviteRequest { kind: Given::Is(KindName::Reset), reset: Given::Malformed, ..InviteRequest::default() };
        assert!(wrong(&request).starts_with("reset: expected a user name"), "{}", wrong(&request));
    }

    #[test]
    fn an_address_on_the_host_is_a_name() {
        let name = |request: &InviteRequest| try_draft(request, None).unwrap().kind.username().map(Username::to_string);
        let named = |text| InviteRequest { username: given(text), ..InviteRequest::default() };
        let reset = |text| InviteRequest { reset: given(text), ..InviteRequest::default() };
        assert_eq!(name(&named("Alice@Example.COM")).as_deref(), Some("alice"));
        assert_eq!(name(&reset("alice@example.com")).as_deref(), Some("alice"));
        for (field, request) in [("username", named("alice@example.org")), ("reset", reset("alice@example.org"))] {
            let errors = try_draft(&request, None).unwrap_err();
            let expected = format!("{field}: expected a user name, or an address at example.com");
            assert_eq!((join(&errors), errors[0].kind), (expected, FieldErrorKind::NotForServer));
        }
        for no_address in ["alice@", "@example.com", "alice@example.com/phone"] {
            assert!(wrong(&named(no_address)).starts_with("username: expected a user name: letters"), "{no_address}");
        }
        assert_eq!(wrong(&named("admin@example.com")), "username: admin is reserved on example.com");
    }

    #[test]
    fn an_invite_for_one_account_has_one_use() {
        let request = InviteRequest { username: given("alice"), uses: Given::Is(2), ..InviteRequest::default() };
        assert_eq!(wrong(&request), "uses: an invite for one account has one use");
        let request = InviteRequest { username: given("alice"), count: Given::Is(2), ..InviteRequest::default() };
        assert_eq!(wrong(&request), "count: several invites cannot reserve the same name");
        let request = InviteRequest { reset: given("alice"), username: given("bob"), ..InviteRequest::default() };
        assert_eq!(wrong(&request), "reset: a password reset has neither username nor contact");
    }

    #[test]
    fn a_password_reset_gives_nothing_to_a_new_account() {
        let reset = |groups: &[&str], roles: &[&str]| {
            let [groups, roles] =
                [groups, roles].map(|words| Given::Is(words.iter().map(|word| (*word).to_owned()).collect()));
            InviteRequest { reset: given("alice"), groups, roles, ..InviteRequest::default() }
        };
        let none = "these are for a new account, and a password reset creates none";
        assert_eq!(wrong(&reset(&["friends"], &["prosody:admin"])), format!("groups: {none}; roles: {none}"));
        assert!(try_draft(&reset(&[], &[]), None).is_ok());
    }

    #[test]
    fn what_the_server_cannot_give_is_named_with_the_rest() {
        let keeps = |name: &Username| !name.as_str().contains('ß');
        let server = ServerRules { kind: "xmpp", contacts: false, resets: false, groups: false, keeps };
        let request = InviteRequest {
            contact: given("romeo@example.com"),
            username: given("heß"),
            groups: Given::Is(vec!["friends".into()]),
            uses: Given::Is(0),
            ..InviteRequest::default()
        };
        let errors = try_draft(&request, Some(server)).unwrap_err();
        let kinds: Vec<_> = errors.iter().map(|error| (&*error.field, error.kind)).collect();
        assert_eq!(
            kinds,
            [
                ("contact", FieldErrorKind::Invalid),
                ("groups", FieldErrorKind::Invalid),
                ("username", FieldErrorKind::NotForServer),
                ("uses", FieldErrorKind::Invalid)
            ]
        );
        assert_eq!(errors[0].reason, "contacts cannot be had on example.com: its backend is of kind xmpp");
        let plain = InviteRequest { username: given("hess"), ..InviteRequest::default() };
        assert!(try_draft(&plain, Some(server)).is_ok());
    }

    #[test]
    fn only_the_command_line_resets_the_password_of_a_reserved_name() {
        let (name, reserved) = ("example.com".parse().unwrap(), BTreeSet::from(["admin".parse().unwrap()]));
        let rules = HostRules { name: &name, reserved: &reserved, server: None };
        let request = InviteRequest { reset: given("Admin"), ..InviteRequest::default() };
        let by = |source| {
            validate(&request, &Bounds { source, ..bounds(Some(rules)) }, now()).map_err(|errors| join(&errors))
        };
        assert!(by(Source::Cli).is_ok());
        assert_eq!(by(Source::Key("site".parse().unwrap())).unwrap_err(), "reset: admin is reserved on example.com");
    }

    #[test]
    fn what_has_more_uses_than_may_be_given_is_not_kept_alive() {
        let mut invite = Invite::from((InviteId::after(None, now(), 0), draft()));
        invite.draft.uses = 6;
        let may = |request: ChangeRequest| match validate_change(&request, &invite, &bounds(None), now()) {
            Ok(_) => true,
            Err(errors) => {
                assert!(
                    join(&errors).starts_with("uses: expected at most 5, which is the key's max_uses"),
                    "{errors:?}"
                );
                false
            }
        };
        let later = Given::Is(now() + SignedDuration::from_hours(1));
        let none = ChangeRequest::default;
        assert!(may(none()) && may(ChangeRequest { revoked: Given::Is(true), note: given("x"), ..none() }));
        assert!(!may(ChangeRequest { revoked: Given::Is(false), ..none() }));
        assert!(!may(ChangeRequest { expires_at: later, ..none() }));
        assert!(may(ChangeRequest { expires_at: later, revoked: Given::Is(false), uses: Given::Is(5), ..none() }));
    }

    #[test]
    fn every_field_of_a_change_is_judged_at_once() {
        let mut invite = Invite::from((InviteId::after(None, now(), 0), draft()));
        invite.used = 2;
        let wrong =
            |request: &ChangeRequest| join(&validate_change(request, &invite, &bounds(None), now()).unwrap_err());
        let request = ChangeRequest {
            note: Given::Malformed,
            expires_at: Given::Is(now()),
            uses: Given::Is(6),
            revoked: Given::Malformed,
            errors: vec![FieldError::new("host", "unknown")],
        };
        assert_eq!(
            wrong(&request),
            "expires_at: expected a time such as \"2027-01-01T00:00:00Z\", in the future and 2026-01-31T00:00:00Z at the \
             latest; host: unknown; note: expected at most 1000 characters, without NUL and bidirectional controls; \
             status: expected pending or revoked; uses: expected at most 5, which is the key's max_uses; more is given where \
             the key is declared, or by --max-uses when it is created by command"
        );
        let request = ChangeRequest { uses: Given::Is(1), note: Given::Malformed, ..ChangeRequest::default() };
        assert_eq!(
            wrong(&request),
            "note: expected at most 1000 characters, without NUL and bidirectional controls; uses: expected at least 2: so many are spent already"
        );
        let request = ChangeRequest { uses: Given::Is(3), revoked: Given::Is(true), ..ChangeRequest::default() };
        let change = Change { uses: Some(3), revoked: Some(true), ..Change::default() };
        assert_eq!(validate_change(&request, &invite, &bounds(None), now()), Ok(change));
    }

    #[test]
    fn a_token_is_needed_to_redeem() {
        let wrong = |request: &RedeemRequest| join(&validate_redeem(request).unwrap_err());
        let request = RedeemRequest { account: Given::Malformed, ..RedeemRequest::default() };
        assert_eq!(
            wrong(&request),
            "account: expected the user name of the account, or its address; token: expected the token of a link"
        );
        let request = RedeemRequest { token: given("x"), errors: vec![FieldError::new("who", "unknown")], ..request };
        assert_eq!(wrong(&request), "account: expected the user name of the account, or its address; who: unknown");
        let request = RedeemRequest { token: given("x"), ..RedeemRequest::default() };
        assert_eq!(validate_redeem(&request), Ok(("x", None)));
    }
}
