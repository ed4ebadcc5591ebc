//! `/api/v1/invites` and `/api/v1/invites/{id}`.

use schemars::JsonSchema;
use serde::Deserialize;
use tide::Response;
use tide::http::headers;

use super::call::{Call, json};
use super::fields::{self, Body};
use super::rules;
use super::view::{InviteList, InviteView};
use crate::config::Scope;
use crate::config::value::Span;
use crate::desk::{Issued, Repeat};
use crate::invite::name::{HostName, KeyId, Username};
use crate::invite::policy::{Minting, Order, Wrong};
use crate::invite::{Change, Invite, InviteId, KindName, Source, Status};
use crate::ledger::{Answer, Filter};
use crate::problem::Problem;

/// Where invites are, below the prefix.
pub const PATH: &str = "/api/v1/invites";

/// The most invites of one request.
pub const MAX_COUNT: u32 = 1_000;
/// The most invites of one page.
pub const MAX_PAGE: u32 = 500;
const DEFAULT_PAGE: u32 = 100;

/// What to make. Everything that is left out has a default.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("allOf" = rules::of_new_invite()))]
pub struct NewInvite {
    /// For which domain; need not be named where there is only one.
    #[schemars(extend("format" = "host"))]
    host: Option<String>,
    /// Follows from `contact` and `reset`; if it is given, it must agree with them.
    kind: Option<KindName>,
    /// Binds the invite to that user name, and reserves it.
    #[schemars(extend("format" = "username"))]
    username: Option<String>,
    /// A JID on the host: the new account and it become each other's contacts.
    #[schemars(extend("format" = "contact"))]
    contact: Option<String>,
    /// A user name: a password reset instead of a sign-up.
    #[schemars(extend("format" = "username"))]
    reset: Option<String>,
    /// Groups of the new account.
    #[schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL)))]
    groups: Vec<String>,
    /// Roles of the new account.
    #[schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL)))]
    roles: Vec<String>,
    /// How often it may be redeemed; 1 if it is not given.
    #[schemars(range(min = 1, max = 10_000))]
    uses: Option<u32>,
    /// How long it is good, such as `3d`.
    #[schemars(extend("format" = "span"))]
    ttl: Option<Span>,
    /// A remark for admins.
    #[schemars(length(max = 1_000))]
    note: Option<String>,
    /// Who invites, in words.
    #[schemars(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL))]
    inviter: Option<String>,
    /// Also mint the in-app token now, where the host's server has its own.
    uri: bool,
    /// So many alike; the answer is a list then.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    count: Option<u32>,
}

impl NewInvite {
    /// What is wrong with it by itself.
    fn check(&self) -> Result<(), Problem> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &'static str, reason: &str| {
            wrong.push(Wrong { field: field.into(), reason: reason.into() });
        };
        let follows = match (&self.contact, &self.reset) {
            (_, Some(_)) => KindName::Reset,
            (Some(_), None) => KindName::Contact,
            (None, None) => KindName::Account,
        };
        match self.kind {
            Some(KindName::Contact) if self.contact.is_none() => refuse("contact", "expected with kind contact"),
            Some(KindName::Reset) if self.reset.is_none() => refuse("reset", "expected with kind reset"),
            Some(kind) if kind != follows => refuse("kind", "expected what follows from contact and reset"),
            _ => {}
        }
        if self.count.is_some_and(|count| !(1..=MAX_COUNT).contains(&count)) {
            refuse("count", "expected 1 to 1000");
        }
        if wrong.is_empty() { Ok(()) } else { Err(Problem::Fields(wrong)) }
    }
}

