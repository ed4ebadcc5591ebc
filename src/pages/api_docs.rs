//! `GET /api/v1/docs`: the description of the API as a page for people. It is drawn from the one that programs get, so whatever
//! is described is shown.

use askama::Template;
use serde_json::Value;
use tide::Response;

use super::api_examples::{ApiExample, examples};
use super::api_fields::{ApiField, about, entries, kind, text};
use super::look::Look;
use super::page::still_page;
use super::prose::{Prose, TextPart};
use crate::caller::Request;
use crate::problem::Problem;

/// The methods of a path, in the order of the page.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

#[derive(Template)]
#[template(path = "api_docs.html")]
struct ApiDocsPage<'a> {
    look: Look<'a>,
    title: &'a str,
    version: &'a str,
    about: Prose,
    bases: Vec<&'a str>,
    /// How a key is sent.
    keys: Vec<(&'a str, Prose)>,
    groups: Vec<CallGroup<'a>>,
    types: Vec<ApiType>,
}

/// Calls that belong together.
struct CallGroup<'a> {
    name: &'a str,
    about: Prose,
    calls: Vec<ApiCall<'a>>,
}

/// A call.
struct ApiCall<'a> {
    id: &'a str,
    tag: &'a str,
    method: String,
    path: &'a str,
    summary: Prose,
    about: Prose,
    parameters: Vec<ApiField>,
    body: Option<CallBody>,
    answers: Vec<CallAnswer<'a>>,
    examples: Vec<ApiExample>,
}

/// What is sent with a call.
struct CallBody {
    is_required: bool,
    kind: Vec<TextPart>,
}

/// What a call is answered with.
struct CallAnswer<'a> {
    status: &'a str,
    about: Prose,
    kind: Vec<TextPart>,
    headers: Vec<ApiField>,
}

/// An object, or values that have a name.
struct ApiType {
    name: String,
    about: Prose,
    kind: Vec<TextPart>,
    fields: Vec<ApiField>,
    /// It is sent with a call.
    is_asked: bool,
}

/// The page of `description`.
///
/// # Errors
/// When it cannot be drawn.
pub fn get(request: &Request, description: &Value) -> Result<Response, Problem> {
    let info = &description["info"];
    let key = |(_, scheme): (_, &'_ _)| (scheme_place(scheme), about(scheme));
    let groups = groups(description);
    let bodies = groups.iter().flat_map(|group| &group.calls).filter_map(|call| call.body.as_ref());
    let asked: Vec<_> = bodies.flat_map(|body| &body.kind).cloned().collect();
    still_page(&ApiDocsPage {
        look: Look::of(request),
        title: text(&info["title"]),
        version: text(&info["version"]),
        about: about(info),
        bases: description["servers"].as_array().into_iter().flatten().map(|server| text(&server["url"])).collect(),
        keys: entries(&description["components"]["securitySchemes"]).map(key).collect(),
        groups,
        types: entries(&description["components"]["schemas"]).map(|one| of_type(one, &asked)).collect(),
    })
}

/// Where a request has its key.
fn scheme_place(scheme: &Value) -> &'static str {
    if scheme["in"] == "query" { "?key=KEY" } else { "Authorization: Bearer KEY" }
}

fn groups(description: &Value) -> Vec<CallGroup<'_>> {
    let mut calls = calls(description);
    let mut groups = vec![];
    for tag in description["tags"].as_array().into_iter().flatten() {
        let name = text(&tag["name"]);
        let calls: Vec<_> = calls.extract_if(.., |call| call.tag == name).collect();
        groups.push(CallGroup { name, about: about(tag), calls });
    }
    // Whatever has no group of ours is shown all the same.
    groups.push(CallGroup { name: "more", about: Prose::default(), calls });
    groups.retain(|group| !group.calls.is_empty());
    groups
}

fn calls(description: &Value) -> Vec<ApiCall<'_>> {
    let mut calls = vec![];
    for (path, item) in entries(&description["paths"]) {
        for method in METHODS {
            let operation = &item[method];
            if operation.is_object() {
                let mut call = call(description, path, method, operation);
                call.parameters.splice(0..0, ApiField::of_parameters(&item["parameters"]));
                calls.push(call);
            }
        }
    }
    calls
}

fn call<'a>(description: &'a Value, path: &'a str, method: &str, operation: &'a Value) -> ApiCall<'a> {
    let body = &operation["requestBody"];
    ApiCall {
        id: text(&operation["operationId"]),
        tag: text(&operation["tags"][0]),
        method: method.to_uppercase(),
        path,
        summary: Prose::of(text(&operation["summary"])),
        about: about(operation),
        parameters: ApiField::of_parameters(&operation["parameters"]).collect(),
        body: body.is_object().then(|| CallBody { is_required: body["required"] == true, kind: content(body) }),
        answers: entries(&operation["responses"]).map(answer).collect(),
        examples: examples(description, path, method, operation),
    }
}

fn answer<'a>((status, answer): (&'a String, &'a Value)) -> CallAnswer<'a> {
    CallAnswer {
        status,
        about: about(answer),
        kind: content(answer),
        headers: ApiField::of_headers(&answer["headers"]),
    }
}

/// The type of what is sent; nothing if there is none.
fn content(message: &Value) -> Vec<TextPart> {
    entries(&message["content"]).next().map(|(_, content)| kind(&content["schema"])).unwrap_or_default()
}

fn of_type((name, schema): (&String, &Value), asked: &[TextPart]) -> ApiType {
    ApiType {
        name: name.clone(),
        about: about(schema),
        kind: kind(schema),
        fields: ApiField::of_object(schema),
        is_asked: asked.contains(&TextPart::Type(name.clone())),
    }
}
