//! `/api/v1/invites` and `/api/v1/invites/{id}`.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use tide::Response;
use tide::http::headers;

use super::call::{Call, json};
use super::cursor::{Cursor, NoCursor};
use super::fields::{self, Body, Ttl};
use super::permit::permit;
use super::rules;
use super::view::{Created, InviteList, InviteView};
use crate::config::LanguageTag;
use crate::desk::Caller;
use crate::desk::invites::may_have_token;
use crate::invite::field::{FieldError, FieldErrors, Given};
use crate::invite::name::{HostName, KeyId, NameError};
use crate::invite::policy::{KIND_EXPECTED, MAX_COUNT, MAX_USES, whole_number};
use crate::invite::request::{ChangeRequest, Idempotency, InviteRequest, Minting};
use crate::invite::{Invite, InviteId, KindName, Source, Status, inviter};
use crate::ledger::{Filter, ListedInvites};
use crate::problem::Problem;

/// Where invites are, below the prefix.
pub const PATH: &str = "/api/v1/invites";

/// The most invites of one page.
pub const MAX_PAGE: u32 = 500;
/// How many there are on one if that is not said.
pub const DEFAULT_PAGE: u32 = 100;

/// What to create. Everything that is left out, or null, has a default.
///
/// - With `reset` there is neither `username` nor `contact`, nor are there `groups` and `roles`, and `uses` is 1.
/// - With `username`, `uses` is 1 and so is `count`.
/// - With `mail`, `count` is 1 and `inviter` has no link in it (`//` or `www.`); `language` is given with `mail` alone.
/// - `kind` is `reset` with `reset`, `contact` with `contact`, and `account` with neither.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("examples" = [json!({ "inviter": "Anna", "note": "Anna's friend", "ttl": "3d" })]))]
pub struct NewInvite {
    /// For which domain; need not be named where there is only one.
    #[schemars(extend("format" = "host"))]
    host: Given<String>,
    /// Follows from `contact` and `reset`; need not be given.
    kind: Given<KindName>,
    /// Binds the invite to that user name, or the one of that address on the host, and reserves it.
    #[schemars(extend("format" = "username"))]
    username: Given<String>,
    /// A JID on the host: the new account and it become each other's contacts. Needs the scope `contact`, too.
    #[schemars(extend("format" = "contact"))]
    contact: Given<String>,
    /// A user name, or an address on the host: a password reset instead of a sign-up. Needs the scope `reset`.
    #[schemars(extend("format" = "username"))]
    reset: Given<String>,
    /// Groups of the new account. Needs the scope `roles`, too.
    #[schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL)))]
    groups: Given<Vec<String>>,
    /// Roles of the new account. Needs the scope `roles`, too.
    #[schemars(length(max = 32), inner(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL)))]
    roles: Given<Vec<String>>,
    /// How often it may be redeemed, at most the key's `max_uses`; 1 if it is not given.
    #[schemars(range(min = 1, max = MAX_USES))]
    uses: Given<u32>,
    /// Its lifetime, such as `3d`, or in seconds.
    ttl: Given<Ttl>,
    /// A remark for admins.
    #[schemars(length(max = 1_000), regex(pattern = rules::NO_TURNING))]
    note: Given<String>,
    /// Who invites, in words.
    #[schemars(length(min = 1, max = 128), regex(pattern = rules::NO_CONTROL))]
    inviter: Given<String>,
    /// Also mint the in-app token now, where the host's server has its own.
    uri: Given<bool>,
    /// A mail address that the link is sent to. Needs the scope `mail`, too.
    #[schemars(length(max = 254), extend("format" = "mail"))]
    mail: Given<String>,
    /// The language of that mail; the host's if it is not given.
    language: Given<LanguageTag>,
    /// So many alike; the answer is a list then.
    #[schemars(range(min = 1, max = MAX_COUNT))]
    count: Given<u32>,
}