/// Makes invites.
///
/// # Errors
/// Nothing was made.
pub async fn create(mut call: Call) -> Result<Response, Problem> {
    let body = Body::take(&mut call.request).await?;
    let wanted: NewInvite = body.read()?;
    wanted.check()?;
    let order = Order {
        username: wanted.username,
        contact: wanted.contact,
        reset: wanted.reset,
        uses: wanted.uses,
        ttl: wanted.ttl.map(|span| span.0),
        groups: wanted.groups,
        roles: wanted.roles,
        note: wanted.note,
        inviter: wanted.inviter,
        minting: if wanted.uri { Minting::IfPossible } else { Minting::Later },
    };
    let (now, is_list) = (call.now, wanted.count.is_some());
    let count = usize::try_from(wanted.count.unwrap_or(1)).unwrap_or(usize::MAX);
    let answer = move |issued: Vec<Issued>| {
        let mut invites: Vec<_> = issued.into_iter().map(|issued| InviteView::new(issued, now)).collect();
        let text = match invites.pop() {
            Some(only) if !is_list => serde_json::to_vec(&only),
            last => {
                invites.extend(last);
                serde_json::to_vec(&InviteList { invites, next_cursor: None })
            }
        };
        // Views hold nothing that JSON has no form for.
        text.unwrap_or_default()
    };
    let idempotency_key = idempotency_key(&call)?;
    let parts = [call.key.id.as_str(), PATH, idempotency_key.as_deref().unwrap_or_default()];
    let repeat = idempotency_key.as_ref().map(|_| Repeat {
        parts: &parts,
        body: body.bytes(),
        answer: Box::new(answer) as Box<dyn FnOnce(Vec<Issued>) -> Vec<u8> + Send>,
    });
    let desk = call.desk();
    let host = wanted.host.as_deref();
    let bytes = match desk.issue_once(Some(&call.key), host, &order, count, repeat, now).await? {
        Answer::New(issued) => answer(issued),
        Answer::Before(bytes) => bytes,
    };
    let mut response = Response::new(201);
    response.insert_header(headers::LOCATION, location(&call, &bytes)?);
    response.set_body(bytes);
    response.set_content_type("application/json");
    Ok(response)
}

/// Where the invite is that was made, or the first of them.
fn location(call: &Call, answer: &[u8]) -> Result<String, Problem> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Made {
        One { id: String },
        List { invites: Vec<One> },
    }
    #[derive(Deserialize)]
    struct One {
        id: String,
    }
    let made = serde_json::from_slice(answer).map_err(|error| Problem::Internal(error.to_string()))?;
    let id = match made {
        Made::One { id } => Some(id),
        Made::List { mut invites } => invites.drain(..).next().map(|one| one.id),
    };
    let base = call.desk().settings().public_url.as_ref().map_or("/", |url| url.base());
    Ok(format!("{}{PATH}/{}", base.trim_end_matches('/'), id.unwrap_or_default()))
}

/// The `Idempotency-Key` of a call (draft-ietf-httpapi-idempotency-key-header).
///
/// # Errors
/// When it is none.
pub(super) fn idempotency_key(call: &Call) -> Result<Option<String>, Problem> {
    let Some(values) = call.request.header("Idempotency-Key") else { return Ok(None) };
    let mut values = values.iter().map(|value| value.as_str().trim());
    let is_printable = |value: &str| value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    match (values.next(), values.next()) {
        (Some(value), None) if (1..=255).contains(&value.len()) && is_printable(value) => Ok(Some(value.to_owned())),
        _ => Err(Problem::BadRequest("Idempotency-Key must be one value of 1 to 255 printable ASCII characters.")),
    }
}

/// Which invites to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Query {
    /// Of this domain.
    #[schemars(extend("format" = "host"))]
    host: Option<String>,
    /// In this state.
    status: Option<Status>,
    /// Of this kind.
    kind: Option<KindName>,
    /// Made by the key with this id.
    #[schemars(with = "Option<String>", extend("format" = "key-id"))]
    key: Option<KeyId>,
    /// Bound to this user name.
    #[schemars(with = "Option<String>", extend("format" = "username"))]
    username: Option<Username>,
    /// At most so many; 100 if it is not given.
    #[schemars(range(min = 1, max = MAX_PAGE))]
    limit: Option<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    #[schemars(with = "Option<String>", extend("format" = "cursor"))]
    cursor: Option<Cursor>,
}

/// Where a page begins. Whoever gets one is to give it back as it is.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "String")]
struct Cursor(InviteId);

impl TryFrom<String> for Cursor {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let id = text.strip_prefix('c').and_then(|id| id.parse().ok());
        id.map(Self).ok_or("expected next_cursor of the page before")
    }
}

