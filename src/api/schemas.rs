//! The schemas of what we are asked and what we answer, in words that generators of clients know: values that are listed are an
//! `enum`, what may be null says so in its `type`, and nothing is said twice.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// Where the schemas are in the description.
const HOME: &str = "/components/schemas";

/// Schemas that were referred to.
pub struct Schemas {
    write: SchemaGenerator,
    read: SchemaGenerator,
}

impl Default for Schemas {
    fn default() -> Self {
        let settings = || {
            SchemaSettings::draft2020_12().with(|settings| {
                settings.definitions_path = HOME.into();
                settings.meta_schema = None;
            })
        };
        Self { write: settings().for_serialize().into_generator(), read: settings().into_generator() }
    }
}

impl Schemas {
    /// Of what we answer.
    pub fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.write.subschema_for::<T>()
    }

    /// Of what we are asked.
    pub fn body<T: JsonSchema>(&mut self) -> Schema {
        self.read.subschema_for::<T>()
    }

    /// The fields of `T` as parameters of the query.
    pub fn query<T: JsonSchema>(&mut self) -> Vec<Value> {
        let schema = T::json_schema(&mut self.read);
        let fields = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        let named = self.read.definitions();
        let parameter = |(name, mut schema): (String, Value)| {
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            without_null(&mut schema);
            simplify(&mut schema, named);
            json!({ "name": name, "in": "query", "description": description, "schema": schema })
        };
        fields.into_iter().map(parameter).collect()
    }

    /// All that `paths` refers to.
    pub fn done(mut self, paths: &Value) -> Map<String, Value> {
        let mut all = self.read.take_definitions(true);
        all.extend(self.write.take_definitions(true));
        let named = all.clone();
        all.values_mut().for_each(|schema| simplify(schema, &named));
        // Some had their place in another one, and that is where they are now.
        let is_used = |name: &String, text: &str| text.contains(&format!("\"#{HOME}/{name}\""));
        loop {
            let count = all.len();
            let text = format!("{paths}{}", Value::Object(all.clone()));
            all.retain(|name, _| is_used(name, &text));
            if all.len() == count {
                return all;
            }
        }
    }
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
    if let Some(inner) = nullable(fields) {
        *schema = inner;
    }
}

/// What is either null or this, where there are no more than these two.
fn nullable(fields: &Map<String, Value>) -> Option<Value> {
    let any = fields.get("anyOf")?.as_array()?;
    let (nulls, others): (Vec<_>, Vec<_>) = any.iter().partition(|one| one["type"] == "null");
    match (nulls.is_empty(), &others[..]) {
        (false, [only]) => Some((*only).clone()),
        _ => None,
    }
}

/// Puts a schema, and what is in it, into plain words. `named` are the ones that it may refer to.
fn simplify(schema: &mut Value, named: &Map<String, Value>) {
    if let Some(list) = schema.as_array_mut() {
        for inner in list {
            simplify(inner, named);
        }
        return;
    }
    let Some(fields) = schema.as_object_mut() else { return };
    let inner = nullable(fields);
    if let Some(inner) = &inner {
        fields.remove("anyOf");
        let inner = inner["$ref"].as_str().and_then(|name| named.get(name.rsplit('/').next()?)).unwrap_or(inner);
        for (name, value) in inner.as_object().into_iter().flatten() {
            fields.entry(name).or_insert_with(|| value.clone());
        }
    }
    // For messages about the configuration.
    if fields.get("expected").is_some_and(Value::is_string) {
        fields.remove("expected");
    }
    list_values(fields);
    if inner.is_some() {
        or_null(fields);
    }
    fields.values_mut().for_each(|inner| simplify(inner, named));
}

/// Of choices that are one text each, an `enum`; what each of them means is told in the description.
fn list_values(fields: &mut Map<String, Value>) {
    let Some(choices) = fields.get("oneOf").and_then(Value::as_array) else { return };
    let one = |choice: &Value| Some((choice["const"].as_str()?.to_owned(), choice["description"].as_str()?.to_owned()));
    let Some(choices) = choices.iter().map(one).collect::<Option<Vec<_>>>() else { return };
    let meanings: Vec<_> = choices.iter().map(|(value, meaning)| format!("- `{value}`: {meaning}")).collect();
    let description = fields.get("description").and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description}\n\n{}", meanings.join("\n"));
    fields.remove("oneOf");
    fields.insert("type".into(), "string".into());
    fields.insert("enum".into(), choices.into_iter().map(|(value, _)| value).collect());
    fields.insert("description".into(), description.trim_start().into());
}

fn or_null(fields: &mut Map<String, Value>) {
    if let Some(values) = fields.get_mut("enum").and_then(Value::as_array_mut) {
        values.push(Value::Null);
        // Of two types, generators make two enums.
        fields.remove("type");
    } else if let Some(choices) = fields.get_mut("oneOf").and_then(Value::as_array_mut) {
        choices.push(json!({ "type": "null" }));
    } else if let Some(own) = fields.get("type").filter(|own| own.is_string()).cloned() {
        fields.insert("type".into(), json!([own, "null"]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "it is read by its schema alone")]
    #[schemars(rename_all = "lowercase")]
    enum Colour {
        /// Like the sky.
        Blue,
        /// Like grass.
        Green,
    }

    #[derive(schemars::JsonSchema)]
    #[expect(dead_code, reason = "it is read by its schema alone")]
    struct Paint {
        /// What it looks like.
        colour: Option<Colour>,
        /// What is next to it.
        others: Vec<Colour>,
        /// How it is called.
        name: Option<String>,
        /// How much of it may be used.
        pace: Option<crate::rate::Rate>,
        /// For how long.
        life: Option<crate::api::fields::Ttl>,
    }

    #[test]
    fn values_are_listed_and_null_is_a_type() {
        let mut schemas = Schemas::default();
        let body = schemas.body::<Paint>();
        let query = schemas.query::<Paint>();
        let all = schemas.done(&json!([body, query]));
        assert_eq!(
            Value::Object(all),
            json!({
                "Colour": {
                    "type": "string", "enum": ["blue", "green"],
                    "description": "- `blue`: Like the sky.\n- `green`: Like grass.",
                },
                "Rate": { "type": "string", "description": "So many in a period, in bursts up to that many: `60/h`, or `5/30d` for a period of several days." },
                "Paint": {
                    "type": "object", "required": ["others"],
                    "properties": {
                        "colour": {
                            "enum": ["blue", "green", null],
                            "description": "What it looks like.\n\n- `blue`: Like the sky.\n- `green`: Like grass.",
                        },
                        "others": {
                            "type": "array", "items": { "$ref": "#/components/schemas/Colour" },
                            "description": "What is next to it.",
                        },
                        "pace": { "type": ["string", "null"], "description": "How much of it may be used." },
                        "name": { "type": ["string", "null"], "description": "How it is called." },
                        "life": {
                            "oneOf": [
                                { "type": "string", "format": "span" },
                                { "type": "integer", "format": "int64", "minimum": 1, "maximum": 3_162_240_000_u64 },
                                { "type": "null" },
                            ],
                            "description": "For how long.",
                        },
                    },
                },
            })
        );
        assert_eq!(query[0]["schema"], json!({ "$ref": "#/components/schemas/Colour" }));
    }

    #[test]
    fn what_nothing_refers_to_is_left_out() {
        let mut schemas = Schemas::default();
        schemas.body::<Paint>();
        assert_eq!(schemas.done(&json!({})), Map::new());
    }
}