impl NewInvite {
    /// The same for the desk; `errors` are what was wrong beside its fields.
    fn request(self, idempotency: Option<Idempotency>, errors: Vec<FieldError>) -> InviteRequest {
        InviteRequest {
            host: self.host,
            kind: self.kind,
            username: self.username,
            contact: self.contact,
            reset: self.reset,
            uses: self.uses,
            ttl: self.ttl.map(|ttl| ttl.0),
            groups: self.groups,
            roles: self.roles,
            note: self.note,
            inviter: self.inviter,
            minting: self.uri.map(|uri| if uri { Minting::IfPossible } else { Minting::Later }),
            count: self.count,
            mail: self.mail,
            language: self.language.map(|tag| tag.0),
            idempotency,
            errors,
        }
    }
}

/// Creates invites.
///
/// # Errors
/// Nothing was created.
pub async fn create(mut call: Call) -> Result<Response, Problem> {
    let body = Body::take(&mut call.request).await?;
    let (wanted, errors): (NewInvite, _) = body.read()?;
    let is_list = !wanted.count.is_absent();
    let request = wanted.request(call.idempotency(PATH, body).await?, errors);
    let _permit = if is_list { Some(permit().await?) } else { None };
    let created = call.desk().invites.create(&Caller::Key(&call.key), &request, call.now).await;
    let answer = call.answered(created, request.idempotency.as_ref()).await?;
    let location = answer.value.first().map(|first| location(&call, &first.invite));
    let views = answer.value.into_iter().map(|created| InviteView::new(created, answer.at)).collect();
    let mut response = json(201, &Created::of(views, is_list))?;
    if let Some(location) = location {
        response.insert_header(headers::LOCATION, location);
    }
    Ok(response)
}

/// Where an invite is.
fn location(call: &Call, invite: &Invite) -> String {
    let base = call.request.state().settings.public_url_of(&invite.draft.host).map_or("/", |url| url.base());
    format!("{}{PATH}/{}", base.trim_end_matches('/'), invite.id)
}

/// Which invites to list.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ListQuery {
    /// Of this domain.
    #[schemars(extend("format" = "host"))]
    host: Given<String>,
    /// In this state.
    status: Given<Status>,
    /// Of this kind.
    kind: Given<KindName>,
    /// Created by the key with this id.
    #[schemars(with = "Option<String>", extend("format" = "key-id"))]
    key: Given<KeyId>,
    /// Bound to this user name, or to that of this address.
    #[schemars(extend("format" = "username"))]
    username: Given<String>,
    /// Of this inviter: an address, whichever way it is known, or the text that was given as `inviter`.
    #[schemars(length(min = 1, max = inviter::MAX_CHARS), regex(pattern = rules::NO_CONTROL))]
    inviter: Given<String>,
    /// At most so many; 100 if it is not given.
    #[schemars(range(min = 1, max = MAX_PAGE))]
    limit: Given<u32>,
    /// Where the page begins: `next_cursor` of the page before.
    #[schemars(with = "Option<String>", extend("format" = "cursor"))]
    cursor: Given<Cursor>,
}

impl ListQuery {
    /// What to look for and how many of it, on one of `hosts`; `errors` are what was wrong beside its fields.
    fn filter(self, call: &Call, errors: &[FieldError]) -> Result<(Filter, u32), Problem> {
        let mut errors = FieldErrors::from(errors);
        let max = |limit: &u32| (1..=MAX_PAGE).contains(limit).then_some(*limit);
        let limit = errors.read("limit", &self.limit, whole_number(MAX_PAGE), max).unwrap_or(DEFAULT_PAGE);
        let mut hosts = call.key.settings.hosts.clone();
        let named = self.host.value().map(|named| named.parse::<HostName>().ok());
        let (username, at) =
            fields::name_and_host(&mut errors, &self.username, named.as_ref().and_then(Option::as_ref));
        // An address says on which host; where one is named, it is on that.
        if let Some(host) = named.or_else(|| at.map(Some)) {
            // A host that the key has nothing to do with has no invites for it, whether or not there is one.
            hosts = Some(host.filter(|host| call.key.allows_host(host)).into_iter().collect());
        }
        let cursor = errors.read("cursor", &self.cursor, NoCursor.to_string(), |cursor| Some(cursor.0));
        let filter = Filter {
            hosts,
            status: errors.read("status", &self.status, STATUS_EXPECTED, |status| Some(*status)),
            kind: errors.read("kind", &self.kind, KIND_EXPECTED, |kind| Some(*kind)),
            source: errors.read("key", &self.key, NameError::KeyId.to_string(), |key| Some(Source::Key(key.clone()))),
            username,
            inviter: errors.read("inviter", &self.inviter, inviter::TEXT_EXPECTED, |text| inviter::text(text)),
            before: cursor,
        };
        if errors.is_empty() { Ok((filter, limit)) } else { Err(Problem::of_fields(errors.sorted())) }
    }
}

