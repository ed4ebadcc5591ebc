//! What the fields of a request may be together, as JSON Schema. The handlers refuse whatever breaks these rules; they
//! stand in the description for callers to know without trying.

use serde_json::{Value, json};

/// Texts without control characters, those of [`turns_text`](crate::invite::text::turns_text) among them.
pub const NO_CONTROL: &str = r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+$";

/// Texts of several lines, without NUL and without those.
pub const NO_TURNING: &str = r"^[^\u0000\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$";

/// The rules of [`NewInvite`](super::invites::NewInvite). A field that is null is as good as left out.
#[must_use]
pub fn of_new_invite() -> Value {
    let given = |field: &str| json!({ "required": [field], "properties": { field: { "type": "string" } } });
    let is_kind = |kind: &str| json!({ "required": ["kind"], "properties": { "kind": { "const": kind } } });
    let none = json!({ "type": "null" });
    let one = json!({ "enum": [null, 1] });
    json!([
        {
            "description": "A password reset has neither username nor contact, and one use.",
            "if": given("reset"),
            "then": { "properties": {
                "kind": { "enum": [null, "reset"] }, "username": none, "contact": none, "uses": one,
            } },
        },
        {
            "description": "An invite for a name has one use, and there is one of it.",
            "if": given("username"),
            "then": { "properties": { "uses": one, "count": one } },
        },
        { "if": is_kind("account"), "then": { "properties": { "contact": none, "reset": none } } },
        { "if": is_kind("contact"), "then": given("contact") },
        { "if": is_kind("reset"), "then": given("reset") },
    ])
}
