//! `/api/v1/openapi.json`: the API in the form of `OpenAPI` 3.1, with the schemas of the very types that the handlers read and write.

use schemars::Schema;
use serde_json::{Map, Value, json};
use tide::Response;
use tide::http::headers;

use super::events;
use super::invites::{self, InviteChange, NewInvite};
use super::invites_api;
use super::redeem::{self, Redeem};
use super::register::{self, Register};
use super::schemas::Schemas;
use super::this_key::{self, KeyView};
use super::tree::{self, InvitedAccountList};
use super::view::{InviteList, InviteView, RedeemedView, RegisteredView};
use crate::caller::{self, Request};
use crate::problem::{Problem, ProblemDetails};

/// Where the description is, below the prefix.
pub const PATH: &str = "/api/v1/openapi.json";

/// Where people read it, below the prefix.
pub const PAGE: &str = "/api/v1/docs";

/// The description.
///
/// # Errors
/// None.
pub async fn get(request: Request) -> Result<Response, Problem> {
    super::call::json(200, &of(&request))
}

/// The description of the service that `request` came to.
#[must_use]
pub fn of(request: &Request) -> Value {
    let settings = &request.state().settings;
    let prefix = settings.prefixes.of_path(caller::path(request));
    let host = request.header(headers::HOST).map_or("", |host| host.as_str());
    let mut urls: Vec<_> = settings.public_urls().collect();
    // The one that the caller came by is the first.
    urls.sort_by_key(|url| (url.prefix() != prefix, !url.authority().eq_ignore_ascii_case(host)));
    let mut bases: Vec<_> = vec![];
    for url in urls {
        if !bases.contains(&url.base()) {
            bases.push(url.base());
        }
    }
    describe(&bases, &settings.http.paths.invites_api)
}

/// Describes the API of a service at `bases`, where `invites_api` is the path of `/invites_api`.
#[must_use]
pub fn describe(bases: &[&str], invites_api: &str) -> Value {
    let mut schemas = Schemas::default();
    let bases: Vec<_> = bases.iter().map(|base| base.trim_end_matches('/')).collect();
    let servers: Vec<_> = bases.iter().map(|base| json!({ "url": base })).collect();
    let page = format!("{}{PAGE}", bases.first().copied().unwrap_or_default());
    let mut paths = paths(&mut schemas);
    paths[invites_api] = invites_api::description(&refused(&mut schemas), &idempotency_key());
    let webhooks = events::describe(&mut schemas);
    let schemas = schemas.done(&json!([paths, webhooks]));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "invited",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Hands out invites to an XMPP server.",
            "contact": { "name": "invited", "url": env!("CARGO_PKG_HOMEPAGE") },
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": servers,
        "externalDocs": { "description": "The same for people, with examples.", "url": page },
        "security": [{ "key": [] }],
        "tags": [
            { "name": "invites", "description": "Creating, seeing, changing and revoking invites." },
            { "name": "sign-up", "description": "For a sign-up of your own." },
            { "name": "key", "description": "About the key that calls." },
            { "name": "events", "description": "What webhooks are sent." },
            { "name": "simple", "description": "One call for one invite, as Prosody's mod_invites_api has it." },
        ],
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "`ID/SECRET`, or a JWT of a signing key." },
                "keyInQuery": {
                    "type": "apiKey", "in": "query", "name": "key",
                    "description": "`ID/SECRET`, for a browser that follows a link. The simple calls alone take it, where no header has a key.",
                },
            },
            "schemas": schemas,
        },
    })
}