const STATUS_EXPECTED: &str = "expected pending, redeemed, expired or revoked";

/// Lists invites, newest first. A page stays right while invites are created: new ones come before the first page. What is rare
/// among many is looked for among some at a time: a page with a `next_cursor` may have fewer than `limit`, or none.
///
/// # Errors
/// When the query is wrong, or the ledger cannot be read.
pub async fn list(call: Call) -> Result<Response, Problem> {
    let (query, errors): (ListQuery, _) = fields::query(&call.request, &["limit"])?;
    let (filter, limit) = query.filter(&call, &errors)?;
    let _permit = permit().await?;
    let ListedInvites { invites, next } = call.desk().invites.list(filter, limit, call.now).await?;
    let next_cursor = next.map(|next| Cursor(next).to_string());
    let invites = invites.into_iter().map(|invite| view(&call, invite)).collect::<Result<_, _>>()?;
    json(200, &InviteList { invites, next_cursor })
}

/// Shows an invite, with its redemptions.
///
/// # Errors
/// When there is none that the key may know of.
pub async fn get(call: Call) -> Result<Response, Problem> {
    let invite = call.desk().invites.find(&call.key, id(&call)?).await?.ok_or(Problem::NoSuchInvite)?;
    let invite = call.desk().app_tokens.renew(invite, call.now).await?;
    json(200, &view(&call, invite)?)
}

/// What is to be different of an invite. What is left out stays.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("examples" = [json!({ "note": "Anna's colleague" })]))]
pub struct InviteChange {
    /// Another remark; null for none.
    #[serde(deserialize_with = "fields::text_or_null")]
    #[schemars(with = "Option<String>", length(max = 1_000))]
    note: Given<String>,
    /// Another end, at most the key's `max_ttl` from now. RFC 3339.
    #[schemars(with = "Option<String>", extend("format" = "soon"))]
    expires_at: Given<jiff::Timestamp>,
    /// Another number of uses, at least as many as are redeemed.
    #[schemars(range(min = 1, max = MAX_USES))]
    uses: Given<u32>,
    /// Revokes the invite, or restores it.
    status: Given<NewStatus>,
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
    let (wanted, errors): (InviteChange, _) = Body::take(&mut call.request).await?.read()?;
    let request = ChangeRequest {
        note: wanted.note,
        expires_at: wanted.expires_at,
        uses: wanted.uses,
        revoked: wanted.status.map(|status| status == NewStatus::Revoked),
        errors,
    };
    let amended = call.desk().invites.amend(&Caller::Key(&call.key), id, &request, call.now).await;
    let invite = call.answered(amended, None).await?;
    json(200, &view(&call, invite)?)
}

/// Revokes an invite. What is not pending any more stays as it is.
///
/// # Errors
/// When there is none that the key may know of.
pub async fn revoke(call: Call) -> Result<Response, Problem> {
    let id = id(&call)?;
    let invites = &call.desk().invites;
    let revoked = async {
        invites.find(&call.key, id).await?.ok_or(Problem::NoSuchInvite)?;
        Ok::<_, Problem>(invites.revoke_for(&Caller::Key(&call.key), vec![id], call.now).await?)
    };
    call.answered(revoked.await, None).await?;
    Ok(Response::new(204))
}

fn id(call: &Call) -> Result<InviteId, Problem> {
    call.request.param("id").ok().and_then(|id| id.parse().ok()).ok_or(Problem::NoSuchInvite)
}

/// An invite for the caller: with its secrets if the key could create one like it.
fn view(call: &Call, invite: Invite) -> Result<InviteView, Problem> {
    let may_have_token = may_have_token(&call.key, &invite);
    let view = InviteView::new(call.desk().invites.with_links(invite)?, call.now);
    Ok(if may_have_token { view } else { view.without_secrets() })
}
