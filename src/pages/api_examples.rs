//! A call of the API as one writes it in curl, Python and TypeScript. `KEY` in the environment is the key; what else the caller
//! has to fill in is in capitals.

use serde_json::{Map, Value};

use super::api_fields::{entries, text};

/// An example in one language.
pub(super) struct ApiExample {
    pub(super) language: &'static str,
    pub(super) code: String,
}

/// What an example shows of the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Printed {
    Json,
    Location,
    Status,
}

/// A call that could be made.
struct ExampleCall {
    method: String,
    url: String,
    has_key: bool,
    body: Option<Value>,
    printed: Printed,
}

/// The examples of a call: `operation` at `path` in `description`.
pub(super) fn examples(description: &Value, path: &str, method: &str, operation: &Value) -> Vec<ApiExample> {
    let call = ExampleCall::new(description, path, method, operation);
    [("curl", call.curl()), ("Python", call.python()), ("TypeScript", call.typescript())]
        .map(|(language, code)| ApiExample { language, code })
        .into()
}

impl ExampleCall {
    fn new(description: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let good =
            entries(&operation["responses"]).find(|(status, _)| status.starts_with('2')).map(|(_, answer)| answer);
        let printed = match good {
            Some(answer) if answer["content"].is_object() => Printed::Json,
            Some(answer) if answer["headers"]["Location"].is_object() => Printed::Location,
            _ => Printed::Status,
        };
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let security = if operation["security"].is_array() { &operation["security"] } else { &description["security"] };
        Self {
            method: method.to_uppercase(),
            url: format!("{}{}", text(&description["servers"][0]["url"]), in_capitals(path)),
            has_key: security.as_array().is_some_and(|ways| !ways.is_empty()),
            body: body.is_object().then(|| value(description, "", body)),
            printed,
        }
    }

    fn curl(&self) -> String {
        let show = if self.printed == Printed::Json { "" } else { " -i" };
        let method = if self.method == "GET" { String::new() } else { format!(" -X {}", self.method) };
        let mut parts = vec![format!("curl --fail-with-body{show}{method} {}", in_shell(&self.url))];
        if self.has_key {
            parts.push("-H \"Authorization: Bearer $KEY\"".into());
        }
        if let Some(body) = &self.body {
            parts.push("-H \"Content-Type: application/json\"".into());
            parts.push(format!("-d {}", in_shell(&literal(body, &JSON))));
        }
        parts.join(" \\\n  ")
    }

    fn python(&self) -> String {
        let mut code = String::new();
        if self.body.is_some() || self.printed == Printed::Json {
            code.push_str("import json\n");
        }
        if self.has_key {
            code.push_str("import os\n");
        }
        let mut lines = vec![quoted(&self.url), format!("method={}", quoted(&self.method))];
        if self.has_key {
            let kind = if self.body.is_some() { ", \"Content-Type\": \"application/json\"" } else { "" };
            lines.push(format!("headers={{\"Authorization\": \"Bearer \" + os.environ[\"KEY\"]{kind}}}"));
        }
        if let Some(body) = &self.body {
            lines.push(format!("data=json.dumps({}).encode()", literal(body, &PYTHON)));
        }
        let show = match self.printed {
            Printed::Json => "json.load(answer)",
            Printed::Location => "answer.headers[\"Location\"]",
            Printed::Status => "answer.status",
        };
        format!(
            "{code}import urllib.request\n\nrequest = urllib.request.Request(\n    {},\n)\n\
             with urllib.request.urlopen(request) as answer:\n    print({show})",
            lines.join(",\n    ")
        )
    }

    fn typescript(&self) -> String {
        let mut lines = vec![format!("method: {}", quoted(&self.method))];
        if self.has_key {
            let kind = if self.body.is_some() { ", \"Content-Type\": \"application/json\"" } else { "" };
            lines.push(format!("headers: {{ Authorization: `Bearer ${{process.env.KEY}}`{kind} }}"));
        }
        if let Some(body) = &self.body {
            lines.push(format!("body: JSON.stringify({})", literal(body, &JSON)));
        }
        let show = match self.printed {
            Printed::Json => "await answer.json()",
            Printed::Location => "answer.headers.get(\"Location\")",
            Printed::Status => "answer.status",
        };
        format!(
            "const answer = await fetch({}, {{\n  {},\n}});\nif (!answer.ok) throw new Error(await answer.text());\nconsole.log({show});",
            quoted(&self.url),
            lines.join(",\n  ")
        )
    }
}

/// `/invites/{id}` as `/invites/ID`.
fn in_capitals(path: &str) -> String {
    let part = |part: &str| match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
        Some(name) => name.to_uppercase(),
        None => part.to_owned(),
    };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// What could be sent for the field `name` of this schema: its own example, or no more than it has to have.
