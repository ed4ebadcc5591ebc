//! `/api/v1/openapi.json`: the API in the form of `OpenAPI` 3.1, with the schemas of the very types that the handlers read and write.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};
use tide::Response;

use super::invites::{self, InviteChange, NewInvite};
use super::redeem::{self, Redeem};
use super::register::{self, Register};
use super::this_key::{self, KeyView};
use super::view::{InviteList, InviteView, RedeemedView, RegisteredView};
use crate::caller::Request;
use crate::problem::{Problem, ProblemDetails};

/// Where the description is, below the prefix.
pub const PATH: &str = "/api/v1/openapi.json";

/// The description.
///
/// # Errors
/// None.
pub async fn get(request: Request) -> Result<Response, Problem> {
    let mut bases: Vec<_> = vec![];
    for url in request.state().settings.public_urls() {
        if !bases.contains(&url.base()) {
            bases.push(url.base());
        }
    }
    super::call::json(200, &describe(&bases))
}

/// Describes the API of a service at `bases`.
#[must_use]
pub fn describe(bases: &[&str]) -> Value {
    let mut schemas = Schemas::default();
    let servers: Vec<_> = bases.iter().map(|base| json!({ "url": base.trim_end_matches('/') })).collect();
    let paths = paths(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "invited",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Hands out invites to an XMPP server.",
            "license": { "name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": servers,
        "security": [{ "key": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "http", "scheme": "bearer", "description": "`ID/SECRET`, or a JWT of a signing key." },
            },
            "schemas": schemas.done(),
        },
    })
}

/// Schemas that were referred to.
struct Schemas {
    write: SchemaGenerator,
    read: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = "/components/schemas".into();
                settings.meta_schema = None;
            })
        };
        Self { write: settings().for_serialize().into_generator(), read: settings().into_generator() }
    }
}

impl Schemas {
    /// Of what we answer.
    fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.write.subschema_for::<T>()
    }

    /// Of what we are asked.
    fn body<T: JsonSchema>(&mut self) -> Schema {
        self.read.subschema_for::<T>()
    }

    fn done(mut self) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.extend(self.write.take_definitions(true));
        all
    }
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
    let key_reused = ("422", "This `Idempotency-Key` came before, with another body.");
    let not_taken = (
        "422",
        "The host's server has nobody of a name, or would not take it; or this `Idempotency-Key` came with another body.",
    );
    let taken = ("409", "Somebody has the name, or another invite reserves it.");
    let idempotency_key = json!({
        "name": "Idempotency-Key", "in": "header",
        "description": "For 24 hours, the same request with the same value gives the same answer and does nothing again.",
        "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$" },
    });
    let id = json!([{
        "name": "id", "in": "path", "required": true,
        "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{11}$" },
    }]);
    let made = json!({
        "description": "The invite, or a list of them if `count` was given.",
        "headers": { "Location": { "description": "Where the first of them is.", "schema": { "type": "string" } } },
        "content": { "application/json": { "schema": {
            "anyOf": [schemas.answer::<InviteView>(), schemas.answer::<InviteList>()],
        } } },
    });
    json!({
        invites::PATH: {
            "get": {
                "operationId": "listInvites",
                "summary": "Lists invites, newest first; needs the scope `read`.",
                "parameters": query_parameters::<invites::ListQuery>(schemas),
                "responses": answers("200", of("A page of invites.", schemas.answer::<InviteList>()), &[
                    ("422", "`username` is an address on another host than `host`."),
                ]),
            },
            "post": {
                "operationId": "createInvites",
                "summary": "Creates invites, all or none; needs the scope `create`, for new passwords `reset` instead.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<NewInvite>(), false),
                "responses": answers("201", made, &[taken, media, not_taken]),
            },
        },
        "/api/v1/invites/{id}": {
            "parameters": id,
            "get": {
                "operationId": "getInvite",
                "summary": "Shows an invite with its redemptions; needs the scope `read`.",
                "responses": answers("200", of("The invite.", schemas.answer::<InviteView>()), &[absent]),
            },
            "patch": {
                "operationId": "changeInvite",
                "summary": "Changes an invite within the key's limits; needs the scope `create`, and what creating it takes.",
                "requestBody": body(schemas.body::<InviteChange>(), false),
                "responses": answers(
                    "200", of("The invite as it is now.", schemas.answer::<InviteView>()), &[absent, taken, media],
                ),
            },
            "delete": {
                "operationId": "revokeInvite",
                "summary": "Revokes an invite; needs the scope `revoke`.",
                "responses": answers("204", json!({ "description": "It cannot be redeemed any more." }), &[absent]),
            },
        },
        redeem::PATH: {
            "post": {
                "operationId": "redeem",
                "summary": "Spends one use for a caller's own sign-up; needs the scope `redeem`.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<Redeem>(), true),
                "responses": answers("200", of("The invite as it is now.", schemas.answer::<RedeemedView>()), &[
                    ("404", "The token opens nothing."),
                    ("409", "Somebody has the name, or another invite reserves it."),
                    ("410", "The invite is redeemed, expired or revoked."),
                    media, key_reused,
                ]),
            },
        },
        register::PATH: {
            "post": {
                "operationId": "register",
                "summary": "Creates an account with an invite, for a caller's own sign-up form; needs the scope `register`.",
                "parameters": [idempotency_key],
                "requestBody": body(schemas.body::<Register>(), true),
                "responses": answers("201", of("The account.", schemas.answer::<RegisteredView>()), &[
                    ("403", "The key, the host or its server does not allow this account."),
                    ("404", "The token opens nothing."),
                    ("409", "Somebody has the name, or another invite reserves it."),
                    ("410", "The invite is redeemed, expired or revoked."),
                    ("422", "No account can be created with this name or this password, which `errors` names; or this \
                             `Idempotency-Key` came with another body."),
                    ("503", "The ledger cannot be written, or the host's server does not answer: send the same again."),
                    media,
                ]),
            },
        },
        this_key::PATH: {
            "get": {
                "operationId": "getSelf",
                "summary": "What the key is and may do; any key may ask.",
                "responses": answers("200", of("The key.", schemas.answer::<KeyView>()), &[]),
            },
        },
    })
}

/// What every refusal reads like.
fn refused(schemas: &mut Schemas) -> impl Fn(&str) -> Value + use<> {
    let schema = schemas.answer::<ProblemDetails<'static>>();
    move |text| json!({ "description": text, "content": { "application/problem+json": { "schema": schema } } })
}

/// The fields of `T` as parameters of the query.
fn query_parameters<T: JsonSchema>(schemas: &mut Schemas) -> Vec<Value> {
    let schema = T::json_schema(&mut schemas.read);
    let fields = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    let parameter = |(name, mut schema): (String, Value)| {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        without_null(&mut schema);
        json!({ "name": name, "in": "query", "description": description, "schema": schema })
    };
    fields.into_iter().map(parameter).collect()
}

/// A parameter is there or not; it is never null.
fn without_null(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    fields.remove("default");
    if let Some(types) = fields.get_mut("type")
        && let Some(only) = types.as_array().and_then(|types| types.iter().find(|name| *name != "null")).cloned()
    {
        *types = only;
    }
    if let Some(any) = fields.get_mut("anyOf").and_then(Value::as_array_mut) {
        any.retain(|one| one["type"] != "null");
    }
}