/// Lists invites, newest first. A page stays right while invites are made: new ones come before the first page.
///
/// # Errors
/// When the query is wrong, or the ledger cannot be read.
pub async fn list(call: Call) -> Result<Response, Problem> {
    let query: Query = fields::query(&call.request, &["limit"])?;
    let limit = query.limit.unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        let reason = format!("expected 1 to {MAX_PAGE}");
        return Err(Problem::Fields(vec![Wrong { field: "limit".into(), reason }]));
    }
    let mut hosts = call.key.settings.hosts.clone();
    if let Some(named) = &query.host {
        // A host that the key has nothing to do with has no invites for it, whether or not there is one.
        let host = named.parse::<HostName>().ok().filter(|host| call.key.allows_host(host));
        hosts = Some(host.into_iter().collect());
    }
    let filter = Filter {
        hosts,
        status: query.status,
        kind: query.kind,
        source: query.key.map(Source::Key),
        username: query.username,
        before: query.cursor.map(|cursor| cursor.0),
        limit: Some(limit + 1),
    };
    let mut invites = call.desk().list(filter, call.now).await?;
    let is_last = invites.len() <= limit as usize;
    invites.truncate(limit as usize);
    let next_cursor = invites.last().filter(|_| !is_last).map(|invite| format!("c{}", invite.id));
    let invites = invites.into_iter().map(|invite| view(&call, invite)).collect::<Result<_, _>>()?;
    json(200, &InviteList { invites, next_cursor })
}

/// Shows an invite, with its redemptions.
///
/// # Errors
/// When there is none that the key may know of.
pub async fn get(call: Call) -> Result<Response, Problem> {
    let invite = call.desk().find(&call.key, id(&call)?).await?.ok_or(Problem::NotFound)?;
    let invite = call.desk().refresh(invite, call.now).await?;
    json(200, &view(&call, invite)?)
}

/// What is to be different of an invite. What is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct InviteChange {
    /// Another remark; null for none.
    #[serde(deserialize_with = "fields::text_or_null")]
    #[schemars(with = "Option<String>", length(max = 1_000))]
    note: Option<String>,
    /// Another end, at most the key's `max_ttl` from now.
    #[serde(deserialize_with = "fields::time")]
    #[schemars(with = "Option<String>", extend("format" = "soon"))]
    expires_at: Option<jiff::Timestamp>,
    /// Another number of uses, at least as many as are spent.
    #[schemars(range(min = 1, max = 10_000))]
    uses: Option<u32>,
    /// Takes the invite back, or gives it again.
    status: Option<NewStatus>,
}

/// A state that an invite can be put into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewStatus {
    /// It can be redeemed, if it has uses left and has not expired.
    Pending,
    /// It cannot be redeemed any more.
    Revoked,
}

/// Changes an invite.
///
/// # Errors
/// Nothing was changed.
pub async fn change(mut call: Call) -> Result<Response, Problem> {
    let id = id(&call)?;
    let wanted: InviteChange = Body::take(&mut call.request).await?.read()?;
    let change = Change {
        note: wanted.note,
        expires_at: wanted.expires_at,
        uses: wanted.uses,
        revoked: wanted.status.map(|status| status == NewStatus::Revoked),
    };
    let invite = call.desk().amend(&call.key, id, change, call.now).await?;
    json(200, &view(&call, invite)?)
}

/// Revokes an invite. What is not pending any more stays as it is.
///
/// # Errors
/// When there is none that the key may know of.
pub async fn revoke(call: Call) -> Result<Response, Problem> {
    let id = id(&call)?;
    call.desk().find(&call.key, id).await?.ok_or(Problem::NotFound)?;
    call.desk().revoke(vec![id], call.now).await?;
    Ok(Response::new(204))
}

fn id(call: &Call) -> Result<InviteId, Problem> {
    call.request.param("id").ok().and_then(|id| id.parse().ok()).ok_or(Problem::NotFound)
}

/// An invite for the caller: with its secrets if the key could make one like it.
fn view(call: &Call, invite: Invite) -> Result<InviteView, Problem> {
    let view = InviteView::new(call.desk().issued(invite)?, call.now);
    Ok(if call.key.settings.allow.contains(&Scope::Create) { view } else { view.without_secrets() })
}