fn value(description: &Value, name: &str, schema: &Value) -> Value {
    if let Some(place) = schema["$ref"].as_str() {
        let there = description.pointer(place.trim_start_matches('#')).unwrap_or(&Value::Null);
        return value(description, name, there);
    }
    let first = |list: &str| schema[list].as_array().and_then(|all| all.first()).cloned();
    if let Some(example) = first("examples").or_else(|| first("enum")) {
        return example;
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind.unwrap_or("object") {
        "string" => name.to_uppercase().into(),
        "integer" | "number" => schema["minimum"].as_u64().unwrap_or(1).into(),
        "boolean" => true.into(),
        "array" => Value::Array(vec![]),
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().map(text);
            let field = |name: &str| (name.to_owned(), value(description, name, &schema["properties"][name]));
            Value::Object(required.map(field).collect::<Map<_, _>>())
        }
    }
}

/// How a language writes null, true and false.
struct Words([&'static str; 3]);
const JSON: Words = Words(["null", "true", "false"]);
const PYTHON: Words = Words(["None", "True", "False"]);

/// A value as it is written in a language; texts and numbers are written alike in all of ours.
fn literal(value: &Value, words: &Words) -> String {
    match value {
        Value::Null => words.0[0].into(),
        Value::Bool(true) => words.0[1].into(),
        Value::Bool(false) => words.0[2].into(),
        Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| literal(item, words)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", quoted(name), literal(value, words));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text in JSON, which Python and TypeScript read, too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A text as one argument of a shell.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn codes(operation: &Value) -> [String; 3] {
        let description = json!({
            "servers": [{ "url": "https://a.example/it's" }],
            "security": [{ "key": [] }],
            "components": { "schemas": { "Order": {
                "required": ["token", "count", "kind", "is_late"],
                "properties": {
                    "token": { "type": "string" },
                    "count": { "type": ["integer", "null"], "minimum": 2 },
                    "kind": { "enum": ["a", "b"] },
                    "is_late": { "type": "boolean" },
                    "more": { "type": "string" },
                },
            } } },
        });
        let all = examples(&description, "/orders/{id}", "post", operation);
        all.into_iter().map(|example| example.code).collect::<Vec<_>>().try_into().unwrap()
    }

    #[test]
    fn a_body_has_what_it_must_have() {
        let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Order" } } } });
        let answers = json!({ "200": { "content": {} }, "400": {} });
        let [curl, python, typescript] = codes(&json!({ "requestBody": body, "responses": answers }));
        let [json, in_python] =
            ["true", "True"].map(|yes| format!(r#"{{"count": 2, "is_late": {yes}, "kind": "a", "token": "TOKEN"}}"#));
        assert_eq!(
            curl,
            format!(
                "curl --fail-with-body -X POST 'https://a.example/it'\\''s/orders/ID' \\\n  \
                 -H \"Authorization: Bearer $KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d '{json}'"
            )
        );
        assert_eq!(
            python,
            format!(
                "import json\nimport os\nimport urllib.request\n\nrequest = urllib.request.Request(\n    \
                 \"https://a.example/it's/orders/ID\",\n    method=\"POST\",\n    \
                 headers={{\"Authorization\": \"Bearer \" + os.environ[\"KEY\"], \"Content-Type\": \"application/json\"}},\n    \
                 data=json.dumps({in_python}).encode(),\n)\n\
                 with urllib.request.urlopen(request) as answer:\n    print(json.load(answer))"
            )
        );
        assert_eq!(
            typescript,
            format!(
                "const answer = await fetch(\"https://a.example/it's/orders/ID\", {{\n  method: \"POST\",\n  \
                 headers: {{ Authorization: `Bearer ${{process.env.KEY}}`, \"Content-Type\": \"application/json\" }},\n  \
                 body: JSON.stringify({json}),\n}});\nif (!answer.ok) throw new Error(await answer.text());\n\
                 console.log(await answer.json());"
            )
        );
    }

    #[test]
    fn what_an_answer_has_is_shown() {
        let location = json!({ "201": { "headers": { "Location": {} } } });
        let [curl, python, typescript] = codes(&json!({ "responses": location }));
        assert!(curl.starts_with("curl --fail-with-body -i "), "{curl}");
        assert!(python.ends_with("print(answer.headers[\"Location\"])"), "{python}");
        assert!(typescript.ends_with("console.log(answer.headers.get(\"Location\"));"), "{typescript}");
        let [_, python, typescript] = codes(&json!({ "security": [], "responses": { "204": {} } }));
        assert!(python.ends_with("print(answer.status)") && !python.contains("KEY"), "{python}");
        assert!(!typescript.contains("KEY"), "{typescript}");
    }
}
