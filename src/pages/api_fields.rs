//! Fields of the API for people: what they are called, what they may be, what they are about.

use serde_json::{Map, Value};

use super::prose::{Prose, TextPart};

/// A field of a body or an answer, a parameter, or a header.
pub(super) struct ApiField {
    pub(super) name: String,
    /// Where it stands, if that is not the body.
    pub(super) place: String,
    pub(super) is_required: bool,
    pub(super) kind: Vec<TextPart>,
    pub(super) about: Prose,
}

impl ApiField {
    /// The fields of an object.
    pub(super) fn of_object(schema: &Value) -> Vec<Self> {
        let is_required =
            |name: &String| schema["required"].as_array().is_some_and(|all| all.contains(&name.as_str().into()));
        let field = |(name, field): (&String, &Value)| Self {
            name: name.clone(),
            place: String::new(),
            is_required: is_required(name),
            kind: kind(field),
            about: about(field),
        };
        // What has to be there first.
        let mut fields: Vec<_> = entries(&schema["properties"]).map(field).collect();
        fields.sort_by_key(|field| !field.is_required);
        fields
    }

    /// Parameters of a path or a call.
    pub(super) fn of_parameters(parameters: &Value) -> impl Iterator<Item = Self> + '_ {
        parameters.as_array().into_iter().flatten().map(|parameter| Self {
            name: text(&parameter["name"]).to_owned(),
            place: text(&parameter["in"]).to_owned(),
            is_required: parameter["required"] == true,
            kind: kind(&parameter["schema"]),
            about: about(parameter),
        })
    }

    /// Headers of an answer.
    pub(super) fn of_headers(headers: &Value) -> Vec<Self> {
        let field = |(name, header): (&String, &Value)| Self {
            name: name.clone(),
            place: "header".to_owned(),
            is_required: header["required"] == true,
            kind: kind(&header["schema"]),
            about: about(header),
        };
        entries(headers).map(field).collect()
    }
}

/// The entries of an object, in their order.
pub(super) fn entries(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flat_map(Map::iter)
}

/// A text of the description.
pub(super) fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// What something says of itself.
pub(super) fn about(value: &Value) -> Prose {
    Prose::of(text(&value["description"]))
}

/// What a schema allows, in words.
pub(super) fn kind(schema: &Value) -> Vec<TextPart> {
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().map(text).collect(),
        other => vec![text(other)],
    };
    let choices: Vec<_> = if let Some(name) = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
        vec![vec![TextPart::Type(name.to_owned())]]
    } else if let Some(choices) = schema["oneOf"].as_array() {
        choices.iter().map(kind).collect()
    } else if let Some(values) = schema["enum"].as_array() {
        values.iter().map(|value| vec![TextPart::Code(value.as_str().map_or("null".into(), str::to_owned))]).collect()
    } else {
        types.into_iter().map(|name| of_type(name, schema)).collect()
    };
    let last = choices.len().saturating_sub(1);
    let between = |number: usize| match number {
        0 => None,
        number if number == last => Some(" or "),
        _ => Some(", "),
    };
    let parts = choices.into_iter().enumerate();
    parts.flat_map(|(number, choice)| between(number).map(plain).into_iter().chain(choice)).collect()
}

fn plain(text: impl Into<String>) -> TextPart {
    TextPart::Plain(text.into())
}

fn of_type(name: &str, schema: &Value) -> Vec<TextPart> {
    let range = |least: &str, most: &str| match (schema[least].as_u64(), schema[most].as_u64()) {
        (Some(least), Some(most)) => format!(" {least} to {most}"),
        (None, Some(most)) => format!(" at most {most}"),
        (Some(least @ 1..), None) => format!(" at least {least}"),
        (_, None) => String::new(),
    };
    match (name, text(&schema["format"])) {
        ("string", "date-time") => vec![plain("time")],
        ("string", _) => match range("minLength", "maxLength") {
            range if range.is_empty() => vec![plain("text")],
            range => vec![plain(format!("text of{range} characters"))],
        },
        ("integer", _) => vec![plain(format!("whole number{}", range("minimum", "maximum")))],
        ("boolean", _) => vec![TextPart::Code("true".into()), plain(" or "), TextPart::Code("false".into())],
        ("null", _) => vec![TextPart::Code("null".into())],
        ("array", _) => {
            let count = range("minItems", "maxItems");
            let list = if count.is_empty() { "list of ".into() } else { format!("list ({}) of ", count.trim_start()) };
            std::iter::once(plain(list)).chain(kind(&schema["items"])).collect()
        }
        (name, _) => vec![plain(name)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn in_words(schema: &Value) -> String {
        let word = |part: &TextPart| match part {
            TextPart::Plain(text) => text.clone(),
            TextPart::Code(text) => format!("`{text}`"),
            TextPart::Type(name) => format!("[{name}]"),
        };
        kind(schema).iter().map(word).collect()
    }

    #[test]
    fn schemas_are_told_in_words() {
        for (schema, words) in [
            (json!({ "type": "string" }), "text"),
            (json!({ "type": ["string", "null"], "format": "date-time" }), "time or `null`"),
            (json!({ "type": "string", "minLength": 1, "maxLength": 128 }), "text of 1 to 128 characters"),
            (json!({ "type": "string", "maxLength": 9 }), "text of at most 9 characters"),
            (json!({ "type": "integer", "minimum": 0 }), "whole number"),
            (json!({ "type": ["string", "integer", "null"], "minimum": 1 }), "text, whole number at least 1 or `null`"),
            (json!({ "type": "array", "items": { "$ref": "#/components/schemas/Scope" } }), "list of [Scope]"),
            (json!({ "type": "array", "maxItems": 3, "items": { "type": "string" } }), "list (at most 3) of text"),
            (json!({ "type": ["string", "null"], "enum": ["a", "b", null] }), "`a`, `b` or `null`"),
            (json!({ "oneOf": [{ "$ref": "#/x/A" }, { "$ref": "#/x/B" }] }), "[A] or [B]"),
            (json!({ "type": "boolean" }), "`true` or `false`"),
        ] {
            assert_eq!(in_words(&schema), words, "{schema}");
        }
    }
}