#[expect(clippy::too_many_lines, reason = "the table of all calls, with what several of them share")]
fn paths(schemas: &mut Schemas) -> Value {
    let refused = refused(schemas);
    let refusals = |codes: &[(&str, &str)]| -> Map<String, Value> {
        let common = [
            ("400", "Something is wrong with the request; `errors` names the fields."),
            ("401", "No key, or none that is good."),
            ("403", "The key may not do this; `detail` names the scope that it lacks."),
            ("413", "The body is too large."),
            ("429", "Too many wrong keys, invites, or pending invites; see `Retry-After`."),
            ("503", "The ledger cannot be written; see `Retry-After`."),
        ];
        common.iter().chain(codes).map(|(code, text)| ((*code).to_owned(), refused(text))).collect()
    };
    let answers = |good: &str, answer: Value, codes: &[(&str, &str)]| {
        let mut all = refusals(codes);
        all.insert(good.to_owned(), answer);
        Value::Object(all)
    };
    let of = |text: &str, schema: Schema| json!({ "description": text, "content": { "application/json": { "schema": schema } } });
    let body = |schema: Schema, required: bool| json!({ "required": required, "content": { "application/json": { "schema": schema } } });
    let absent = ("404", "There is no such invite that this key may know of.");
    let media = ("415", "The body is not JSON.");
    let not_taken = (
        "422",
        "The host's server has nobody of a name, or would not take it; or this `Idempotency-Key` came with another request.",
    );
    let taken = ("409", "Somebody has the name, or another invite reserves it.");
    let idempotency_key = idempotency_key();
    let id = json!([{
        "name": "id", "in": "path", "required": true,
        "description": "The invite's `id`.",
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{11}$" },
    }]);
    let made = json!({
        "description": "The invite, or a list of them if `count` was given.",
        "headers": { "Location": { "description": "Where the first of them is.", "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": {
            "oneOf": [schemas.answer::<InviteView>(), schemas.answer::<InviteList>()],
        } } },
    });
    json!({
        invites::PATH: {
            "get": {
                "operationId": "listInvites",
                "tags": ["invites"],
                "summary": "Lists invites, newest first; needs the scope `read`.",
                "description": "Those of the key's hosts, whoever created them. A page stays right while invites are created: new ones come before the first page. Token and links are null in an invite that the key could not create itself.",
                "parameters": schemas.query::<invites::ListQuery>(),
                "responses": answers("200", of("A page of invites.", schemas.answer::<InviteList>()), &[
                    ("422", "`username` is an address on another host than `host`."),
                ]),
            },
            "post": {
                "operationId": "createInvites",
                "tags": ["invites"],
                "summary": "Creates invites, all or none; needs the scope `create`, for new passwords `reset` instead.",
                "description": "The answer is one invite, or with `count` a list. `contact` takes the scope `contact`, too, and `groups` and `roles` take `roles`. The invite is on the disk before it is answered.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<NewInvite>(), false),
                "responses": answers("201", made, &[taken, media, not_taken]),
            },
        },
        "/api/v1/invites/{id}": {
            "parameters": id,
            "get": {
                "operationId": "getInvite",
                "tags": ["invites"],
                "summary": "Shows an invite with its redemptions; needs the scope `read`.",
                "description": "Of a host of the key, whoever created it. Token and links are null if the key could not create it itself.",
                "responses": answers("200", of("The invite.", schemas.answer::<InviteView>()), &[absent]),
            },
            "patch": {
                "operationId": "changeInvite",
                "tags": ["invites"],
                "summary": "Changes an invite within the key's limits; needs the scope `create`, and what creating it takes.",
                "description": "What is left out stays. Without the scope `read`, a key changes only what it created. A revoked invite is restored by the status `pending`.",
                "requestBody": body(schemas.body::<InviteChange>(), false),
                "responses": answers(
                    "200", of("The invite as it is now.", schemas.answer::<InviteView>()), &[absent, taken, media],
                ),
            },
            "delete": {
                "operationId": "revokeInvite",
                "tags": ["invites"],
                "summary": "Revokes an invite; needs the scope `revoke`.",
                "description": "It can no longer be redeemed anywhere. What is redeemed, expired or revoked stays as it is: to repeat the call is no error.",
                "responses": answers("204", json!({ "description": "It cannot be redeemed any more." }), &[absent]),
            },
        },
        redeem::PATH: {
            "post": {
                "operationId": "redeem",
                "tags": ["sign-up"],
                "summary": "Spends one use for a caller's own sign-up; needs the scope `redeem`.",
                "description": "Call it when the account is created, and create it only if the answer is 200.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<Redeem>(), true),
                "responses": answers("200", of("The invite as it is now.", schemas.answer::<RedeemedView>()), &[
                    ("404", "The token opens nothing."),
                    ("409", "Somebody has the name, or another invite reserves it."),
                    ("410", "The invite is redeemed, expired or revoked."),
                    ("422", "The name is reserved on the host, as `errors` says; or this `Idempotency-Key` came with another request."),
                    media,
                ]),
            },
        },
        register::PATH: {
            "post": {
                "operationId": "register",
                "tags": ["sign-up"],
                "summary": "Creates an account with an invite, for a caller's own sign-up form; needs the scope `register`.",
                "description": "By the rules of the invite, on a host whose server `invited` is connected to. Everything that is wrong with name and password is named at once.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<Register>(), true),
                "responses": answers("201", of("The account.", schemas.answer::<RegisteredView>()), &[
                    ("403", "The key, the host or its server does not allow this account."),
                    ("404", "The token opens nothing."),
                    ("409", "Somebody has the name, or another invite reserves it."),
                    ("410", "The invite is redeemed, expired or revoked."),
                    ("422", "No account can be created with this name or this password, which `errors` names; or this \
                             `Idempotency-Key` came with another request."),
                    ("503", "The ledger cannot be written, or the host's server does not answer: send the same again."),
                    media,
                ]),
            },
        },
        tree::PATH: {
            "get": {
                "operationId": "getTree",
                "tags": ["invites"],
                "summary": "Lists who invited whom; needs the scope `read`.",
                "description": "Accounts of the key's hosts that were created with invites, by host and name. It is kept when the invites are forgotten.",
                "parameters": schemas.query::<tree::TreeQuery>(),
                "responses": answers("200", of("A page of accounts.", schemas.answer::<InvitedAccountList>()), &[]),
            },
        },
        this_key::PATH: {
            "get": {
                "operationId": "getSelf",
                "tags": ["key"],
                "summary": "What the key is and may do; any key may ask.",
                "description": "With what is left of its limits.",
                "responses": answers("200", of("The key.", schemas.answer::<KeyView>()), &[]),
            },
        },
    })
}

/// The header of requests that may come again.
fn idempotency_key() -> Value {
    json!({
        "name": "Idempotency-Key", "in": "header",
        "description": "For 24 hours, the same request with the same value gives the same answer and does nothing again.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" },
    })
}

/// What every refusal reads like.
fn refused(schemas: &mut Schemas) -> impl Fn(&str) -> Value + use<> {
    let schema = schemas.answer::<ProblemDetails<'static>>();
    move |text| json!({ "description": text, "content": { "application/problem+json": { "schema": schema } } })
}
